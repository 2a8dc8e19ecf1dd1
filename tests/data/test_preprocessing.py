import numpy as np
import pytest

from helpers.pictures import make_picture
from tf_cyclegan.config import Config
from tf_cyclegan.data import images
from tf_cyclegan.data.preprocessing import for_training, for_translation
from tf_cyclegan.system.errors import UserError

WIDE = make_picture(0, 50, 91)


def config(**changes):
    return Config(image_size=32, **changes)


@pytest.mark.parametrize(
    ("preprocess", "training", "translation"),
    [
        ("resize_crop", (36, 36), (32, 32)),
        ("resize", (32, 32), (32, 32)),
        ("crop", (50, 91), (48, 88)),
        ("none", (48, 88), (48, 88)),
    ],
)
def test_sizes(preprocess, training, translation):
    settings = config(preprocess=preprocess)
    assert for_training(WIDE, "A", settings, "a.png").shape == (*training, 3)
    batch = for_translation(WIDE, "A", settings)
    assert (batch.shape, batch.dtype) == ((1, *translation, 3), np.float32)


def test_sizes_are_rounded_to_what_the_network_halves():
    deeper = config(preprocess="none", unet_levels=5)
    assert for_training(WIDE, "A", deeper, "a.png").shape == (64, 96, 3)
    resnet = config(preprocess="none", generator="resnet")
    assert for_training(WIDE, "A", resnet, "a.png").shape == (48, 92, 3)
    assert for_translation(make_picture(0, 3, 5), "A", resnet).shape == (1, 32, 32, 3)


def test_values():
    expected = images.resize(WIDE, 32, 32, "bicubic")
    settings = config(preprocess="resize", interpolation="bicubic")
    np.testing.assert_array_equal(for_training(WIDE, "A", settings, "a.png"), expected)
    batch = for_translation(WIDE, "A", settings)
    np.testing.assert_array_equal(images.to_uint8(batch[0]), expected)


def test_grey_domains_get_one_channel():
    settings = config(channels_y=1, identity_weight=0.0)
    assert for_translation(WIDE, "A", settings).shape[-1] == 3
    grey = for_training(WIDE, "B", settings, "b.png")
    assert grey.shape[-1] == 1
    colour = for_training(WIDE, "A", settings, "a.png")
    luma = colour @ [0.299, 0.587, 0.114]
    assert np.abs(grey[..., 0] - luma).max() <= 1


def test_a_picture_too_small_to_crop_from_is_named():
    with pytest.raises(UserError, match=r"a\.png: its 31x40 pixels are too few to crop"):
        for_training(make_picture(0, 40, 31), "A", config(preprocess="crop"), "a.png")
