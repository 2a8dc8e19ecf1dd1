"""A pass that is computed twice: the same step, and nothing kept between."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tf_cyclegan.config import Config
from tf_cyclegan.model.cyclegan import NETWORKS, CycleGAN
from tf_cyclegan.model.recompute import recomputed, segments

TINY = Config(
    image_size=32,
    filters=2,
    dropout=0.5,
    precision="float32",
    upsampling="transposed",
    attention_mask=False,
    ema=0.0,
)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"precision": "bfloat16"},
        {"generator": "resnet", "residual_blocks": 2, "pool_size": 2, "attention_mask": True},
        {"update_order": "discriminators_first", "identity_weight": 0.0},
        {
            "upsampling": "resize",
            "attention_mask": True,
            "spectral_norm": True,
            "augment": "translation",
            "ema": 0.9,
        },
    ],
    ids=["unet", "bfloat16", "resnet", "discriminators_first", "modern"],
)
def test_a_step_is_the_same_when_recomputed(changes):
    """With dropout, whose numbers are drawn again, and with the next step's, which are others."""
    rng = np.random.default_rng(0)
    x, y = rng.uniform(-1, 1, (2, 1, 32, 32, 3)).astype(np.float32)
    config = dataclasses.replace(TINY, **changes)
    plain, ours = CycleGAN(config), CycleGAN(dataclasses.replace(config, recompute=True))
    # In bfloat16 the gradients of a kernel's two passes are added, not taken at once.
    tolerance = 0.03 if ours.precision == "bfloat16" else 1e-4
    expected, losses = plain._train_step(x, y), ours._train_step(x, y)
    for name in plain.loss_names:
        assert float(losses[name]) == float(expected[name])
    for name in NETWORKS:
        means = (model.optimizers[name]._momentums for model in (ours, plain))
        for a, b in zip(*means, strict=True):
            # A bias before a norm has no gradient but rounding errors.
            least = max(0.01 * tolerance * np.abs(b).max(), 1e-6)
            np.testing.assert_allclose(a, b, rtol=tolerance, atol=least)
    for a, b in zip(ours.dropout_state(), plain.dropout_state(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("changes", "name", "parts"),
    [
        ({}, "generator_g", 1),
        ({"generator": "resnet", "residual_blocks": 3}, "generator_g", 6),
        ({"generator": "resnet"}, "discriminator_x", 3),
        ({"generator": "resnet", "residual_blocks": 3, "attention_mask": True}, "generator_g", 7),
    ],
    ids=["unet", "resnet", "patchgan", "attention_mask"],
)
def test_nothing_of_a_part_is_kept(changes, name, parts):
    """In a graph, the gradient takes nothing from the first pass but each part's output."""
    network = getattr(CycleGAN(dataclasses.replace(TINY, **changes)), name)
    cut = segments(network)
    assert len(cut) == parts
    layers = [x for part in cut for x in getattr(part, "layers", [part]) if x.weights]
    assert layers == [layer for layer in network.layers if layer.weights]

    def losses(x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(recomputed(cut, x))
        return tape.gradient(loss, network.trainable_variables)

    graph = tf.function(losses, autograph=False).get_concrete_function(tf.zeros([1, 32, 32, 3]))
    convolutions = [op for op in graph.graph.get_operations() if op.type == "Conv2D"]
    filters = [op for op in graph.graph.get_operations() if op.type == "Conv2DBackpropFilter"]
    first, again = convolutions[: len(convolutions) // 2], convolutions[len(convolutions) // 2 :]
    assert first
    kept = {tensor.op.name for op in filters for tensor in op.inputs}
    assert not kept & {op.name for op in first}
    assert len(first) == len(again)
