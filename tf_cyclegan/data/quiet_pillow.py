"""Pillow as a library needs it: silent about what is wrong in pictures, and open to large ones."""

import ctypes
import functools
import logging
import re
import warnings

from PIL import Image, _imaging

_WARNINGS = ("ignore", None, Warning, re.compile(r"PIL\."), 0)


def prepare(most_pixels: int) -> None:
    """Silences Pillow and raises its limit on sizes. To be called before each picture is opened.

    Both hold for the whole process: neither can be had for one thread alone.

    Args:
      most_pixels: pictures of so many pixels can be opened. The limit is never lowered.
    """
    if Image.MAX_IMAGE_PIXELS is not None and most_pixels > Image.MAX_IMAGE_PIXELS:
        Image.MAX_IMAGE_PIXELS = most_pixels
    # Not catch_warnings, which mixes up the filters where several threads use it.
    if _WARNINGS not in warnings.filters:
        warnings.filterwarnings("ignore", module=_WARNINGS[3].pattern)
    _silence_logs()


@functools.cache
def _silence_logs() -> None:
    logging.getLogger("PIL").setLevel(logging.CRITICAL)
    # libtiff, which Pillow brings along, writes to standard error itself.
    try:
        set_handler = ctypes.CDLL(_imaging.__file__).TIFFSetErrorHandler
    except (AttributeError, OSError):
        return  # A Pillow that is built in another way. It works, and is not as silent.
    set_handler.argtypes, set_handler.restype = [ctypes.c_void_p], ctypes.c_void_p
    set_handler(None)
