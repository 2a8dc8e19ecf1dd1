"""Which pictures of two domains show the same, in the test sets that come in pairs."""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from tf_cyclegan.system.errors import UserError


def pair(names_a: Sequence[str], names_b: Sequence[str]) -> tuple[list[int], str]:
    """The number of the picture of B that belongs to each of A, and "name" or "order".

    Names agree where they do so without their endings and without `_A` and `_B` before these,
    which the paper's authors have in theirs (1_A.jpg, 1_B.jpg). Where they do not all agree, the
    pictures are pairs in the order of their names.

    Raises:
      UserError: names do not agree, and there are not as many of A as of B.
    """
    keys_a, keys_b = ([_key(name) for name in names] for names in (names_a, names_b))
    places = {key: i for i, key in enumerate(keys_b)}
    if len(places) == len(keys_b) and sorted(keys_a) == sorted(keys_b):
        return [places[key] for key in keys_a], "name"
    if len(names_a) == len(names_b):
        return list(range(len(names_a))), "order"
    alone = min(set(keys_a) ^ set(keys_b), default=keys_a[0])
    raise UserError(
        f"paired=True: {len(names_a)} pictures of A and {len(names_b)} of B are no pairs: {alone} "
        f"is not in both; give both of a pair the same name, or leave it out"
    )


def _key(name: str) -> str:
    return re.sub(r"_[AB]$", "", str(PurePosixPath(name).with_suffix("")))
