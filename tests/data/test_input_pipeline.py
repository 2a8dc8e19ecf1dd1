import numpy as np
import pytest

from helpers.pictures import make_picture
from tf_cyclegan.config import Config
from tf_cyclegan.data import images
from tf_cyclegan.data.input_pipeline import InputPipeline
from tf_cyclegan.data.pictures import Pictures
from tf_cyclegan.data.prepared_pictures import PreparedPictures
from tf_cyclegan.system.errors import UserError


def flat(count, first=0):
    """Pictures of one grey level each, so that a batch tells which ones it is made of."""
    return Pictures(
        tuple(f"{i}" for i in range(count)),
        lambda i: np.full((40, 40, 3), first + i, np.uint8),
    )


def pipeline(x, y, **changes):
    config = Config(image_size=32, **changes)
    return InputPipeline(PreparedPictures(x, "A", config), PreparedPictures(y, "B", config), config)


def levels(batch):
    return images.to_uint8(batch)[:, 0, 0, 0].tolist()


def epoch_of(p, epoch):
    steps = range(epoch * p.steps_per_epoch, (epoch + 1) * p.steps_per_epoch)
    x, y = zip(*(p.batch_at(step) for step in steps), strict=True)
    return levels(np.concatenate(x)), levels(np.concatenate(y))


def test_batches_are_floats_in_range():
    x, y = pipeline(flat(3), flat(2, 100)).batch_at(0)
    assert x.shape == y.shape == (1, 32, 32, 3)
    assert x.dtype == y.dtype == np.float32
    assert x.min() >= -1
    assert y.max() <= 1


def test_an_epoch_shows_each_picture_once_in_an_order_of_its_own():
    p = pipeline(flat(50), flat(50, 100))
    x, y = epoch_of(p, 0)
    assert sorted(x) == list(range(50))
    assert sorted(y) == list(range(100, 150))
    assert x != sorted(x)
    assert x != [level - 100 for level in y]
    assert epoch_of(p, 1)[0] != x


def test_order_depends_on_the_seed():
    first, again, other = (epoch_of(pipeline(flat(50), flat(50), seed=s), 0) for s in (1, 1, 2))
    assert first == again != other


def test_the_smaller_domain_ends_the_epoch_and_the_rest_of_the_larger_takes_turns():
    p = pipeline(flat(5), flat(20, 100))
    assert p.steps_per_epoch == 5
    seen = [set(epoch_of(p, epoch)[1]) for epoch in range(40)]
    assert all(len(each) == 5 for each in seen)
    assert set.union(*seen) == set(range(100, 120))


def test_the_last_batch_may_be_smaller():
    p = pipeline(flat(5), flat(7, 100), batch_size=2)
    assert p.steps_per_epoch == 3
    assert [len(p.batch_at(step)[0]) for step in range(4)] == [2, 2, 1, 2]
    x, y = epoch_of(p, 0)
    assert (sorted(x), len(set(y))) == ([0, 1, 2, 3, 4], 5)


def photographs(count):
    return Pictures(tuple(f"{i}" for i in range(count)), lambda i: make_picture(i))


@pytest.mark.parametrize(("start", "stop"), [(0, 7), (3, 9), (5, 6), (4, 4), (0, 40)])
def test_made_ahead_in_threads_they_are_the_same(start, stop):
    p = pipeline(photographs(5), photographs(4), batch_size=2)
    made = list(p.batches(start, stop))
    assert len(made) == stop - start
    for step, (x, y) in enumerate(made, start):
        expected_x, expected_y = p.batch_at(step)
        np.testing.assert_array_equal(x, expected_x)
        np.testing.assert_array_equal(y, expected_y)


def test_crops_are_parts_of_the_enlarged_picture_and_some_are_mirrored():
    p = pipeline(photographs(1), photographs(1))
    resized = images.to_float(images.resize(make_picture(0), 36, 36, "bilinear"))
    places, mirrored = set(), set()
    for step in range(60):
        (crop,), _ = p.batch_at(step)
        matches = [
            (top, left, flip)
            for top in range(5)
            for left in range(5)
            for flip in (False, True)
            if (resized[top : top + 32, left : left + 32][:, :: -1 if flip else 1] == crop).all()
        ]
        assert matches
        places.add(matches[0][:2])
        mirrored.add(matches[0][2])
    # 25 places: both ends of each axis are reached, and most of what lies between.
    assert len(places) > 15
    assert {0, 4} <= {top for top, _ in places}
    assert {0, 4} <= {left for _, left in places}
    assert mirrored == {False, True}


def test_about_half_are_mirrored():
    halves = np.zeros((36, 36, 3), np.uint8)
    halves[:, 18:] = 255
    p = pipeline(Pictures(("0",), lambda i: halves), flat(1))
    flips = [p.batch_at(step)[0][0, 0, 0, 0] > 0 for step in range(400)]
    assert 160 < sum(flips) < 240


def test_the_jitter_differs_between_the_domains():
    p = pipeline(photographs(1), photographs(1))
    assert any((x != y).any() for x, y in map(p.batch_at, range(5)))


def test_resize_alone_leaves_nothing_random():
    p = pipeline(photographs(1), photographs(1), preprocess="resize")
    expected = images.to_float(images.resize(make_picture(0), 32, 32, "bilinear"))
    for step in range(4):
        np.testing.assert_array_equal(p.batch_at(step)[0][0], expected)


def test_training_tells_a_picture_that_has_become_bad():
    def read(i):
        if i == 2:
            raise UserError("2.png: is not a picture")
        return make_picture(i)

    p = pipeline(flat(4), Pictures(("0", "1", "2", "3"), read))
    with pytest.raises(UserError, match=r"2\.png"):
        list(p.batches(0, 4))


def test_the_larger_domain_can_set_the_length_while_the_other_wraps():
    p = pipeline(flat(5), flat(12, 100), epoch_length="larger", batch_size=2)
    assert p.steps_per_epoch == 6
    x, y = epoch_of(p, 0)
    assert sorted(y) == list(range(100, 112))
    assert sorted(x[:5]) == sorted(x[5:10]) == [0, 1, 2, 3, 4]
    assert x[:5] != x[5:10], "each round has an order of its own"


def test_crops_without_resizing():
    p = pipeline(photographs(1), photographs(1), preprocess="crop")
    picture = images.to_float(make_picture(0))
    (crop,), _ = p.batch_at(0)
    assert any(
        (picture[top : top + 32, left : left + 32][:, :: -1 if flip else 1] == crop).all()
        for top in range(9)
        for left in range(17)
        for flip in (False, True)
    )


def test_none_leaves_each_picture_its_size():
    p = pipeline(photographs(1), flat(1), preprocess="none", generator="resnet")
    x, y = p.batch_at(0)
    assert (x.shape, y.shape) == ((1, 40, 48, 3), (1, 40, 40, 3))
    np.testing.assert_array_equal(images.to_uint8(x[0]), make_picture(0))


def test_grey_domains_have_one_channel():
    x, y = pipeline(flat(1), flat(1), channels_x=1, identity_weight=0.0).batch_at(0)
    assert (x.shape[-1], y.shape[-1]) == (1, 3)
