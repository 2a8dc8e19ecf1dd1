import numpy as np
import pytest

from helpers.pictures import make_picture
from tf_cyclegan.config import Config
from tf_cyclegan.data import images
from tf_cyclegan.data.input_pipeline import InputPipeline
from tf_cyclegan.data.pictures import Pictures
from tf_cyclegan.data.prepared_pictures import prepare
from tf_cyclegan.system.errors import UserError


def source(count, read):
    return Pictures(tuple(f"{i}" for i in range(count)), read)


def flat(count, first=0):
    """Pictures of a single grey level each, which identifies them in a batch."""
    return source(count, lambda i: np.full((40, 40, 3), first + i, np.uint8))


def photographs(count):
    return source(count, make_picture)


def pipeline(x, y, **changes):
    config = Config(image_size=32, **changes)
    return InputPipeline(prepare(x, "A", config), prepare(y, "B", config), config)


def levels(batch):
    return images.to_uint8(batch)[:, 0, 0, 0].tolist()


def epoch_of(p, epoch):
    steps = range(epoch * p.steps_per_epoch, (epoch + 1) * p.steps_per_epoch)
    x, y = zip(*(p.batch_at(step) for step in steps), strict=True)
    return levels(np.concatenate(x)), levels(np.concatenate(y))


def crops(whole, crop):
    """Where the square `crop` lies in a picture: (top, left, mirrored) of every match."""
    size = len(crop)
    return [
        (top, left, mirrored)
        for top in range(whole.shape[0] - size + 1)
        for left in range(whole.shape[1] - size + 1)
        for mirrored in (False, True)
        if (whole[top : top + size, left : left + size, :][:, :: 1 - 2 * mirrored] == crop).all()
    ]


def test_an_epoch_shuffles_both_domains_independently():
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


def test_the_smaller_domain_ends_the_epoch_and_all_of_the_larger_is_used_over_time():
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


def test_the_larger_domain_can_set_the_length_while_the_smaller_repeats():
    p = pipeline(flat(5), flat(12, 100), epoch_length="larger", batch_size=2)
    assert p.steps_per_epoch == 6
    x, y = epoch_of(p, 0)
    assert sorted(y) == list(range(100, 112))
    assert sorted(x[:5]) == sorted(x[5:10]) == [0, 1, 2, 3, 4]
    assert x[:5] != x[5:10], "each repetition has its own order"


@pytest.mark.parametrize(("start", "stop"), [(0, 7), (3, 9), (5, 6), (4, 4), (0, 40)])
def test_prefetched_batches_are_the_same(start, stop):
    p = pipeline(photographs(5), photographs(4), batch_size=2)
    batches = list(p.batches(start, stop))
    assert len(batches) == stop - start
    for step, batch in enumerate(batches, start):
        np.testing.assert_array_equal(batch, p.batch_at(step))


def test_prefetching_raises_the_error_of_a_picture_that_became_unreadable():
    def read(i):
        if i == 2:
            raise UserError("2.png: is not a picture")
        return make_picture(i)

    with pytest.raises(UserError, match=r"2\.png"):
        list(pipeline(flat(4), source(4, read)).batches(0, 4))


def test_crops_are_random_parts_of_the_resized_picture():
    p = pipeline(photographs(1), photographs(1))
    resized = images.to_float(images.resize(make_picture(0), 36, 36, "bilinear"))
    found = [crops(resized, p.batch_at(step)[0][0])[0] for step in range(60)]
    tops, lefts, mirrored = map(set, zip(*found, strict=True))
    # Both ends of each axis, and most of the 25 positions.
    assert {0, 4} <= tops & lefts
    assert len({(top, left) for top, left, _ in found}) > 15
    assert mirrored == {False, True}


def test_crops_without_resizing():
    (crop,), _ = pipeline(photographs(1), photographs(1), preprocess="crop").batch_at(0)
    assert crops(images.to_float(make_picture(0)), crop)


def test_half_of_the_crops_are_mirrored():
    halves = np.zeros((36, 36, 3), np.uint8)
    halves[:, 18:] = 255
    p = pipeline(source(1, lambda i: halves), flat(1))
    flips = [p.batch_at(step)[0][0, 0, 0, 0] > 0 for step in range(400)]
    assert 160 < sum(flips) < 240


def test_crops_differ_between_the_domains():
    p = pipeline(photographs(1), photographs(1))
    assert any((x != y).any() for x, y in map(p.batch_at, range(5)))


def test_resize_alone_is_not_random():
    p = pipeline(photographs(1), photographs(1), preprocess="resize")
    expected = images.to_float(images.resize(make_picture(0), 32, 32, "bilinear"))
    for step in range(4):
        np.testing.assert_array_equal(p.batch_at(step)[0][0], expected)


def test_preprocess_none_keeps_the_size():
    p = pipeline(photographs(1), flat(1), preprocess="none", generator="resnet")
    x, y = p.batch_at(0)
    assert (x.shape, y.shape) == ((1, 40, 48, 3), (1, 40, 40, 3))
    np.testing.assert_array_equal(images.to_uint8(x[0]), make_picture(0))


def test_grey_domains_have_one_channel():
    x, y = pipeline(
        flat(1), flat(1), channels_x=1, identity_weight=0.0, attention_mask=False
    ).batch_at(0)
    assert (x.shape, y.shape) == ((1, 32, 32, 1), (1, 32, 32, 3))
    assert x.dtype == y.dtype == np.float32
