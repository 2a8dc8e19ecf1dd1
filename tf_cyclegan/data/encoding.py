"""Picture files that this package writes, and which ones it wrote."""

import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, PngImagePlugin

from tf_cyclegan.data import colours, images
from tf_cyclegan.system.errors import UserError

# Pillow's format by suffix.
FORMATS = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".gif": "GIF",
}

# Pixels of a side.
_LONGEST = {"JPEG": 65_500, "GIF": 65_535, "WEBP": 16_383}

# In every file, so that no other program's is overwritten.
_SOFTWARE = "tf_cyclegan"
# Quality 95 without chroma subsampling: a translation is the original, nothing better is kept.
_JPEG_OPTIONS = {"quality": 95, "subsampling": 0}


def encode(
    picture: np.ndarray,
    suffix: str = ".png",
    alpha: np.ndarray | None = None,
    profile: bytes | None = None,
) -> bytes:
    """Encodes a picture in sRGB.

    Args:
      picture: uint8 (height, width, 3 or 1).
      suffix: one of `FORMATS`. JPEG and WebP have quality 95; JPEG has transparency on white.
      alpha: uint8 (height, width).
      profile: an ICC profile to convert to and embed (`colours.from_srgb`).

    Raises:
      UserError: a side is too long for the format.
    """
    kind = FORMATS[suffix.lower()]
    image = _to_pillow(picture, kind)
    if profile is not None and image.mode == "RGB":
        image, profile = colours.from_srgb(image, profile)
    else:
        profile = None
    if alpha is not None:
        image.putalpha(Image.fromarray(alpha))
        if kind == "JPEG":
            white = Image.new("RGBA", image.size, "white")
            opaque = Image.alpha_composite(white, image.convert("RGBA"))
            image = opaque.convert(image.mode[:-1])  # L or RGB
    stream = io.BytesIO()
    image.save(stream, kind, icc_profile=profile, **_options(kind))
    return stream.getvalue()


def encode_animation(
    frames: Iterable[tuple[np.ndarray, np.ndarray | None]],
    durations: Sequence[int],
    suffix: str,
    loop: int | None = 0,
) -> bytes:
    """Encodes an animation. Equal frames in a row may become one.

    Args:
      frames: pictures and transparency as for `encode`, of one size. GIF needs 1 byte per pixel of
        all frames, WebP 4.
      durations: of each frame, in milliseconds.
      suffix: .gif or .webp.
      loop: how often it repeats; 0 for endlessly, None for a GIF that does not.

    Raises:
      UserError: a side is too long for the format.
    """
    kind = FORMATS[suffix.lower()]
    pictures = (_with_alpha(_to_pillow(picture, kind), alpha) for picture, alpha in frames)
    options = _options(kind) | ({} if loop is None else {"loop": loop})
    if kind == "WEBP":
        # All frames are whole ones: as differences they may lose their transparency.
        options |= {"kmin": 0, "kmax": 1}
    first = next(pictures)
    stream = io.BytesIO()
    first.save(
        stream,
        kind,
        save_all=True,
        append_images=pictures,
        duration=list(durations),
        **options,
    )
    return stream.getvalue()


def is_own(path: Path) -> bool:
    """Whether `encode` or `encode_animation` wrote a file."""
    if not path.is_file():  # Opening a pipe may block forever.
        return False
    try:
        with Image.open(path, formats=sorted(set(FORMATS.values()))) as picture:
            if picture.format == "PNG":
                return picture.info.get("Software") == _SOFTWARE
            if picture.format == "GIF":
                return picture.info.get("comment") == _SOFTWARE.encode()
            return picture.getexif().get(ExifTags.Base.Software) == _SOFTWARE
    except Exception:  # Pillow raises almost anything for what is no picture.
        return False


def _to_pillow(picture: np.ndarray, kind: str) -> Image.Image:
    if max(picture.shape) > (longest := _LONGEST.get(kind, max(picture.shape))):
        raise UserError(
            f"{picture.shape[1]}x{picture.shape[0]} pixels are too many for {kind}, which has "
            f"up to {longest} a side; choose format=png"
        )
    return images.to_pillow(picture)


def _with_alpha(image: Image.Image, alpha: np.ndarray | None) -> Image.Image:
    if alpha is not None:
        image = image.convert("RGB")  # Pillow writes no GIF with grey and alpha.
        image.putalpha(Image.fromarray(alpha))
    return image


def _options(kind: str) -> dict[str, object]:
    if kind == "PNG":
        origin = PngImagePlugin.PngInfo()
        origin.add_text("Software", _SOFTWARE)
        return {"pnginfo": origin}
    if kind == "GIF":
        return {"comment": _SOFTWARE.encode()}
    exif = Image.Exif()
    exif[ExifTags.Base.Software] = _SOFTWARE
    if kind == "JPEG":
        return {"exif": exif, **_JPEG_OPTIONS}
    return {"exif": exif, "quality": 95} if kind == "WEBP" else {"tiffinfo": {305: _SOFTWARE}}
