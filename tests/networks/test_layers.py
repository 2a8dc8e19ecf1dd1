"""Layers by hand, weight initialization, and TensorFlow's graph optimizer on a discriminator."""

import itertools
import subprocess
import sys

import numpy as np
import pytest

from tf_cyclegan.networks.layers import LeakyMaximum, Normal, ReflectionPadding2D, draw_seeds
from tf_cyclegan.system import cores


def test_reflection_does_not_repeat_border_pixels():
    x = np.arange(3, dtype=np.float32)[None, :, None, None] * np.ones((1, 1, 3, 1), np.float32)
    padded = np.asarray(ReflectionPadding2D(2)(x))
    np.testing.assert_array_equal(padded[0, :, 0, 0], [2, 1, 0, 1, 2, 1, 0])
    assert padded.shape == (1, 7, 7, 1)


def test_leaky_maximum():
    np.testing.assert_allclose(LeakyMaximum(0.25)(np.array([-4.0, 0.0, 4.0])), [-1.0, 0.0, 4.0])


def test_seeds_differ_and_are_reproducible():
    first, again, other = (list(itertools.islice(draw_seeds(seed), 50)) for seed in (7, 7, 8))
    assert first == again
    assert len(set(first)) == 50
    assert first[0] != other[0]


def test_initial_weights_are_normal_and_depend_on_the_seed_alone(monkeypatch):
    drawn = np.asarray(Normal(1.0, 7)((3, 2**18)))
    assert drawn.dtype == np.float32
    np.testing.assert_allclose([drawn.mean(), drawn.std()], [1.0, 0.02], atol=1e-4)
    first, second = drawn.ravel()[: 2**18], drawn.ravel()[2**19 :]
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.01, "chunks are independent"
    monkeypatch.setattr(cores, "usable", lambda: 1)
    np.testing.assert_array_equal(Normal(1.0, 7)((3, 2**18)), drawn)
    assert np.abs(Normal(1.0, 8)((5,)) - Normal(1.0, 7)((5,))).min() > 0
    assert np.abs(Normal(1.0, None)((5,)) - Normal(1.0, None)((5,))).min() > 0


@pytest.mark.slow
def test_the_papers_step_is_optimized_without_errors():
    """TensorFlow's native code logs such errors, so only another process shows them."""
    code = (
        "import numpy as np\n"
        "from tf_cyclegan import Config, CycleGAN\n"
        "config = Config(image_size=32, filters=2, generator='resnet', residual_blocks=1)\n"
        "CycleGAN(config).train_step(*np.zeros((2, 1, 32, 32, 3), np.float32))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "optimizer" not in done.stderr
    assert "failed:" not in done.stderr.replace("failed call to cuInit", "")
