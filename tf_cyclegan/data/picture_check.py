"""Decoding every picture before it is needed, so that bad ones are found early."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from tf_cyclegan.data.pictures import Pictures
from tf_cyclegan.system import cores
from tf_cyclegan.system.errors import UserError


def keep_usable(
    splits: Mapping[str, Pictures], skip: bool, say: Callable[[str], None]
) -> dict[str, Pictures]:
    """Reads all pictures, in threads, and returns the usable ones.

    Args:
      splits: pictures by split.
      skip: go on without unusable pictures.
      say: called with a line for each unusable picture, and with a summary.

    Raises:
      UserError: pictures are unusable, and `skip` is False or a split has no other pictures.
    """
    usable: dict[str, Pictures] = {}
    problems: list[str] = []
    unusable_splits = []
    with ThreadPoolExecutor(cores.reading_threads()) as pool:
        for split, pictures in splits.items():
            found = pool.map(partial(_problem, pictures), range(len(pictures)))
            bad = {i: problem for i, problem in enumerate(found) if problem is not None}
            problems += bad.values()
            if bad and len(bad) == len(pictures):
                unusable_splits.append(split)
            usable[split] = pictures.without(bad.keys())
    if not problems:
        return usable
    if not skip and len(problems) == 1:
        raise UserError(f"{problems[0]}, or go on without it: skip_unreadable=True")
    for problem in problems:
        say(problem)
    summary = f"{len(problems)} of {sum(map(len, splits.values()))} pictures"
    if not skip:
        raise UserError(
            f"{summary} cannot be used (listed above); remove them, or go on without them: "
            f"skip_unreadable=True"
        )
    if unusable_splits:
        raise UserError(
            f"{', '.join(unusable_splits)}: none of the pictures can be used (listed above); "
            f"replace them"
        )
    say(f"Going on without {summary}, which cannot be used (listed above)")
    return usable


def _problem(pictures: Pictures, index: int) -> str | None:
    try:
        pictures.read(index)
    except UserError as error:
        return str(error)
    return None
