"""Orientation of a picture: EXIF's, or XMP's where EXIF has none."""

import re

from PIL import ExifTags, Image, ImageFile

_TRANSPOSES = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# An attribute or an element. Pillow's own search misses apostrophes, which ExifTool writes, and in
# version 11.1 the XMP data of all formats but PNG.
_IN_XMP = re.compile(rb"""tiff:Orientation\s*(?:=\s*["']|>)\s*([1-8])\s*["'<]""")


def is_applied_by_load(picture: ImageFile.ImageFile) -> bool:
    """Whether Pillow applies an opened picture's orientation when it loads the pixels.

    It does in TIFF files, and deletes it from the EXIF data. False without XMP data, which alone
    could apply it again.
    """
    return picture.format == "TIFF" and "xmp" in picture.info and _from_exif(picture) is not None


def apply(picture: Image.Image, original: ImageFile.ImageFile) -> Image.Image:
    """Transposes a picture as the metadata of the loaded original says. Ignores broken metadata."""
    orientation = _from_exif(original) or _from_xmp(original) or 1
    method = _TRANSPOSES.get(orientation)
    return picture if method is None else picture.transpose(method)


def _from_exif(picture: ImageFile.ImageFile) -> int | None:
    try:
        return picture.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # Damaged EXIF data makes Pillow raise almost anything.
        return None


def _from_xmp(picture: ImageFile.ImageFile) -> int | None:
    data = picture.info.get("xmp") or picture.info.get("XML:com.adobe.xmp")
    if isinstance(data, str):
        data = data.encode()
    found = _IN_XMP.search(data) if isinstance(data, bytes) else None
    return int(found[1]) if found else None
