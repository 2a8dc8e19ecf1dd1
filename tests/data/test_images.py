import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from helpers.pictures import make_picture
from tf_cyclegan.data import images
from tf_cyclegan.system.errors import UserError


def encoded(picture: Image.Image, kind: str, **options) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def test_scaling_to_float_and_back_is_exact_for_every_value():
    values = np.arange(256, dtype=np.uint8)
    floats = images.to_float(values)
    assert floats.dtype == np.float32
    assert (floats[0], floats[255]) == (-1.0, 1.0)
    np.testing.assert_array_equal(images.to_uint8(floats), values)


def test_to_uint8_rounds_and_clips():
    floats = np.array([-1.5, -1.0, 0.0, 0.0039, 1.0, 9.0], np.float32)
    np.testing.assert_array_equal(images.to_uint8(floats), [0, 0, 128, 128, 255, 255])
    # 0.9 * 127.5 + 127.5 = 242.25, and 0.91 gives 243.525, which a cast would make 243.
    np.testing.assert_array_equal(images.to_uint8(np.array([0.9, 0.91])), [242, 244])


@pytest.mark.parametrize("size", [(286, 286), (30, 50), (64, 64)])
def test_nearest_takes_the_pixels_that_tensorflow_takes(size):
    picture = make_picture(0, 256, 200)
    expected = tf.image.resize(picture, size, method="nearest").numpy()
    np.testing.assert_array_equal(images.resize(picture, *size, "nearest"), expected)


def test_bilinear_enlarges_as_tensorflow_does_up_to_rounding():
    picture = make_picture(0, 64, 64)
    expected = tf.image.resize(picture, (72, 72), method="bilinear").numpy()
    error = np.abs(images.resize(picture, 72, 72, "bilinear") - expected)
    assert error.max() <= 1.0


def test_bicubic_averages_when_it_shrinks():
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 255
    shrunk = images.resize(stripes, 16, 16, "bicubic")[:, 2:-2]
    assert np.abs(shrunk.astype(int) - 127).max() <= 2


def test_a_picture_of_the_right_size_is_left_alone():
    picture = make_picture(0, 32, 32)
    assert images.resize(picture, 32, 32, "bicubic") is picture


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF"])
def test_lossless_kinds_come_back_exactly(kind):
    picture = make_picture(1)
    np.testing.assert_array_equal(
        images.decode(encoded(Image.fromarray(picture), kind), "a"), picture
    )


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "GIF"])
def test_lossy_kinds_come_back_nearly(kind):
    picture = make_picture(1)
    decoded = images.decode(encoded(Image.fromarray(picture), kind, quality=95), "a")
    assert decoded.shape == picture.shape
    assert np.abs(decoded.astype(int) - picture).mean() < 8


def test_grey_palette_alpha_and_16_bits_become_rgb():
    grey = np.arange(0, 256, 4, dtype=np.uint8).reshape(8, 8)
    decoded = images.decode(encoded(Image.fromarray(grey), "PNG"), "a")
    np.testing.assert_array_equal(decoded, np.stack([grey] * 3, -1))
    deep = Image.fromarray((grey.astype(np.uint16) << 8) + 77)
    np.testing.assert_array_equal(images.decode(encoded(deep, "PNG"), "a")[..., 0], grey)
    clear = Image.new("RGBA", (4, 4), (10, 20, 30, 0))
    np.testing.assert_array_equal(images.decode(encoded(clear, "PNG"), "a"), 255)
    palette = Image.fromarray(grey).convert("P")
    assert images.decode(encoded(palette, "PNG"), "a").shape == (8, 8, 3)


def test_exif_rotation_is_applied():
    picture = make_picture(2, 20, 30)
    exif = Image.Exif()
    exif[0x0112] = 6  # To be shown rotated by 90 degrees clockwise.
    data = encoded(Image.fromarray(picture), "PNG", exif=exif)
    np.testing.assert_array_equal(images.decode(data, "a"), np.rot90(picture, -1))


def test_bad_bytes_are_refused_by_name():
    whole = encoded(Image.fromarray(make_picture(3)), "JPEG")
    for data in (b"", b"just some text", whole[: len(whole) // 2], whole[:20]):
        with pytest.raises(UserError, match=r"trainA/bad\.jpg"):
            images.decode(data, "trainA/bad.jpg")


def test_contact_sheet_places_pictures_and_leaves_gaps():
    red, blue = (np.full((8, 8, 3), colour, np.uint8) for colour in ((255, 0, 0), (0, 0, 255)))
    sheet = images.contact_sheet([[red, None, blue], [blue, None, None]], ["A", "", "B"], cell=32)
    assert sheet.shape == (20 + 2 * 36, 4 + 36 + 12 + 36, 3)
    np.testing.assert_array_equal(sheet[20 + 16, 4 + 16], [255, 0, 0])
    np.testing.assert_array_equal(sheet[20 + 16, 4 + 36 + 12 + 16], [0, 0, 255])
    np.testing.assert_array_equal(sheet[20 + 36 + 16, 4 + 16], [0, 0, 255])
    np.testing.assert_array_equal(sheet[20 + 36 + 16, 4 + 36 + 12 + 16], [255, 255, 255])


def test_contact_sheet_fits_wide_pictures_whole():
    wide = np.full((10, 40, 3), 7, np.uint8)
    sheet = images.contact_sheet([[wide]], ["A"], cell=40)
    assert (sheet == 7).all(-1).sum() == 400


def test_png_comes_back_exactly(tmp_path):
    picture = make_picture(4)
    path = tmp_path / "new folder" / "picture.png"
    images.write_png(path, picture)
    np.testing.assert_array_equal(images.decode(path.read_bytes(), "a"), picture)
