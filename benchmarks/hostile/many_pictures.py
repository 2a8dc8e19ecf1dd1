"""Data sets of 50,000 photographs: how soon training and translation begin, in how much memory."""

import functools
import os
import random
import zipfile
from collections.abc import Iterable
from pathlib import Path

from PIL import Image

from benchmarks.hostile import footprints, runs
from benchmarks.hostile.trials import FaultError, Trial

TITLE = "data sets of 50,000 photographs"

# The whole command with one step, on two cores.
_MAX_SECONDS = 60.0
_MAX_BYTES = 2**30
_COUNT, _DIFFERENT, _SIDE = 50_000, 50, 256


def trials() -> Iterable[Trial]:
    """Training and translating, from a folder and from a .zip."""
    for kind in ("folder", "zip"):
        for size in (64, 256):
            yield Trial(f"train {kind} {size}", functools.partial(_train, kind, size))
        yield Trial(f"generate {kind}", functools.partial(_generate, kind))


def _train(kind: str, size: int, scratch: Path) -> str:
    flags = [f"--image_size={size}", "--filters=2", "--max_steps=1", "--workdir=run"]
    return _measure("train.py", [f"--dataset={_data(kind)}", *flags], scratch)


def _generate(kind: str, scratch: Path) -> str:
    run = runs.whole(max_steps=3).workdir
    flags = [f"--workdir={run}", "--split=train", "--limit=4", "--output=made"]
    return _measure("generate.py", [f"--dataset={_data(kind)}", *flags], scratch)


def _measure(script: str, arguments: list[str], scratch: Path) -> str:
    """Seconds and memory of a command.

    Raises:
      FaultError: they are more than the limits.
    """
    ended, found = footprints.watch(script, arguments, scratch)
    most = max(each.resident for each in found)
    note = f"{ended.seconds:.0f} s, {most / 2**20:.0f} MiB, load {os.getloadavg()[0]:.1f}"
    if ended.seconds > _MAX_SECONDS or most > _MAX_BYTES:
        raise FaultError(f"{note}: {ended.command}")
    return note


@functools.cache
def _data(kind: str) -> Path:
    folder = runs.home() / "many"
    if kind == "folder":
        _make(folder)
        return folder
    archive = folder.with_suffix(".zip")
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted(_data("folder").rglob("*.jpg")):
            file.write(path, path.relative_to(folder))
    return archive


def _make(folder: Path) -> None:
    """Half of the pictures in each domain, as links to different ones of about 20 kB."""
    rng, originals = random.Random(0), []
    for number in range(_DIFFERENT):
        coarse = Image.frombytes("RGB", (48, 48), rng.randbytes(3 * 48 * 48))
        folder.mkdir(exist_ok=True)
        originals.append(folder / f"{number}.jpeg")
        coarse.resize((_SIDE, _SIDE), Image.Resampling.BICUBIC).save(originals[-1], quality=85)
    for part, count in (("trainA", _COUNT // 2), ("trainB", _COUNT // 2), ("testA", 4)):
        (folder / part).mkdir()
        for number in range(count):
            os.link(originals[number % _DIFFERENT], folder / part / f"{number:06}.jpg")
