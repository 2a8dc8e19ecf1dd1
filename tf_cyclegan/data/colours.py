"""Colour conversion of every Pillow mode to 8-bit sRGB."""

import io

import numpy as np
from PIL import Image, ImageCms

_PHOTOMETRIC = 262  # TIFF tag
_GREY_MODES = ("1", "L", "LA", "La")
# ICC colour space -> Pillow mode
_PROFILE_MODES = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK"}


def to_srgb(picture: Image.Image) -> Image.Image:
    """Converts a decoded picture of any Pillow mode to sRGB in mode RGB.

    16-bit values keep their upper byte. Float and 32-bit files do not define white: it is the
    smallest of 1 (floats only), 255, 65535 and 2**32 - 1 that no value exceeds. Applies the ICC
    profile, unless it is broken or made for another mode. Composites transparency on white.

    Raises:
      ValueError: Pillow cannot convert the mode.
    """
    profile = picture.info.get("icc_profile")
    if picture.mode[0] in "IF":
        values = _to_8_bits(np.asarray(picture))
        # Pillow ignores WhiteIsZero in these modes.
        white_is_zero = getattr(picture, "tag_v2", {}).get(_PHOTOMETRIC) == 0
        picture = Image.fromarray(255 - values if white_is_zero else values)
    alpha = None
    if picture.has_transparency_data:
        grey = picture.mode in _GREY_MODES
        picture = picture.convert("RGBA")
        alpha = picture.getchannel("A")
        picture = picture.convert("L" if grey else "RGB")
    picture = _to_rgb(picture) if profile is None else _apply_profile(picture, profile)
    if alpha is not None:
        picture.putalpha(alpha)
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    return _to_rgb(picture)


def _to_8_bits(values: np.ndarray) -> np.ndarray:
    if values.dtype.itemsize == 2:
        return (values >> 8).astype(np.uint8)
    whites = [2**8 - 1, 2**16 - 1, 2**32 - 1]
    if values.dtype.kind == "i":
        # Pillow reads unsigned 32-bit values into its signed mode.
        values = values.view(np.uint32)
    else:
        values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
        whites = [1, *whites]
    maximum = values.max()
    white = next((white for white in whites if maximum <= white), maximum)
    return np.rint(np.clip(values / white, 0, 1) * 255).astype(np.uint8)


def _to_rgb(picture: Image.Image) -> Image.Image:
    if picture.mode == "RGB":  # convert would copy it.
        return picture
    if picture.mode == "LAB":
        lab = ImageCms.createProfile("LAB")
        return _convert_to_srgb(picture, ImageCms.ImageCmsProfile(lab))
    return picture.convert("RGB")


def _apply_profile(picture: Image.Image, data: bytes) -> Image.Image:
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
        mode = _PROFILE_MODES.get(profile.profile.xcolor_space.strip())
        if picture.mode == "CMYK":
            fits = mode == "CMYK"
        else:
            fits = mode == "RGB" or (mode == "L" and picture.mode in _GREY_MODES)
        # Most photographs carry sRGB's own profile, which changes nothing.
        if fits and "sRGB" not in ImageCms.getProfileDescription(profile):
            converted = picture if mode == picture.mode else picture.convert(mode)
            return _convert_to_srgb(converted, profile)
    except (OSError, ValueError, TypeError, ImageCms.PyCMSError):
        pass
    return _to_rgb(picture)


def _convert_to_srgb(picture: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    srgb = ImageCms.createProfile("sRGB")
    converted = ImageCms.profileToProfile(picture, profile, srgb, outputMode="RGB")
    assert converted is not None  # None is for conversion in place.
    return converted
