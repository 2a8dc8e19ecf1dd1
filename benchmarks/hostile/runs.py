"""What is attacked: small pictures, and a run on them that takes seconds."""

import atexit
import functools
import random
import resource
import shutil
import tempfile
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from benchmarks.hostile import commands

# Small networks, and many steps, epochs and files in little time.
TINY = (
    *("--image_size=32", "--filters=2", "--dropout=0.5", "--deterministic"),
    *("--checkpoint_every=3steps", "--max_to_keep=2", "--keep_every=2"),
)


def make_photos(folder: Path, train: int = 20, test: int = 2, size: int = 32) -> Path:
    """A data set of noise in `folder`, the same each time."""
    rng = random.Random(0)
    for part, count in (("trainA", train), ("trainB", train + 2), ("testA", test), ("testB", test)):
        (folder / part).mkdir(parents=True)
        for number in range(count):
            picture = Image.frombytes("RGB", (size, size), rng.randbytes(3 * size * size))
            picture.save(folder / part / f"{number:05}.png")
    return folder


# Steps of an epoch of `flags`, and epochs of a whole run.
STEPS, EPOCHS = 6, 4


class Whole(NamedTuple):
    """A run that nothing disturbed, and the processor time that it took."""

    workdir: Path
    seconds: float


def flags(workdir: str, epochs: int = EPOCHS) -> list[str]:
    """Those of a run on the pictures in `home`."""
    return [f"--dataset={home() / 'photos'}", *TINY, f"--epochs={epochs}", f"--workdir={workdir}"]


@functools.cache
def home() -> Path:
    """A folder with pictures that anybody may read, until this process ends."""
    folder = Path(tempfile.mkdtemp(prefix="hostile_home_"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o755)
    make_photos(folder / "photos", train=STEPS)
    return folder


@functools.cache
def whole(epochs: int = EPOCHS, max_steps: int | None = None) -> Whole:
    """A run of `flags`, made once in this process. Copy it; do not change it."""
    name = f"whole_{epochs}_{max_steps}"
    limit = [f"--max_steps={max_steps}"] if max_steps else []
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    commands.check(commands.run("train.py", [*flags(name, epochs), *limit], home()), 0)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Whole(home() / name, seconds)
