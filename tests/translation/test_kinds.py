import numpy as np
import pytest
import tensorflow as tf
from PIL import ExifTags, Image

from helpers.pictures import make_picture
from tf_cyclegan.system.errors import UserError
from tf_cyclegan.translation import kinds

PICTURE = make_picture(0, 6, 8)


def negative(picture):
    assert picture.shape[2] == 3
    return 255 - picture if picture.dtype == np.uint8 else -picture


def grey(picture):
    return negative(picture)[..., :1]


@pytest.mark.parametrize("kind", [str, lambda path: path])
def test_a_path_gives_a_pillow_image(tmp_path, kind):
    path = tmp_path / "a.png"
    Image.fromarray(PICTURE).save(path)
    assert kinds.is_one(kind(path))
    image = kinds.applied(negative, kind(path))
    assert (image.mode, image.size) == ("RGB", (8, 6))
    np.testing.assert_array_equal(image, 255 - PICTURE)
    assert kinds.applied(grey, path).mode == "L"


def test_a_pillow_image_gives_one():
    image = kinds.applied(negative, Image.fromarray(PICTURE))
    np.testing.assert_array_equal(image, 255 - PICTURE)


@pytest.mark.parametrize(("mode", "expected"), [("L", "RGB"), ("P", "RGB"), ("CMYK", "RGB")])
def test_other_modes(mode, expected):
    assert kinds.applied(negative, Image.fromarray(PICTURE).convert(mode)).mode == expected


def test_transparency_is_kept():
    image = Image.fromarray(PICTURE)
    alpha = Image.linear_gradient("L").resize((8, 6))
    image.putalpha(alpha)
    translated = kinds.applied(negative, image)
    assert translated.mode == "RGBA"
    np.testing.assert_array_equal(translated.getchannel("A"), alpha)
    assert kinds.applied(grey, image).mode == "LA"


def test_pictures_are_turned_upright(tmp_path):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    path = tmp_path / "a.png"
    Image.fromarray(PICTURE).save(path, exif=exif)
    upright = np.rot90(255 - PICTURE, -1)
    np.testing.assert_array_equal(kinds.applied(negative, path), upright)
    with Image.open(path) as image:
        np.testing.assert_array_equal(kinds.applied(negative, image), upright)
    assert kinds.applied(negative, path).getexif() == {}


def test_deep_pictures_are_as_in_files(tmp_path):
    deep = np.linspace(0, 65535, 48).reshape(6, 8).astype(np.uint16)
    Image.fromarray(deep).save(tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as image:
        translated = np.asarray(kinds.applied(negative, image))
    assert abs(int(translated[0, 0, 0]) - 255) <= 1
    assert translated[-1, -1, 0] <= 1
    with pytest.raises(UserError, match="a PIL image cannot be used: its mode I;16 does not tell"):
        kinds.applied(negative, Image.fromarray(deep))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_float_arrays_come_back_in_their_type(dtype):
    array = (PICTURE / 255).astype(dtype)
    translated = kinds.applied(negative, array)
    assert translated.dtype == dtype
    np.testing.assert_allclose(translated, 1 - array, atol=1e-3)


@pytest.mark.parametrize("view", [np.asfortranarray, lambda x: x[::-1, ::-1], lambda x: x[::2]])
def test_arrays_in_any_order_stay_as_they_are(view):
    array = view(PICTURE)
    before = array.copy()
    np.testing.assert_array_equal(kinds.applied(negative, array), 255 - before)
    np.testing.assert_array_equal(array, before)
    array.setflags(write=False)
    kinds.applied(negative, array)


def test_shapes():
    one = PICTURE[..., 0]
    assert kinds.applied(negative, one).shape == (6, 8, 3)
    assert kinds.applied(grey, one).shape == (6, 8)
    assert kinds.applied(grey, one[..., None]).shape == (6, 8, 1)
    batch = np.stack([PICTURE, PICTURE[::-1]])
    np.testing.assert_array_equal(kinds.applied(negative, batch), 255 - batch)
    assert kinds.applied(grey, batch[:, :, :, :1]).shape == (2, 6, 8, 1)


def test_a_tensor_gives_an_array():
    tensor = tf.constant(PICTURE)
    assert kinds.is_one(tensor)
    translated = kinds.applied(negative, tensor)
    assert isinstance(translated, np.ndarray)
    np.testing.assert_array_equal(translated, 255 - PICTURE)


class OnAnotherDevice:
    def __array__(self, *_, **__):
        raise TypeError("can't convert cuda:0 device type tensor to numpy")


@pytest.mark.parametrize(
    ("image", "told"),
    [
        (np.zeros((0, 6, 8, 3), np.uint8), r"shape \(0, 6, 8, 3\) is no picture"),
        (np.zeros((6, 8, 4), np.uint8), r"shape \(6, 8, 4\) is no picture; give"),
        (np.zeros((3, 6, 8), np.uint8), "is no picture"),
        (np.zeros(6, np.uint8), "is no picture"),
        (np.float32(1), "is no picture"),
        (np.zeros((6, 8), bool), "an array of bool is no picture"),
        (np.zeros((6, 8), np.int64), "an array of int64 is no picture"),
        (np.full((6, 8), "a"), "is no picture"),
        (np.full((6, 8), 255.0), "from 255 to 255: 0 is black and 1 is white"),
        (np.full((6, 8), -1.0), "0 is black and 1 is white"),
        (np.full((6, 8), np.nan), "from nan to nan"),
        (Image.new("RGB", (0, 5)), "a PIL image of 0x5 pixels is no picture"),
        (OnAnotherDevice(), "OnAnotherDevice is no array: can't convert cuda:0"),
        ("/gone.png", "/gone.png: cannot be read"),
        ("/dev/zero", "/dev/zero: is a link to something other than a file"),
    ],
)
def test_what_is_no_picture_is_told(image, told):
    with pytest.raises(UserError, match=told):
        kinds.applied(negative, image)


def test_lists_are_several():
    assert not any(kinds.is_one(each) for each in ([PICTURE], ("a.png",), iter([]), b"", 3, None))
