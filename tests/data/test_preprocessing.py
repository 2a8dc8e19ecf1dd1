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
    ("changes", "training", "translation"),
    [
        ({"preprocess": "resize_crop"}, (36, 36), (32, 32)),
        ({"preprocess": "resize"}, (32, 32), (32, 32)),
        ({"preprocess": "crop"}, (50, 91), (48, 88)),
        ({"preprocess": "none"}, (48, 88), (48, 88)),
        ({"preprocess": "none", "unet_levels": 5}, (64, 96), (64, 96)),
        ({"preprocess": "none", "generator": "resnet"}, (48, 92), (48, 92)),
    ],
)
def test_sizes(changes, training, translation):
    settings = config(**changes)
    assert for_training(WIDE, "A", settings, "a.png").shape == (*training, 3)
    batch = for_translation(WIDE, "A", settings)
    assert (batch.shape, batch.dtype) == ((1, *translation, 3), np.float32)


def test_tiny_pictures_are_enlarged_for_the_discriminators():
    batch = for_translation(make_picture(0, 3, 5), "A", config(preprocess="none"))
    assert batch.shape == (1, 32, 32, 3)


def test_values():
    expected = images.resize(WIDE, 32, 32, "bicubic")
    settings = config(preprocess="resize", interpolation="bicubic")
    np.testing.assert_array_equal(for_training(WIDE, "A", settings, "a.png"), expected)
    batch = for_translation(WIDE, "A", settings)
    np.testing.assert_array_equal(images.to_uint8(batch[0]), expected)


def test_grey_domains_get_the_luma():
    settings = config(channels_y=1, identity_weight=0.0, attention_mask=False)
    assert for_translation(WIDE, "A", settings).shape[-1] == 3
    grey = for_training(WIDE, "B", settings, "b.png")
    luma = for_training(WIDE, "A", settings, "a.png") @ [0.299, 0.587, 0.114]
    assert np.abs(grey - luma[..., None]).max() <= 1


def test_a_picture_smaller_than_the_crop_is_an_error():
    with pytest.raises(UserError, match=r"trainA/a\.png: 31x40 pixels are too few to crop"):
        for_training(make_picture(0, 40, 31), "A", config(preprocess="crop"), "a.png")
