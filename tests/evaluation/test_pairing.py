import pytest

from tf_cyclegan.evaluation.pairing import pair
from tf_cyclegan.system.errors import UserError


@pytest.mark.parametrize(
    ("names_a", "names_b", "expected"),
    [
        (["a.png", "b.png"], ["b.jpg", "a.jpg"], ([1, 0], "name")),
        (["sub/a.png", "a.png"], ["a.png", "sub/a.png"], ([1, 0], "name")),
        (
            ["10_A.jpg", "1_A.jpg", "2_A.jpg"],
            ["1_B.jpg", "2_B.jpg", "10_B.jpg"],
            ([2, 0, 1], "name"),
        ),
        (["photo1.jpg", "photo2.jpg"], ["map1.png", "map2.png"], ([0, 1], "order")),
        # A repeated name is ambiguous.
        (["a.png", "b.png"], ["a.png", "a.jpg"], ([0, 1], "order")),
    ],
)
def test_pairs(names_a, names_b, expected):
    assert pair(names_a, names_b) == expected


def test_an_unmatched_name_is_reported():
    with pytest.raises(UserError, match="2 pictures of A and 1 of B are not pairs: b is not"):
        pair(["a.png", "b.png"], ["a.png"])
