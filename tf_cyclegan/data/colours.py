"""Colour conversion of every Pillow mode with 8 bits to sRGB."""

import io

from PIL import Image, ImageCms

_GREY_MODES = ("1", "L", "LA")
# ICC colour space -> Pillow mode
_PROFILE_MODES = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK"}


def to_srgb(picture: Image.Image) -> Image.Image:
    """Converts a picture of up to 8 bits a sample (`sample_values.decode`) to sRGB in mode RGB.

    Applies the ICC profile, unless it is broken or made for another mode. Composites transparency
    on white.

    Raises:
      ValueError: Pillow cannot convert the mode.
    """
    profile = picture.info.get("icc_profile")
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


def alpha(picture: Image.Image) -> Image.Image | None:
    """A picture's alpha channel, in mode L; None for one without transparency."""
    if not picture.has_transparency_data:
        return None
    return picture.convert("RGBA").getchannel("A")


def from_srgb(picture: Image.Image, profile: bytes | None) -> tuple[Image.Image, bytes | None]:
    """Converts a picture in sRGB to the colours of an ICC profile.

    Args:
      picture: of mode RGB.
      profile: an ICC profile, such as the one of the picture that it was made from.

    Returns:
      the picture and its profile; in sRGB and without one where the profile is broken, or is not
      made for RGB.
    """
    try:
        target = ImageCms.ImageCmsProfile(io.BytesIO(profile or b""))
        if target.profile.xcolor_space.strip() != "RGB":
            return picture, None
        srgb = ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(picture, srgb, target, outputMode="RGB")
        assert converted is not None  # None is for conversion in place.
        return converted, profile
    except (OSError, ValueError, TypeError, ImageCms.PyCMSError):
        return picture, None


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
