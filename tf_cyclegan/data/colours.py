"""From every way in which picture files hold colours to 8-bit sRGB, as a screen shows them."""

import io

import numpy as np
from PIL import Image, ImageCms

# Where a file does not say what white is: the least of these that no value exceeds. For floats, 1
# comes before them.
_WHITES = (2**8 - 1, 2**16 - 1, 2**32 - 1)
_PHOTOMETRIC = 262
_GREY_MODES = ("1", "L", "LA", "La")
# The colour spaces of ICC profiles that photographs come in, and what Pillow calls them.
_PROFILE_MODES = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK"}


def to_srgb(picture: Image.Image) -> Image.Image:
    """A decoded picture of any of Pillow's modes in mode RGB, the colours being those of sRGB.

    16 bits become 8 by their upper half. Floating-point and 32-bit values have no agreed white: it
    is taken to be 1 (floats only), 255, 65535 or 2**32 - 1, the least that no value exceeds. A
    usable ICC profile is applied; a broken one, or one of another kind of picture, is passed over.
    Transparent parts become white.

    Raises:
      ValueError: the mode is none that can be converted.
    """
    profile = picture.info.get("icc_profile")
    if picture.mode[0] in "IF":
        values = _to_8_bits(np.asarray(picture))
        # Pillow reads these as if black were zero, which a TIFF need not have.
        white_is_zero = getattr(picture, "tag_v2", {}).get(_PHOTOMETRIC) == 0
        picture = Image.fromarray(255 - values if white_is_zero else values)
    alpha = None
    if picture.has_transparency_data:
        grey = picture.mode in _GREY_MODES
        picture = picture.convert("RGBA")
        alpha = picture.getchannel("A")
        picture = picture.convert("L" if grey else "RGB")
    picture = _plain(picture) if profile is None else _through_profile(picture, profile)
    if alpha is not None:
        picture.putalpha(alpha)
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    return _plain(picture)


def _to_8_bits(values: np.ndarray) -> np.ndarray:
    if values.dtype.itemsize == 2:
        return (values >> 8).astype(np.uint8)
    whites: tuple[int, ...] = _WHITES
    if values.dtype.kind == "i":
        # Pillow has no unsigned 32 bits, and reads them into these.
        values = values.view(np.uint32)
    else:
        values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
        whites = (1, *_WHITES)
    most = values.max()
    white = next((white for white in whites if most <= white), most)
    return np.rint(np.clip(values / white, 0, 1) * 255).astype(np.uint8)


def _plain(picture: Image.Image) -> Image.Image:
    # Pillow would copy a picture that is in this mode already.
    if picture.mode == "RGB":
        return picture
    if picture.mode == "LAB":
        lab = ImageCms.createProfile("LAB")
        return _transformed(picture, ImageCms.ImageCmsProfile(lab))
    return picture.convert("RGB")


def _through_profile(picture: Image.Image, data: bytes) -> Image.Image:
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
        mode = _PROFILE_MODES.get(profile.profile.xcolor_space.strip())
        described = ImageCms.getProfileDescription(profile)
    except (OSError, ValueError, TypeError, ImageCms.PyCMSError):
        return _plain(picture)
    if picture.mode == "CMYK":
        fits = mode == "CMYK"
    else:
        fits = mode == "RGB" or (mode == "L" and picture.mode in _GREY_MODES)
    # Most photographs carry sRGB's own profile: their values are taken as they are.
    if not fits or "sRGB" in described:
        return _plain(picture)
    converted = picture if mode == picture.mode else picture.convert(mode)
    try:
        return _transformed(converted, profile)
    except ImageCms.PyCMSError:
        return _plain(picture)


def _transformed(picture: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    srgb = ImageCms.createProfile("sRGB")
    shown = ImageCms.profileToProfile(picture, profile, srgb, outputMode="RGB")
    assert shown is not None  # It is None only where the picture itself is changed.
    return shown
