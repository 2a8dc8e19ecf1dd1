"""The training step against the golden vectors and against plain reasoning."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from helpers import golden, golden_vectors
from tf_cyclegan.config import Config, from_recipe
from tf_cyclegan.model.cyclegan import NETWORKS, CycleGAN
from tf_cyclegan.networks.layers import flat_layers


def without_dropout(model):
    for generator in (model.generator_g, model.generator_f):
        for layer in flat_layers(generator):
            if isinstance(layer, keras.layers.Dropout):
                layer.rate = 0.0


def distance(network, size, every, expected):
    """The mean difference from golden outputs for the picture "x", as a share of their mean."""
    output = np.asarray(network(golden.image("x", (1, size, size, 3)), training=False))
    difference = np.abs(output[:, ::every, ::every] - expected)
    return difference.mean() / np.abs(expected).mean()


@pytest.fixture(scope="module")
def tutorial():
    """The tutorial's model after three golden steps, and the losses of each."""
    model = CycleGAN(from_recipe("tutorial", {"precision": "float32"}))
    for name in NETWORKS:
        golden_vectors.fill(getattr(model, name), name)
    without_dropout(model)
    shape = (1, 256, 256, 3)
    steps = [
        model.train_step(golden.image(f"x{i}", shape), golden.image(f"y{i}", shape))
        for i in range(3)
    ]
    return model, {name: [float(step[name]) for step in steps] for name in steps[0]}


@pytest.mark.slow
def test_losses_of_three_steps_are_the_tutorials(tutorial):
    expected = golden_vectors.load("tutorial_steps")
    model, losses = tutorial
    for name in model.loss_names:
        assert losses[name][0] == pytest.approx(expected[name][0], rel=1e-5), name
        assert losses[name] == pytest.approx(expected[name], rel=1e-2), name


@pytest.mark.slow
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
    # Adam's first steps go by the gradients' signs, which rounding decides where they are tiny:
    # another order of summing in the convolutions alone makes 2e-2.
    assert distance(getattr(tutorial[0], name), 256, every, expected) < 3e-2


TINY = Config(image_size=32, filters=2, precision="float32")


@pytest.fixture(scope="module")
def pair():
    rng = np.random.default_rng(0)
    return rng.uniform(-1, 1, (2, 3, 32, 32, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def tiny_model():
    return CycleGAN(dataclasses.replace(TINY, batch_size=3))


def test_step_is_traced_once_for_batches_of_any_size(tiny_model, pair):
    for size in (3, 1, 2):
        tiny_model.train_step(pair[0][:size], pair[1][:size])
    assert tiny_model.train_step.experimental_get_tracing_count() == 1


def test_step_names_every_loss_and_the_totals_add_up(tiny_model, pair):
    losses = {k: float(v) for k, v in tiny_model.train_step(*pair).items()}
    assert tuple(losses) == tiny_model.scalar_names
    for letter in "gf":
        parts = losses[f"adversarial_{letter}"] + losses["cycle"] + losses[f"identity_{letter}"]
        assert losses[f"total_{letter}"] == pytest.approx(parts, rel=1e-5)


def test_gradients_are_those_of_separate_passes(pair):
    """The passes in one batch are the same mathematics as the tutorial's, one by one."""
    model = CycleGAN(dataclasses.replace(TINY, adversarial_loss="bce"))
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
    losses = model._train_step(x, y)
    assert float(losses["total_g"]) == pytest.approx(float(total), rel=1e-5)
    # Adam's mean of the gradients after one step is half of them.
    means = [np.asarray(v) for v in model.optimizers["generator_g"]._momentums]
    for gradient, mean in zip(gradients, means, strict=True):
        expected = 0 if gradient is None else gradient.numpy() / 2
        np.testing.assert_allclose(mean, expected, rtol=2e-3, atol=1e-5)


def test_the_gradient_of_a_large_kernel_is_taken_once_for_both_passes(tiny_model):
    # Of such a shape are two of each generator, next to the smallest map, and one of each
    # discriminator, which is taken by the generator's tape too, and pruned.
    shape = [4, 4, 4, 8]
    taken = [
        op
        for op in tiny_model.train_step.get_concrete_function().graph.get_operations()
        if (op.type == "Conv2DBackpropFilter" and op.outputs[0].shape == shape)
        or (op.type == "MatMul" and op.get_attr("transpose_a") and op.outputs[0].shape == [64, 8])
    ]
    assert len(taken) == 8


def test_no_identity_weight_costs_no_passes(pair, monkeypatch):
    """Without identity loss a generator sees two batches of one size, not one of the double."""
    model = CycleGAN(dataclasses.replace(TINY, identity_weight=0.0))
    batches = []
    call = model.generator_g.call
    monkeypatch.setattr(
        model.generator_g, "call", lambda x, **kw: batches.append(len(x)) or call(x, **kw)
    )
    losses = model._train_step(*pair)
    assert batches == [3, 3]
    assert not [name for name in losses if name.startswith("identity")]
    assert float(losses["total_g"]) == pytest.approx(
        float(losses["adversarial_g"] + losses["cycle"]), rel=1e-5
    )


def weights(model):
    return [v.numpy().copy() for name in NETWORKS for v in getattr(model, name).trainable_variables]


def test_learning_rate_zero_leaves_the_weights(pair):
    model = CycleGAN(dataclasses.replace(TINY, learning_rate=0.0))
    before = weights(model)
    model._train_step(*pair)
    for a, b in zip(before, weights(model), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_learning_rate_set_later_reaches_all_four(pair):
    model = CycleGAN(TINY)
    model.set_learning_rate(0.0)
    before = weights(model)
    model._train_step(*pair)
    for a, b in zip(before, weights(model), strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_four_networks_begin_with_weights_of_their_own():
    model = CycleGAN(TINY)
    g, f = (n.trainable_variables[0].numpy() for n in (model.generator_g, model.generator_f))
    assert (g != f).any()
    np.testing.assert_array_equal(g, CycleGAN(TINY).generator_g.trainable_variables[0].numpy())


@pytest.fixture(scope="module")
def reference():
    """The paper's model at 128 pixels after three golden steps, and the losses of each."""
    changes = {"image_size": 128, "pool_size": 50, "precision": "float32"}
    model = CycleGAN(from_recipe("paper", changes))
    for name in NETWORKS:
        golden_vectors.fill(getattr(model, name), name)
    shape = (1, 128, 128, 3)
    steps = [
        model.train_step(golden.image(f"x{i}", shape), golden.image(f"y{i}", shape))
        for i in range(3)
    ]
    return model, {name: np.array([float(step[name]) for step in steps]) for name in steps[0]}


@pytest.mark.slow
def test_losses_of_three_steps_are_the_papers(reference):
    expected = golden_vectors.load("reference_steps")
    expected["cycle"] = expected["cycle_x"] + expected["cycle_y"]
    _, losses = reference
    for name, values in losses.items():
        if not name.startswith(("total", "accuracy")):
            assert values[0] == pytest.approx(expected[name][0], rel=1e-4), name
            assert values == pytest.approx(expected[name], rel=1e-2), name


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "key", "every"),
    [
        ("generator_g", "after_g", 2),
        ("generator_f", "after_f", 2),
        ("discriminator_x", "after_x", 1),
        ("discriminator_y", "after_y", 1),
    ],
)
def test_networks_after_three_steps_are_the_papers(reference, name, key, every):
    expected = golden_vectors.load("reference_steps")[key]
    # As above; with PyTorch's epsilon in Adam the same 4e-2 is left.
    assert distance(getattr(reference[0], name), 128, every, expected) < 6e-2


# Without dropout, so that passes can be repeated.
PAPER = dataclasses.replace(TINY, generator="resnet", residual_blocks=1, adversarial_loss="lsgan")


@pytest.mark.parametrize("order", ["simultaneous", "discriminators_first"])
def test_the_order_decides_which_discriminator_the_generators_learn_from(pair, order):
    model = CycleGAN(dataclasses.replace(PAPER, update_order=order, learning_rate=0.01))
    fake_y = model.generator_g(pair[0])
    before = float(tf.reduce_mean((model.discriminator_y(fake_y) - 1) ** 2))
    losses = model._train_step(*pair)
    after = float(tf.reduce_mean((model.discriminator_y(fake_y) - 1) ** 2))
    assert abs(before - after) > 1e-3
    expected = before if order == "simultaneous" else after
    assert float(losses["adversarial_g"]) == pytest.approx(expected, rel=1e-4)


def test_discriminators_learn_the_same_in_either_order_and_from_a_pool_that_fills(pair):
    models = [
        CycleGAN(dataclasses.replace(PAPER, **changes))
        for changes in ({}, {"update_order": "discriminators_first"}, {"pool_size": 5})
    ]
    for model in models:
        model._train_step(*pair)
    for other in models[1:]:
        for name in NETWORKS[2:]:
            ours, theirs = (getattr(m, name).trainable_variables for m in (models[0], other))
            for a, b in zip(ours, theirs, strict=True):
                np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-3, atol=1e-5)


def test_the_pool_decides_what_the_discriminators_see(pair):
    model = CycleGAN(dataclasses.replace(PAPER, pool_size=3))
    assert set(model.pools) == {"discriminator_x", "discriminator_y"}
    fake_y = model.generator_g(pair[0]).numpy()
    model._train_step(*pair)
    np.testing.assert_allclose(model.pools["discriminator_y"].pictures, fake_y, atol=1e-5)
    assert CycleGAN(PAPER).pools == {}


def test_a_pair_is_the_new_picture_and_an_older_one(pair):
    """With one picture in the pool, that of the step before; the loss is the mean over both."""
    model = CycleGAN(dataclasses.replace(PAPER, pool_size=1, pool_mode="pair", learning_rate=0.0))
    first, second = pair[0][:1], pair[0][1:2]
    of_first, of_second = (
        model.discriminator_y(model.generator_g(x, training=False)) for x in (first, second)
    )
    judged = model.discriminator_y(pair[1][:1])
    expected = (tf.reduce_mean((judged - 1) ** 2)) / 2
    expected += (tf.reduce_mean(of_first**2) + tf.reduce_mean(of_second**2)) / 4
    model._train_step(first, pair[1][:1])
    found = model._train_step(second, pair[1][:1])["discriminator_y"]
    assert float(found) == pytest.approx(float(expected), rel=1e-4)


@pytest.mark.parametrize("loss", ["hinge", "wgan_gp"])
def test_other_adversarial_losses_train_all_networks(pair, loss):
    changes = {"adversarial_loss": loss, "pool_size": 2, "pool_mode": "pair"}
    model = CycleGAN(dataclasses.replace(PAPER, **changes))
    before = weights(model)
    named = model._train_step(*pair)
    assert all(np.isfinite(float(value)) for value in named.values())
    moved = [(a != b).any() for a, b in zip(before, weights(model), strict=True)]
    # Biases before an instance norm do nothing.
    assert sum(moved) >= len([w for w in before if w.ndim == 4])


def test_wasserstein_adds_the_penalty(pair, monkeypatch):
    model = CycleGAN(dataclasses.replace(PAPER, adversarial_loss="wgan_gp"))
    monkeypatch.setattr(tf.random, "stateless_uniform", lambda shape, seed: tf.zeros(shape))
    real, fake = pair[1], model.generator_g(pair[0])
    with tf.GradientTape() as tape:
        pictures = tf.constant(real)
        tape.watch(pictures)
        logits = model.discriminator_y(pictures)
    slopes = np.sqrt((tape.gradient(logits, pictures).numpy() ** 2).sum(axis=(1, 2, 3)))
    expected = 0.5 * float(tf.reduce_mean(model.discriminator_y(fake)) - tf.reduce_mean(logits))
    expected += 0.5 * 10 * ((slopes - 1) ** 2).mean()
    losses = model._train_step(*pair)
    assert float(losses["discriminator_y"]) == pytest.approx(expected, rel=1e-3)


def test_grey_to_colour():
    changes = {"channels_x": 1, "identity_weight": 0.0, "pool_size": 2, "attention_mask": False}
    model = CycleGAN(dataclasses.replace(PAPER, **changes))
    x, y = np.zeros((1, 32, 32, 1), np.float32), np.zeros((1, 32, 32, 3), np.float32)
    model._train_step(x, y)
    assert model.generator_g(x).shape == y.shape
    assert model.generator_f(y).shape == x.shape
    assert model.discriminator_x.input_shape[-1] == 1


@pytest.mark.parametrize("changes", [{}, {"generator": "unet", "residual_blocks": None}])
def test_pictures_of_different_sizes_train_together(pair, changes):
    model = CycleGAN(dataclasses.replace(PAPER, preprocess="none", **changes))
    losses = model._train_step(np.zeros((1, 32, 64, 3), np.float32), pair[1][:1])
    assert all(np.isfinite(float(value)) for value in losses.values())


def test_one_batch_or_two_is_the_same_mathematics(pair):
    models = [CycleGAN(dataclasses.replace(PAPER, preprocess=p)) for p in ("resize", "none")]
    ours, theirs = (model._train_step(pair[0][:1], pair[1][:1]) for model in models)
    for name in ours:
        assert float(ours[name]) == pytest.approx(float(theirs[name]), rel=1e-5), name


def test_gradient_norms_are_those_of_the_last_step(monkeypatch):
    model = CycleGAN(Config(image_size=32, filters=2, precision="float32"))
    norms = {}
    apply = CycleGAN._apply

    def noting(self, name, gradients):
        squares = [np.square(g.numpy()).sum() for g in gradients if g is not None]
        norms[name] = np.sqrt(sum(squares))
        apply(self, name, gradients)

    monkeypatch.setattr(CycleGAN, "_apply", noting)
    rng = np.random.default_rng(0)
    for _ in range(2):
        model._train_step(*rng.uniform(-1, 1, (2, 1, 32, 32, 3)).astype("f4"))
        for name in NETWORKS:
            assert float(model.gradient_norms[name]) == pytest.approx(norms[name], rel=1e-5)
