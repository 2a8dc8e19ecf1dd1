import numpy as np
import pytest

from tf_cyclegan.networks.attention_mask import Blend
from tf_cyclegan.networks.pix2pix import unet_generator
from tf_cyclegan.networks.resnet import resnet_generator


def test_by_hand():
    """tanh(ln 2) = (2 - 1/2) / (2 + 1/2) = 0.6; sigmoid(ln 3) = 3 / (3 + 1) = 0.75."""
    pictures = np.array([0.2, -1.0], np.float32).reshape(1, 1, 1, 2)
    made = np.log([2.0, 1.0, 3.0]).astype(np.float32).reshape(1, 1, 1, 3)
    # 0.25 * 0.2 + 0.75 * 0.6, and 0.25 * -1 + 0.75 * 0.
    np.testing.assert_allclose(Blend()([pictures, made])[0, 0, 0], [0.5, -0.25], rtol=1e-6)


@pytest.mark.parametrize("build", [unet_generator, resnet_generator])
@pytest.mark.parametrize("channels", [1, 3])
def test_where_the_mask_is_0_generators_keep_their_input(build, channels):
    settings = {"depth": 2} if build is unet_generator else {"blocks": 1}
    network = build(
        channels, input_channels=channels, filters=2, seed=0, attention_mask=True, **settings
    )
    bias = network.layers[-2].bias
    pictures = np.random.default_rng(0).uniform(-1, 1, (2, 16, 24, channels)).astype(np.float32)
    assert network(pictures).shape == pictures.shape
    # Far below any value that the convolution can add.
    bias.assign([0.0] * channels + [-100.0])
    np.testing.assert_array_equal(network(pictures), pictures)
    bias.assign([100.0] * channels + [100.0])
    np.testing.assert_allclose(network(pictures), np.ones_like(pictures), atol=1e-6)
