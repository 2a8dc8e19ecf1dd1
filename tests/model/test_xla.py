"""The whole step compiled by XLA: a pool and all, it computes the same."""

import dataclasses

import numpy as np
import pytest

from tf_cyclegan.config import Config
from tf_cyclegan.model.cyclegan import CycleGAN

pytestmark = pytest.mark.slow

# Compiling takes most of a minute, so few operations; no dropout, which draws other numbers.
CONFIG = Config(
    image_size=32,
    filters=2,
    precision="float32",
    generator="resnet_keras",
    residual_blocks=1,
    adversarial_loss="lsgan",
    identity_weight=0.0,
    pool_size=2,
    augment="color,translation,cutout",
    spectral_norm=True,
)


def test_compiled_step():
    rng = np.random.default_rng(0)
    x, y = rng.uniform(-1, 1, (2, 1, 32, 32, 3)).astype(np.float32)
    plain, compiled = CycleGAN(CONFIG), CycleGAN(dataclasses.replace(CONFIG, xla=True))
    expected = plain._train_step(x, y)
    # One operation for a norm is twice as slow in what XLA makes of it.
    operations = compiled.train_step.get_concrete_function().graph.get_operations()
    assert "FusedBatchNormV3" not in {operation.type for operation in operations}
    losses = compiled.train_step(x, y)
    for name in plain.loss_names:
        assert float(losses[name]) == pytest.approx(float(expected[name]), rel=1e-3), name
    compiled.train_step(x, y)
    assert {int(adam.iterations) for adam in compiled.optimizers.values()} == {2}
    assert [int(pool.shown) for pool in compiled.pools.values()] == [2, 2]
