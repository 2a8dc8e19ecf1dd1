import pytest

from tf_cyclegan.evaluation.pairing import pair
from tf_cyclegan.system.errors import UserError


def test_equal_names_are_pairs_wherever_they_are():
    assert pair(["a.png", "b.png"], ["b.jpg", "a.jpg"]) == ([1, 0], "name")
    assert pair(["sub/a.png", "a.png"], ["a.png", "sub/a.png"]) == ([1, 0], "name")


def test_the_authors_names_are_pairs():
    a = sorted(f"{i}_A.jpg" for i in range(1, 12))
    b = [f"{i}_B.jpg" for i in range(1, 12)]
    order, by = pair(a, b)
    assert by == "name"
    assert [b[i].split("_")[0] for i in order] == [name.split("_")[0] for name in a]


def test_as_many_of_other_names_are_pairs_in_order():
    assert pair(["photo1.jpg", "photo2.jpg"], ["map1.png", "map2.png"]) == ([0, 1], "order")
    # A name that occurs twice pairs nothing.
    assert pair(["a.png", "b.png"], ["a.png", "a.jpg"]) == ([0, 1], "order")


def test_what_has_no_pair_is_named():
    with pytest.raises(UserError, match="2 pictures of A and 1 of B are no pairs: b is not"):
        pair(["a.png", "b.png"], ["a.png"])
