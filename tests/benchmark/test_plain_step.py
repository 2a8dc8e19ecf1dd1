"""What ours is measured against computes the same."""

import keras
import numpy as np
import pytest

from tf_cyclegan.benchmark.plain_step import PlainStep
from tf_cyclegan.config import Config
from tf_cyclegan.model.cyclegan import NETWORKS, CycleGAN


@pytest.mark.parametrize("changes", [{}, {"generator": "resnet", "residual_blocks": 1}])
def test_losses_are_ours_for_two_steps(changes):
    config = Config(image_size=32, filters=2, precision="float32", **changes)
    plain, ours = PlainStep(config), CycleGAN(config)
    generators = [plain.networks[name] for name in NETWORKS[:2]]
    for generator in (*generators, ours.generator_g, ours.generator_f):
        for layer in generator._flatten_layers():
            if isinstance(layer, keras.layers.Dropout):
                layer.rate = 0.0
    x, y = np.random.default_rng(0).uniform(-1, 1, (2, 1, 32, 32, 3)).astype(np.float32)
    for _ in range(2):
        expected, losses = plain._train_step(x, y), ours._train_step(x, y)
        for name, value in expected.items():
            got = losses[name.replace("generator", "total")]
            assert float(got) == pytest.approx(float(value), rel=1e-3), name


def test_its_layers_are_keras_own():
    config = Config(image_size=32, filters=2, precision="float32", upsampling="transposed")
    plain = PlainStep(config)
    layers = [layer for network in plain.networks.values() for layer in network._flatten_layers()]
    kinds = {type(layer) for layer in layers if "conv2d" in layer.name}
    assert kinds == {keras.layers.Conv2D, keras.layers.Conv2DTranspose}


def test_what_the_tutorial_has_not_is_refused():
    with pytest.raises(ValueError, match="no image pool"):
        PlainStep(Config(pool_size=2))
    with pytest.raises(ValueError, match="no augmentation"):
        PlainStep(Config(augment="color"))
