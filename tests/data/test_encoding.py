import io
import os

import numpy as np
import pytest
from PIL import Image, ImageSequence

from helpers.pictures import make_picture
from helpers.strange_files import icc_profile
from tf_cyclegan.data import encoding, images
from tf_cyclegan.system.errors import UserError

PICTURE = make_picture(0)
ALPHA = np.asarray(Image.linear_gradient("L").resize((48, 40)))
P3_PROFILE = icc_profile()
LOSSLESS = (".png", ".tif", ".tiff")


def opened(data):
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("suffix", encoding.FORMATS)
def test_each_format_holds_the_picture(suffix):
    data = encoding.encode(PICTURE, suffix)
    assert opened(data).format == encoding.FORMATS[suffix]
    found = images.decode(data, "a").astype(int)
    tolerance = {".gif": 20}.get(suffix, 0 if suffix in LOSSLESS else 4)
    assert np.abs(found - PICTURE).mean() <= tolerance


@pytest.mark.parametrize("suffix", encoding.FORMATS)
def test_grey_stays_grey(suffix):
    grey = PICTURE[..., :1]
    picture = opened(encoding.encode(grey, suffix))
    if suffix not in (".webp", ".gif"):  # WebP has no grey, and GIF palettes.
        assert picture.mode == "L"
    np.testing.assert_allclose(picture.convert("RGB"), np.repeat(grey, 3, 2), atol=10)


@pytest.mark.parametrize("picture", [PICTURE, PICTURE[..., :1]], ids=["colour", "grey"])
@pytest.mark.parametrize("suffix", [".png", ".webp", ".tif"])
def test_alpha_is_kept(suffix, picture):
    found = images.decode_whole(encoding.encode(picture, suffix, ALPHA), "a")
    np.testing.assert_array_equal(found.alpha, ALPHA)


@pytest.mark.parametrize(("picture", "mode"), [(PICTURE, "RGB"), (PICTURE[..., :1], "L")])
def test_jpeg_is_on_white(picture, mode):
    data = encoding.encode(picture, ".jpg", np.zeros_like(ALPHA))
    assert opened(data).mode == mode
    np.testing.assert_allclose(np.asarray(opened(data)), 255, atol=1)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif"])
def test_a_colour_profile_is_kept_and_so_are_the_colours(suffix):
    data = encoding.encode(PICTURE, suffix, profile=P3_PROFILE)
    with opened(data) as picture:
        assert picture.info["icc_profile"] == P3_PROFILE
        assert np.abs(np.asarray(picture).astype(int) - PICTURE).max() > 8, "other numbers"
    assert np.abs(images.decode(data, "a").astype(int) - PICTURE).mean() < 4


@pytest.mark.parametrize("profile", [b"", b"no profile"])
def test_a_broken_profile_is_left_out(profile):
    data = encoding.encode(PICTURE, profile=profile)
    assert "icc_profile" not in opened(data).info
    np.testing.assert_array_equal(images.decode(data, "a"), PICTURE)
    assert "icc_profile" not in opened(encoding.encode(PICTURE[..., :1], profile=P3_PROFILE)).info


@pytest.mark.parametrize(("suffix", "longest"), [(".webp", 16_383), (".jpg", 65_500)])
def test_a_side_too_long_for_the_format_is_told(suffix, longest):
    assert encoding.encode(np.zeros((2, longest, 3), np.uint8), suffix)
    with pytest.raises(UserError, match=f"2 ?x?{longest + 1}|up to {longest} a side; choose"):
        encoding.encode(np.zeros((longest + 1, 2, 3), np.uint8), suffix)


def frames(count=5, channels=3, alpha=None):
    return [(make_picture(i)[..., :channels], alpha) for i in range(count)]


@pytest.mark.parametrize("suffix", [".gif", ".webp"])
@pytest.mark.parametrize("loop", [0, 3])
def test_animations(suffix, loop):
    durations = [40, 100, 200, 50, 1000]
    data = encoding.encode_animation(iter(frames()), durations, suffix, loop)
    with opened(data) as picture:
        assert (picture.n_frames, picture.info["loop"]) == (5, loop)
        seen = []
        for frame, (expected, _) in zip(ImageSequence.Iterator(picture), frames(), strict=True):
            pixels = np.asarray(frame.convert("RGB")).astype(int)
            seen.append(frame.info["duration"])
            assert np.abs(pixels - expected).mean() < 20
    assert seen == durations


@pytest.mark.parametrize("suffix", [".gif", ".webp"])
def test_animations_that_are_grey_or_transparent(suffix):
    alpha = np.where(ALPHA > 127, 255, 0).astype(np.uint8)
    for channels in (1, 3):
        made = encoding.encode_animation(iter(frames(3, channels, alpha)), [50] * 3, suffix)
        with opened(made) as picture:
            assert picture.n_frames == 3
            picture.seek(1)
            np.testing.assert_allclose(picture.convert("RGBA").getchannel("A"), alpha, atol=1)


def test_a_gif_that_does_not_loop():
    made = encoding.encode_animation(frames(), [50] * 5, ".gif", None)
    assert "loop" not in opened(made).info


def test_frames_are_taken_one_by_one():
    waiting = 0

    def made():
        nonlocal waiting
        for i in range(20):
            waiting += 1
            yield make_picture(i), None

    data = encoding.encode_animation(made(), [50] * 20, ".gif")
    assert (waiting, opened(data).n_frames) == (20, 20)


@pytest.mark.parametrize("suffix", encoding.FORMATS)
def test_files_know_who_wrote_them(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(encoding.encode(PICTURE, suffix))
    assert encoding.is_own(path)
    if suffix in (".gif", ".webp"):
        path.write_bytes(encoding.encode_animation(frames(), [50] * 5, suffix))
        assert encoding.is_own(path)
    Image.fromarray(PICTURE).save(path)
    assert not encoding.is_own(path)


def test_other_things_are_not_own(tmp_path):
    (tmp_path / "text.png").write_text("tf_cyclegan")
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "link.png").symlink_to("link.png")
    (tmp_path / "folder.png").mkdir()
    assert not any(encoding.is_own(path) for path in [*tmp_path.iterdir(), tmp_path / "gone.png"])
