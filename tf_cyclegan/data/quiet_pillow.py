"""Process-wide Pillow settings: no warnings about damaged pictures, higher size limits."""

import ctypes
import functools
import logging
import re
import warnings

from PIL import Image, PngImagePlugin, _imaging

_WARNINGS = ("ignore", None, Warning, re.compile(r"PIL\."), 0)

# For an ICC profile or a text in a PNG file. JPEG files, too, hold profiles of up to 16 MB.
_MAX_PNG_CHUNK_BYTES = 2**24


def configure(max_pixels: int) -> None:
    """Silences Pillow and raises its size limits, to `max_pixels` and for PNG metadata to 16 MB.

    Never lowers them. Call it before opening each picture: other code may have reset the warning
    filters.
    """
    if Image.MAX_IMAGE_PIXELS is not None and max_pixels > Image.MAX_IMAGE_PIXELS:
        Image.MAX_IMAGE_PIXELS = max_pixels
    PngImagePlugin.MAX_TEXT_CHUNK = max(PngImagePlugin.MAX_TEXT_CHUNK, _MAX_PNG_CHUNK_BYTES)
    # catch_warnings is not thread-safe.
    if _WARNINGS not in warnings.filters:
        warnings.filterwarnings("ignore", module=_WARNINGS[3].pattern)
    _silence_logs()


@functools.cache
def _silence_logs() -> None:
    logging.getLogger("PIL").setLevel(logging.CRITICAL)
    # libtiff, bundled with Pillow, writes to standard error itself.
    try:
        set_handler = ctypes.CDLL(_imaging.__file__).TIFFSetErrorHandler
    except (AttributeError, OSError):
        return  # Another build of Pillow: it works, but libtiff's messages remain.
    set_handler.argtypes, set_handler.restype = [ctypes.c_void_p], ctypes.c_void_p
    set_handler(None)
