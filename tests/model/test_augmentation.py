"""Against numbers worked out by hand."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tf_cyclegan.config import Config, contradictions
from tf_cyclegan.model import augmentation
from tf_cyclegan.model.cyclegan import CycleGAN

SEED = tf.constant([7, 0], tf.int64)


def seeds(count):
    return (tf.constant([7, step], tf.int64) for step in range(count))


def pictures(*shape):
    return tf.random.stateless_uniform(shape, [0, 0], -1, 1)


def test_settings_know_the_kinds():
    assert contradictions.AUGMENTATIONS == augmentation.KINDS


def test_equal_seeds_draw_the_same_and_each_picture_by_itself():
    same = tf.repeat(pictures(1, 16, 16, 3), 4, axis=0)
    for kind in augmentation.KINDS:
        found = augmentation.augment(same, [kind], SEED)
        np.testing.assert_array_equal(found, augmentation.augment(same, [kind], SEED))
        assert len(np.unique(found.numpy().reshape(4, -1), axis=0)) > 1
        assert found.shape == same.shape


def test_without_kinds_nothing_changes():
    x = pictures(2, 8, 8, 3)
    np.testing.assert_array_equal(augmentation.augment(x, [], SEED), x)


def test_colour_is_brightness_then_saturation_then_contrast(monkeypatch):
    # One pixel of (0.2, 0.4, 0.6), one of (0, 0, 0).
    x = tf.constant([[[[0.2, 0.4, 0.6], [0.0, 0.0, 0.0]]]])
    draws = tf.reshape(tf.constant([0.75, 0.25, 1.0]), [3, 1, 1, 1, 1])
    monkeypatch.setattr(tf.random, "stateless_uniform", lambda *_: draws)
    # Brightness 0.25: (0.45, 0.65, 0.85) and 0.25 each; half the saturation around the means 0.65
    # and 0.25: (0.55, 0.65, 0.75); contrast 1.5 around the mean of all, 0.45.
    found = augmentation.augment(x, ["color"], SEED)
    expected = [[[[0.6, 0.75, 0.9], [0.15, 0.15, 0.15]]]]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_shifts_reach_an_eighth_either_way():
    numbers = tf.reshape(tf.range(1.0, 16 * 24 + 1), [1, 16, 24, 1])
    found = set()
    for seed in seeds(200):
        shifted = augmentation.augment(numbers, ["translation"], seed)[0, :, :, 0].numpy()
        rows, columns = np.nonzero(shifted)
        source = shifted[rows, columns].astype(int) - 1
        down, right = set(rows - source // 24), set(columns - source % 24)
        assert len(down) == len(right) == 1
        # What is not zero is all that fits.
        down, right = down.pop(), right.pop()
        assert len(rows) == (16 - abs(down)) * (24 - abs(right))
        found.add((down, right))
    assert {down for down, _ in found} == set(range(-2, 3))
    assert {right for _, right in found} == set(range(-3, 4))


def test_holes_are_half_as_wide_and_high_and_partly_outside():
    areas, centre = set(), np.zeros((8, 12))
    for seed in seeds(300):
        cut = augmentation.augment(tf.ones([1, 8, 12, 1]), ["cutout"], seed)
        holes = cut[0, :, :, 0].numpy() == 0
        rows, columns = (np.flatnonzero(np.any(holes, axis=axis)) for axis in (1, 0))
        assert np.sum(holes) == len(rows) * len(columns)
        assert len(rows) <= 4
        assert len(columns) <= 6
        areas.add((len(rows), len(columns)))
        centre += holes
    assert {(4, 6), (2, 3)} <= areas
    # Every place is cut out now and then.
    assert centre.min() > 0


@pytest.mark.parametrize("kind", augmentation.KINDS)
def test_gradients_go_through(kind):
    x = pictures(2, 8, 8, 3)
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(augmentation.augment(x, [kind], SEED))
    gradient = tape.gradient(total, x).numpy()
    if kind == "color":
        # Saturation and contrast keep means, so that all pixels count as one.
        np.testing.assert_allclose(gradient, 1.0, rtol=1e-4)
    else:
        assert set(np.unique(gradient)) == {0.0, 1.0}


TINY = Config(image_size=32, filters=2, precision="float32", dropout=0, batch_size=2)


@pytest.fixture(scope="module")
def pair():
    return np.random.default_rng(0).uniform(-1, 1, (2, 2, 32, 32, 3)).astype(np.float32)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"pool_size": 2},
        {"update_order": "discriminators_first"},
        {"gradient_penalty": 1.0, "penalty_at": "between"},
    ],
)
def test_a_step_shows_augmented_pictures_to_the_discriminators_alone(pair, changes):
    plain = CycleGAN(dataclasses.replace(TINY, **changes))
    augmented = CycleGAN(dataclasses.replace(TINY, augment="translation,color", **changes))
    without = {name: float(v) for name, v in plain.train_step(*pair).items()}
    found = {name: float(v) for name, v in augmented.train_step(*pair).items()}
    for name in ("cycle", "identity_g"):
        assert found[name] == without[name]
    for name in ("discriminator_x", "discriminator_y", "adversarial_g", "adversarial_f"):
        assert np.isfinite(found[name])
        assert found[name] != without[name]


def test_each_step_draws_anew_and_follows_from_its_number(pair):
    model = CycleGAN(dataclasses.replace(TINY, augment="translation"))
    first = model._augmented("discriminator_x", tf.constant(pair[0]), 0)
    np.testing.assert_array_equal(
        first, model._augmented("discriminator_x", tf.constant(pair[0]), 0)
    )
    different = [
        model._augmented("discriminator_x", tf.constant(pair[0]), 1),
        model._augmented("discriminator_y", tf.constant(pair[0]), 0),
    ]
    for _ in range(2):
        model.optimizers["discriminator_x"].iterations.assign_add(1)
        different.append(model._augmented("discriminator_x", tf.constant(pair[0]), 0))
    assert all(np.any(each != first) for each in different)
