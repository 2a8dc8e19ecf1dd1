"""Decoding to 8 bits a sample, and which sample values are black and white."""

import numpy as np
from PIL import Image, ImageFile, TiffImagePlugin

# The step between the grey levels of PNG files with less than 8 bits, by Pillow's raw mode.
_STEPS = {"L;2": 85, "L;4": 17}

# libtiff gives compressed samples in the machine's byte order. Pillow takes them for the file's.
_NATIVE_ORDER = {"I;16BS": "I;16NS", "I;32BS": "I;32NS", "F;32BF": "F;32NF"}


def decode(picture: ImageFile.ImageFile) -> Image.Image:
    """Decodes the pixels of an opened picture to 8 bits a sample.

    Black is 0, and values outside of black and white are clipped. White is:

    - unsigned integers of up to 16 bits: the largest value of the type;
    - signed and 32-bit integers: the smallest of 255, 65535 and the largest value of the type that
      no value exceeds, because programs keep 8 and 16 bits in them;
    - floats: 1, as in image editors. Where most values above 0 exceed 1, it is 255, or 65535 for
      whole numbers, if no finite value exceeds that.

    Returns:
      the picture itself, of any mode but I, I;16, F and La; instead of these one of mode L or LA.
      `info` is kept, and `transparency` in it is in 8 bits or has become alpha.

    Raises:
      ValueError: negative integers; floats of which more than a tenth are negative, or whose white
        is unknown; grey and alpha in separate planes.
    """
    if picture.format == "PNG":
        # Loading forgets it.
        raw_mode = picture.tile[0].args if picture.tile else None
        picture.load()
        return _from_png(picture, raw_mode)
    if isinstance(picture, TiffImagePlugin.TiffImageFile):
        separate = picture.tag_v2.get(TiffImagePlugin.PLANAR_CONFIGURATION) == 2
        if separate and picture.mode in ("LA", "La", "PA"):
            # Pillow mistakes the plane of alpha, and all is clear.
            raise ValueError("its alpha is in a separate plane")
        _mend_byte_order(picture)
        picture.load()
        return _from_tiff(picture)
    picture.load()
    return picture


def _from_png(picture: ImageFile.ImageFile, raw_mode: object) -> Image.Image:
    # Pillow leaves this colour in the file's bits.
    clear = picture.info.get("transparency")
    if picture.mode == "I;16":
        values = np.asarray(picture)
        return _replace(picture, values >> 8, None if clear is None else values != clear)
    if raw_mode == "RGB;16B" and clear is not None:
        # Pillow drops the lower bytes of the pixels.
        picture.info["transparency"] = tuple(value >> 8 for value in clear)
    elif raw_mode in _STEPS and clear is not None:
        picture.info["transparency"] = clear * _STEPS[raw_mode]
    return picture


def _mend_byte_order(picture: TiffImagePlugin.TiffImageFile) -> None:
    for i, tile in enumerate(picture.tile):
        if tile.codec_name == "libtiff" and isinstance(tile.args, tuple):
            raw_mode, *others = tile.args
            args = (_NATIVE_ORDER.get(raw_mode, raw_mode), *others)
            picture.tile[i] = tile._replace(args=args)


def _from_tiff(picture: TiffImagePlugin.TiffImageFile) -> Image.Image:
    if picture.mode == "La":
        return picture.convert("LA")
    signed = 2 in picture.tag_v2.get(TiffImagePlugin.SAMPLEFORMAT, ())
    deep = picture.mode[0] in "IF"
    if not (deep or (signed and picture.mode == "L")):
        return picture
    values = np.asarray(picture)
    bits = picture.tag_v2[TiffImagePlugin.BITSPERSAMPLE][0]
    if picture.mode == "F":
        levels = _from_floats(values)
    elif signed or bits == 32:
        levels = _from_integers(values, bits, signed)
    else:
        levels = values >> (bits - 8)
    # Pillow ignores WhiteIsZero in these modes.
    if deep and picture.tag_v2.get(TiffImagePlugin.PHOTOMETRIC_INTERPRETATION) == 0:
        levels = 255 - levels
    return _replace(picture, levels)


def _from_integers(values: np.ndarray, bits: int, signed: bool) -> np.ndarray:
    if values.dtype == np.uint8:
        values = values.view(np.int8)
    elif not signed:  # Pillow has 32 bits in its signed mode.
        values = values.view(np.uint32)
    if (lowest := values.min()) < 0:
        raise ValueError(f"its values go down to {lowest}, and black is 0")
    whites = sorted({2**8 - 1, 2**16 - 1, 2 ** (bits - signed) - 1})
    highest = values.max()
    return _scale(values, next(white for white in whites if highest <= white))


def _from_floats(values: np.ndarray) -> np.ndarray:
    # Infinite values are clipped.
    values = np.nan_to_num(values, nan=0, posinf=np.inf, neginf=-np.inf)
    highest = values.max(initial=0, where=np.isfinite(values))
    if 2 * np.count_nonzero(values > 1) <= np.count_nonzero(values > 0):
        white = 1
    elif highest <= 2**8 - 1:
        white = 2**8 - 1
    elif highest <= 2**16 - 1 and np.array_equal(values, np.rint(values)):
        white = 2**16 - 1
    else:
        raise ValueError(
            f"its float values, up to {highest:g}, do not tell which one is white; scale them "
            f"to 0 for black and 1 for white"
        )
    # Less than a level below 0 is rounding.
    if 10 * np.count_nonzero(values < -white / 255) > values.size:
        raise ValueError(
            f"more than a tenth of its float values are negative, down to {values.min():g}, and "
            f"black is 0"
        )
    return _scale(values, white)


def _scale(values: np.ndarray, white: int) -> np.ndarray:
    return np.rint(np.clip(values / white, 0, 1) * 255)


def _replace(
    picture: Image.Image, levels: np.ndarray, opaque: np.ndarray | None = None
) -> Image.Image:
    levels = levels.astype(np.uint8)
    if opaque is not None:
        levels = np.stack([levels, np.where(opaque, 255, 0).astype(np.uint8)], axis=-1)
    replacement = Image.fromarray(levels)
    replacement.info = {k: v for k, v in picture.info.items() if k != "transparency"}
    return replacement
