"""Against numbers worked out by hand."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_cyclegan.config import Config
from tf_cyclegan.model import averages
from tf_cyclegan.model.cyclegan import CycleGAN


@pytest.mark.parametrize(
    ("step", "rate"), [(0, 0.1), (1, 2 / 11), (90, 0.91), (8990, 8991 / 9000), (8991, 0.999)]
)
def test_early_weights_fade_soon(step, rate):
    assert float(averages.rate_at(tf.constant(float(step)), 0.999)) == pytest.approx(rate)


def network(weight, bias):
    model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
    model.set_weights([np.array([[weight]]), np.array([bias])])
    return model


def values(model):
    return [float(np.squeeze(weight)) for weight in model.get_weights()]


def test_an_update_moves_by_the_rest_of_the_rate():
    average, live = network(1.0, -2.0), network(5.0, 2.0)
    averages.update(average, live, tf.constant(0.75))
    assert values(average) == pytest.approx([2.0, -1.0])
    averages.update(average, live, tf.constant(0.75))
    assert values(average) == pytest.approx([2.75, -0.25])
    assert values(live) == [5.0, 2.0]
    averages.restart(average, live)
    assert values(average) == [5.0, 2.0]


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_step_averages_the_weights_after_it(precision):
    config = Config(image_size=32, filters=2, ema=0.999, precision=precision)
    model = CycleGAN(config)
    x, y = np.random.default_rng(0).uniform(-1, 1, (2, 1, 32, 32, 3)).astype(np.float32)
    before = [weight.numpy() for weight in model.generator_g.trainable_variables]
    for mean, weight in zip(model.averages["generator_g"].trainable_variables, before, strict=True):
        np.testing.assert_array_equal(mean, weight)
        assert mean.dtype == "float32"
    model.train_step(x, y)
    # At step 1 the decay is 2 / 11.
    for mean, old, new in zip(
        model.averages["generator_g"].trainable_variables,
        before,
        model.generator_g.trainable_variables,
        strict=True,
    ):
        np.testing.assert_allclose(mean, old * 2 / 11 + new.numpy() * 9 / 11, rtol=1e-5, atol=1e-8)


def test_the_averages_translate():
    config = Config(image_size=32, filters=2, precision="float32", ema=0.0)
    plain, averaged = CycleGAN(config), CycleGAN(dataclasses.replace(config, ema=0.9))
    assert plain.translators == {"AtoB": plain.generator_g, "BtoA": plain.generator_f}
    assert averaged.translators == {
        "AtoB": averaged.averages["generator_g"],
        "BtoA": averaged.averages["generator_f"],
    }
