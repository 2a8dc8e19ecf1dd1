import numpy as np
import pytest
import tensorflow as tf

from helpers.pictures import make_picture
from tf_cyclegan.data import encoding, images
from tf_cyclegan.system.files import write_file


def test_scaling_to_float_and_back_is_exact():
    values = np.arange(256, dtype=np.uint8)
    floats = images.to_float(values)
    assert floats.dtype == np.float32
    assert (floats[0], floats[255]) == (-1.0, 1.0)
    np.testing.assert_array_equal(images.to_uint8(floats), values)


def test_to_uint8_rounds_and_clips():
    # 0.9 scales to 242.25, 0.91 to 243.525.
    floats = np.array([-1.5, -1.0, 0.0, 0.0039, 0.9, 0.91, 1.0, 9.0])
    expected = [0, 0, 128, 128, 242, 244, 255, 255]
    np.testing.assert_array_equal(images.to_uint8(floats), expected)


@pytest.mark.parametrize("size", [(286, 286), (30, 50), (64, 64)])
def test_nearest_matches_tensorflow(size):
    picture = make_picture(0, 256, 200)
    expected = tf.image.resize(picture, size, method="nearest").numpy()
    np.testing.assert_array_equal(images.resize(picture, *size, "nearest"), expected)


def test_bilinear_upsampling_matches_tensorflow():
    picture = make_picture(0, 64, 64)
    expected = tf.image.resize(picture, (72, 72), method="bilinear").numpy()
    error = np.abs(images.resize(picture, 72, 72, "bilinear") - expected)
    assert error.max() <= 1.0


def test_bicubic_downsampling_is_antialiased():
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 255
    shrunk = images.resize(stripes, 16, 16, "bicubic")[:, 2:-2]
    assert np.abs(shrunk.astype(int) - 127).max() <= 2


def test_resize_to_the_same_size_returns_the_picture():
    picture = make_picture(0, 32, 32)
    assert images.resize(picture, 32, 32, "bicubic") is picture


def test_contact_sheet_places_pictures_and_leaves_gaps():
    red, blue = (np.full((8, 8, 3), colour, np.uint8) for colour in ((255, 0, 0), (0, 0, 255)))
    sheet = images.contact_sheet([[red, None, blue], [blue, None, None]], ["A", "", "B"], cell=32)
    assert sheet.shape == (20 + 2 * 36, 4 + 36 + 12 + 36, 3)
    rows, columns = [20 + 16, 20 + 36 + 16], [4 + 16, 4 + 36 + 12 + 16]
    expected = [[(255, 0, 0), (0, 0, 255)], [(0, 0, 255), (255, 255, 255)]]
    np.testing.assert_array_equal(sheet[np.ix_(rows, columns)], expected)


def test_contact_sheet_fits_wide_pictures():
    wide = np.full((10, 40, 3), 7, np.uint8)
    sheet = images.contact_sheet([[wide]], ["A"], cell=40)
    assert (sheet == 7).all(-1).sum() == 400


def test_png_is_lossless_and_its_folder_is_created(tmp_path):
    picture = make_picture(4)
    path = tmp_path / "new folder" / "picture.png"
    write_file(path, encoding.encode(picture))
    np.testing.assert_array_equal(images.decode(path.read_bytes(), "a"), picture)
