"""Matching the pictures of two domains by name, in test sets that come in pairs."""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from tf_cyclegan.system.errors import UserError


def pair(names_a: Sequence[str], names_b: Sequence[str]) -> tuple[list[int], str]:
    """For each picture of A the index of its pair in B, and "name" or "order".

    Names match without their extensions and without a final `_A` or `_B`, as in the paper's data
    sets (1_A.jpg, 1_B.jpg). Unless all names match, the n-th picture of A belongs to the n-th of B.

    Raises:
      UserError: the names do not match, and the domains differ in size.
    """
    keys_a, keys_b = ([_key(name) for name in names] for names in (names_a, names_b))
    indices = {key: i for i, key in enumerate(keys_b)}
    if len(indices) == len(keys_b) and sorted(keys_a) == sorted(keys_b):
        return [indices[key] for key in keys_a], "name"
    if len(names_a) == len(names_b):
        return list(range(len(names_a))), "order"
    unmatched = min(set(keys_a) ^ set(keys_b), default=keys_a[0])
    raise UserError(
        f"paired=True: {len(names_a)} pictures of A and {len(names_b)} of B are not pairs: "
        f"{unmatched} is not in both; name the pictures of a pair alike, or leave paired out"
    )


def _key(name: str) -> str:
    return re.sub(r"_[AB]$", "", str(PurePosixPath(name).with_suffix("")))
