import numpy as np
import pytest
import tensorflow as tf

from tf_cyclegan.model.image_pool import ImagePool


def passed(pool, count, batch=1, method="exchange"):
    """The numbers of the pictures shown for pictures 1, 2, 3, ..., in one traced function."""
    exchange = tf.function(getattr(pool, method), input_signature=[tf.TensorSpec([None, 2, 2, 1])])
    numbers = np.arange(1, count + 1, dtype=np.float32)
    shown = [
        exchange(np.ones((len(part), 2, 2, 1), np.float32) * part[:, None, None, None])
        for part in np.split(numbers, range(batch, count, batch))
    ]
    return np.concatenate(shown)[:, 0, 0, 0].astype(int).tolist()


@pytest.mark.parametrize("batch", [1, 3])
def test_while_it_fills_it_shows_the_new_ones(batch):
    pool = ImagePool(10, (2, 2, 1), seed=0)
    assert passed(pool, 10, batch) == list(range(1, 11))
    np.testing.assert_array_equal(pool.pictures[:, 0, 0, 0], np.arange(1, 11))


@pytest.mark.parametrize("batch", [1, 4])
def test_then_half_are_older_and_each_comes_back_once_at_most(batch):
    pool = ImagePool(10, (2, 2, 1), seed=1)
    shown = passed(pool, 1010, batch)
    later = list(enumerate(shown, 1))[10:]
    older = [number for position, number in later if number != position]
    assert 430 < len(older) < 570, "a half, within four standard deviations"
    assert all(number < position for position, number in later if number != position)
    assert len(set(older)) == len(older), "a picture that was shown again is gone"
    # What is in the pool now was kept, and never shown again.
    kept = set(pool.pictures[:, 0, 0, 0].numpy().astype(int))
    assert len(kept) == 10
    assert not kept & set(older)


def test_places_are_all_taken_in_turn():
    pool = ImagePool(5, (2, 2, 1), seed=2)
    passed(pool, 200)
    assert min(pool.pictures[:, 0, 0, 0].numpy()) > 150


def test_it_goes_on_where_it_was():
    whole, first, second = (ImagePool(4, (2, 2, 1), seed=3) for _ in range(3))
    expected = passed(whole, 60)
    assert passed(first, 30) == expected[:30]
    for ours, theirs in zip(second.variables, first.variables, strict=True):
        ours.assign(theirs)
    batch = tf.range(31.0, 61.0)[:, None, None, None] * tf.ones([1, 2, 2, 1])
    assert second.exchange(batch)[:, 0, 0, 0].numpy().astype(int).tolist() == expected[30:]


def test_seeds_differ():
    assert passed(ImagePool(4, (2, 2, 1), 3), 60) != passed(ImagePool(4, (2, 2, 1), 4), 60)


@pytest.mark.parametrize("batch", [1, 4])
def test_pairs_are_the_new_one_and_one_that_was_shown_before(batch):
    pool = ImagePool(8, (2, 2, 1), seed=0)
    shown = np.reshape(passed(pool, 1000, batch, "pair"), (-1, 2, batch))
    new, older = shown[:, 0].ravel(), shown[:, 1].ravel()
    np.testing.assert_array_equal(new, np.arange(1, 1001))
    assert older[0] == 1
    assert (older[1:] < new[1:]).all()
    # A place is taken by a new picture in one of 8 steps: a stored one is 8 steps old on average.
    age = (new - older)[100:]
    assert age.mean() == pytest.approx(8, abs=1.5)
    assert (age == 1).mean() == pytest.approx(1 / 8, abs=0.05)
    kept = pool.pictures.numpy()[:, 0, 0, 0]
    assert len(set(kept)) == 8
    assert 1000 in kept


def test_pairs_go_on_where_they_were():
    whole, first, second = (ImagePool(4, (2, 2, 1), seed=3) for _ in range(3))
    expected = passed(whole, 60, 3, "pair")
    assert passed(first, 30, 3, "pair") == expected[:60]
    for ours, theirs in zip(second.variables, first.variables, strict=True):
        ours.assign(theirs)
    again = tf.range(31.0, 34.0)[:, None, None, None] * tf.ones([1, 2, 2, 1])
    assert second.pair(again)[:, 0, 0, 0].numpy().astype(int).tolist() == expected[60:66]
