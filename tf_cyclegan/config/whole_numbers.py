"""Whole numbers in what people type and in names of other programs."""

import re

# More digits than this are no size, step or epoch, and Python refuses to read thousands of them.
_TEXT = re.compile(r"[0-9]{1,18}")


def parse(text: str) -> int | None:
    """The number that 1 to 18 of the digits 0 to 9 write; None for any other text."""
    return int(text) if _TEXT.fullmatch(text) else None
