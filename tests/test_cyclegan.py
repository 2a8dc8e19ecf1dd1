"""The training step against the golden vectors and against plain reasoning."""

import dataclasses

import golden
import golden_vectors
import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_cyclegan.config import Config, from_recipe
from tf_cyclegan.cyclegan import NETWORKS, CycleGAN


def without_dropout(model):
    for generator in (model.generator_g, model.generator_f):
        for layer in generator._flatten_layers():
            if isinstance(layer, keras.layers.Dropout):
                layer.rate = 0.0


@pytest.fixture(scope="module")
def tutorial():
    """The tutorial's model after three golden steps, and the losses of each."""
    model = CycleGAN(from_recipe("tutorial"))
    for name in NETWORKS:
        golden_vectors.fill(getattr(model, name), name)
    without_dropout(model)
    shape = (1, 256, 256, 3)
    steps = [
        model.train_step(golden.image(f"x{i}", shape), golden.image(f"y{i}", shape))
        for i in range(3)
    ]
    return model, {name: [float(step[name]) for step in steps] for name in steps[0]}


def test_losses_of_three_steps_are_the_tutorials(tutorial):
    expected = golden_vectors.load("tutorial_steps")
    _, losses = tutorial
    for name, values in losses.items():
        assert values[0] == pytest.approx(expected[name][0], rel=1e-5), name
        assert values == pytest.approx(expected[name], rel=1e-2), name


@pytest.mark.parametrize(
    ("name", "key", "every"),
    [
        ("generator_g", "after_g", 4),
        ("generator_f", "after_f", 4),
        ("discriminator_x", "after_x", 1),
        ("discriminator_y", "after_y", 1),
    ],
)
def test_networks_after_three_steps_are_the_tutorials(tutorial, name, key, every):
    expected = golden_vectors.load("tutorial_steps")[key]
    network = getattr(tutorial[0], name)
    output = np.asarray(network(golden.image("x", (1, 256, 256, 3)), training=False))
    difference = np.abs(output[:, ::every, ::every] - expected)
    # Adam's first steps go by the gradients' signs, which rounding decides where they are tiny:
    # another order of summing in the convolutions alone makes 2e-2.
    assert difference.mean() < 3e-2 * np.abs(expected).mean()


TINY = Config(image_size=32, filters=2)


@pytest.fixture(scope="module")
def pair():
    rng = np.random.default_rng(0)
    return rng.uniform(-1, 1, (2, 3, 32, 32, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def tiny_model():
    return CycleGAN(TINY)


def test_step_is_traced_once_for_batches_of_any_size(tiny_model, pair):
    for size in (3, 1, 2):
        tiny_model.train_step(pair[0][:size], pair[1][:size])
    assert tiny_model.train_step.experimental_get_tracing_count() == 1


def test_step_names_every_loss_and_the_totals_add_up(tiny_model, pair):
    losses = {k: float(v) for k, v in tiny_model.train_step(*pair).items()}
    assert tuple(losses) == tiny_model.loss_names
    for letter in "gf":
        parts = losses[f"adversarial_{letter}"] + losses["cycle"] + losses[f"identity_{letter}"]
        assert losses[f"total_{letter}"] == pytest.approx(parts, rel=1e-5)


def test_gradients_are_those_of_separate_passes(pair):
    """The passes in one batch are the same mathematics as the tutorial's, one by one."""
    model = CycleGAN(TINY)
    without_dropout(model)
    g, f = model.generator_g, model.generator_f
    x, y = pair
    with tf.GradientTape() as tape:
        fake_y, fake_x = g(x, training=True), f(y, training=True)
        cycle = tf.reduce_mean(tf.abs(x - f(fake_y, training=True)))
        cycle += tf.reduce_mean(tf.abs(y - g(fake_x, training=True)))
        judged = model.discriminator_y(fake_y, training=True)
        adversarial = tf.reduce_mean(tf.nn.softplus(-judged))
        total = adversarial + 10 * cycle + 5 * tf.reduce_mean(tf.abs(y - g(y, training=True)))
    gradients = tape.gradient(total, g.trainable_variables)
    losses = model.train_step(x, y)
    assert float(losses["total_g"]) == pytest.approx(float(total), rel=1e-5)
    # Adam's mean of the gradients after one step is half of them.
    means = [np.asarray(v) for v in model.optimizers["generator_g"]._momentums]
    for gradient, mean in zip(gradients, means, strict=True):
        np.testing.assert_allclose(mean, gradient.numpy() / 2, rtol=2e-3, atol=1e-5)


def test_no_identity_weight_costs_no_passes(pair):
    """Without identity loss a generator sees two batches of one size, not one of the double."""
    model = CycleGAN(dataclasses.replace(TINY, identity_weight=0.0))
    losses = model.train_step(*pair)
    assert not [name for name in losses if name.startswith("identity")]
    assert float(losses["total_g"]) == pytest.approx(
        float(losses["adversarial_g"] + losses["cycle"]), rel=1e-5
    )
    with_identity = CycleGAN(TINY).train_step.get_concrete_function().graph.get_operations()
    without = model.train_step.get_concrete_function().graph.get_operations()
    assert len(without) < len(with_identity)


def test_learning_rate_zero_leaves_the_weights(pair):
    model = CycleGAN(dataclasses.replace(TINY, learning_rate=0.0))
    before = [np.asarray(v) for name in NETWORKS for v in getattr(model, name).trainable_variables]
    model.train_step(*pair)
    after = [np.asarray(v) for name in NETWORKS for v in getattr(model, name).trainable_variables]
    for a, b in zip(before, after, strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_four_networks_begin_with_weights_of_their_own():
    model = CycleGAN(TINY)
    g, f = (np.asarray(n.trainable_variables[0]) for n in (model.generator_g, model.generator_f))
    assert (g != f).any()
    np.testing.assert_array_equal(g, np.asarray(CycleGAN(TINY).generator_g.trainable_variables[0]))
