"""What the networks compute in: what is chosen, how near it comes to float32, and overflows."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_cyclegan.checkpoints.saving import Checkpoints, TrainingState
from tf_cyclegan.config import Config
from tf_cyclegan.model import precision
from tf_cyclegan.model.cyclegan import NETWORKS, CycleGAN
from tf_cyclegan.networks.layers import flat_layers
from tf_cyclegan.system import devices

TINY = Config(image_size=32, filters=2, dropout=0.5, precision="float32", adversarial_loss="bce")
RESNET = dataclasses.replace(TINY, generator="resnet", residual_blocks=1, adversarial_loss="lsgan")


@pytest.fixture(scope="module")
def pair():
    rng = np.random.default_rng(0)
    return rng.uniform(-1, 1, (2, 1, 32, 32, 3)).astype(np.float32)


@pytest.mark.parametrize(
    ("asked", "networks", "gpu", "bfloat16", "chosen"),
    [
        ("auto", "tf_cyclegan", False, True, "bfloat16"),
        ("auto", "tf_cyclegan", False, False, "float32"),
        ("auto", "tf_cyclegan", True, True, "float32"),
        ("auto", "tensorflow_examples", False, True, "float32"),
        ("float16", "tf_cyclegan", False, True, "float16"),
    ],
)
def test_auto_goes_by_the_device(asked, networks, gpu, bfloat16, chosen, monkeypatch):
    monkeypatch.setattr(devices, "has_gpu", lambda: gpu)
    monkeypatch.setattr(devices, "cpu_computes_bfloat16", lambda: bfloat16)
    config = Config("tutorial", precision=asked, networks=networks)
    assert precision.choose(config) == chosen


@pytest.fixture(scope="module", params=[TINY, RESNET], ids=["unet", "resnet"])
def in_float32(request, pair):
    """Settings, and the losses of two steps in float32."""
    return request.param, losses_of_two_steps(CycleGAN(request.param), pair)


def losses_of_two_steps(model, pair):
    for generator in (model.generator_g, model.generator_f):
        for layer in flat_layers(generator):
            if isinstance(layer, keras.layers.Dropout):
                # It draws other numbers in another precision.
                layer.rate = 0.0
    start_low(model)
    steps = [model._train_step(*pair) for _ in range(2)]
    return {name: [float(step[name]) for step in steps] for name in model.loss_names}


def start_low(model):
    """Networks with two filters have gradients so large that the scale would first have to fall."""
    for scale in model.loss_scales.values():
        scale.scale.assign(8.0)


@pytest.mark.parametrize(("kind", "tolerance"), [("bfloat16", 0.02), ("float16", 0.005)])
def test_losses_are_near_those_of_float32(in_float32, pair, kind, tolerance):
    config, expected = in_float32
    model = CycleGAN(dataclasses.replace(config, precision=kind))
    losses = losses_of_two_steps(model, pair)
    for name, values in expected.items():
        assert losses[name] == pytest.approx(values, rel=tolerance), name
    assert losses != expected
    for name in NETWORKS:
        # Adam's first steps are of the learning rate's size: all have learned, and not blown up.
        for mean in model.optimizers[name]._momentums:
            assert np.isfinite(mean.numpy()).all()
        assert int(model.optimizers[name].iterations) == 2
        assert {weight.dtype for weight in getattr(model, name).trainable_weights} == {"float32"}
    assert model.generator_g(pair[0]).dtype == tf.float32
    assert model.discriminator_x(pair[0]).dtype == tf.float32


def test_no_global_state_is_left():
    CycleGAN(dataclasses.replace(TINY, precision="bfloat16"))
    assert keras.config.dtype_policy().name == "float32"


def test_dropout_goes_on_within_and_after_a_step(pair):
    model = CycleGAN(TINY)
    before = [state.numpy().copy() for state in model.dropout_state()]
    model._train_step(*pair)
    after = [state.numpy() for state in model.dropout_state()]
    # Each generator is called twice.
    for a, b in zip(before, after, strict=True):
        np.testing.assert_array_equal(b - a, [0, 2])


def test_an_overflow_skips_its_network_alone(pair):
    model = CycleGAN(dataclasses.replace(TINY, precision="float16"))
    start_low(model)
    model.loss_scales["discriminator_y"].scale.assign(2.0**126)
    before = {n: [v.numpy() for v in getattr(model, n).trainable_weights] for n in NETWORKS}
    losses = model._train_step(*pair)
    assert all(np.isfinite(float(value)) for value in losses.values())
    for name in NETWORKS:
        same = [
            (a == b.numpy()).all()
            for a, b in zip(before[name], getattr(model, name).trainable_weights, strict=True)
        ]
        assert all(same) == (name == "discriminator_y")
        assert int(model.optimizers[name].iterations) == (name != "discriminator_y")
    scales = {name: float(scale.scale) for name, scale in model.loss_scales.items()}
    assert scales == {
        "generator_g": 8.0,
        "generator_f": 8.0,
        "discriminator_x": 8.0,
        "discriminator_y": 2.0**125,
    }
    assert [int(scale.steps) for scale in model.loss_scales.values()] == [1, 1, 1, 0]


def test_the_scale_grows_after_2000_steps_without_overflow():
    scale = precision.LossScale()
    weight = tf.Variable(3.0)
    scale.steps.assign(1999)
    with tf.GradientTape() as tape:
        loss = weight**2
    found = scale.unscaled(lambda by: [tape.gradient(loss, weight, output_gradients=by)])
    assert float(found[0]) == 6.0
    assert (float(scale.scale), int(scale.steps)) == (2.0**16, 0)


def test_scales_are_saved_and_float32_continues_a_float16_run(tmp_path, pair):
    def run(kind):
        config = dataclasses.replace(TINY, precision=kind)
        model = CycleGAN(config)
        state = TrainingState(len(model.scalar_names), [1, 2])
        return model, Checkpoints(tmp_path, model, state, config)

    model, saved = run("float16")
    model.loss_scales["generator_f"].scale.assign(64.0)
    model.loss_scales["generator_f"].steps.assign(5)
    path = saved.save()
    other, other_saved = run("float16")
    other_saved.restore(path)
    restored = other.loss_scales["generator_f"]
    assert (float(restored.scale), int(restored.steps)) == (64.0, 5)
    plain, plain_saved = run("float32")
    plain_saved.restore(path)
    for a, b in zip(model.generator_g.weights, plain.generator_g.weights, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
    run("float16")[1].restore(plain_saved.save())
