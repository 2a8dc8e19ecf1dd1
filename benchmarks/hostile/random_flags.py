"""Random combinations of flags of each command."""

import functools
import os
import random
import re
import resource
import shlex
import shutil
import signal
import threading
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from benchmarks.hostile import commands, flag_values, outcomes, runs
from benchmarks.hostile.trials import FaultError, Trial

TITLE = "random combinations of flags"

_TRIALS, _COMBINATIONS = 30, 10
# Seconds after which SIGTERM comes: training may be valid and endless, other commands may not.
_PATIENCE, _PATIENCE_OF_TRAINING = 300.0, 60.0
# Bytes of a process; what needs more must say so.
_MEMORY = 6 * 2**30
# Without them others have no use, and are refused.
_LEVERS = ("--ema=0.9", "--gradient_penalty=1", "--pool_size=5", "--augment=color")


def trials() -> Iterable[Trial]:
    """Batches, each in a folder of its own."""
    for number in range(_TRIALS):
        for command in flag_values.FLAGS:
            yield Trial(f"{command} {number}", functools.partial(_batch, command, number))


def _batch(command: str, number: int, scratch: Path) -> str:
    statuses, faults = [], []
    for i in range(_COMBINATIONS):
        rng = random.Random(f"{command} {number} {i}")
        folder = scratch / f"{i}"
        try:
            drawn = flag_values.draw(command, rng)
            statuses.append(_combination(command, _first(command, number), drawn, folder))
            shutil.rmtree(folder)
        except FaultError as error:
            faults.append(str(error).encode("utf-8", "backslashreplace").decode())
    if faults:
        raise FaultError("\n".join(faults))
    return f"statuses {' '.join(map(str, statuses))}"


def _combination(command: str, first: list[str], drawn: list[str], folder: Path) -> int:
    shutil.copytree(_template(), folder)
    environment = _environment() | {"TMPDIR": str(folder / "tmp")}
    os.mkfifo(folder / "pipe")
    arguments, script = [*first, *drawn], f"{command.partition('_files')[0]}.py"
    before, home = _listing(folder), _listing(runs.home())
    began = time.monotonic()
    process = commands.start(
        script,
        arguments,
        folder,
        environment,
        prepare=functools.partial(resource.setrlimit, resource.RLIMIT_DATA, (_MEMORY, _MEMORY)),
    )
    patience = _PATIENCE_OF_TRAINING if command == "train" else _PATIENCE
    timer = threading.Timer(patience, process.terminate)
    timer.start()
    ended = commands.end(process, began)
    timer.cancel()
    try:
        commands.check(ended, 0, 1, 128 + signal.SIGTERM)
        new = {path for path, kept in _listing(folder).items() if before.get(path) != kept}
        if _listing(runs.home()) != home:
            raise FaultError("changed the data")
        if not (folder / "pipe").is_fifo():
            raise FaultError("replaced a pipe by a file")
        # One whose training diverges, or that cannot read one of many files, has begun well.
        begun = "\nTraining on " in ended.err or "files could not be translated" in ended.err
        if ended.status == 1 and new and not begun:
            raise FaultError(f"status 1 left {sorted(new)[:3]}")
        if ended.status == 0:
            outcomes.CHECKS[command](folder, drawn, ended.out)
        elif ended.status != 1 and not re.search("after step .* is saved", ended.out):
            raise FaultError(f"nothing was done in {patience:g} seconds")
    except FaultError as error:
        raise FaultError(f"{error}: {script} {shlex.join(arguments)}") from None
    return ended.status


@functools.cache
def _environment() -> dict[str, str]:
    """A home with the caches that Keras and matplotlib make there, and no network."""
    # No proxy answers there.
    proxies = {f"{scheme}_proxy": "http://127.0.0.1:9" for scheme in ("http", "https")}
    environment = proxies | {"HOME": str(runs.home() / "user")}
    commands.run("generate.py", ["--workdir=nothere"], runs.home(), environment=environment)
    return environment


def _first(command: str, number: int) -> list[str]:
    """What the flags drawn win over; in every other batch with what some of them need."""
    tiny = [f"--dataset={runs.home() / 'photos'}", *runs.TINY]
    train = ["--workdir=new", *tiny, "--epochs=3", "--max_steps=2"]
    return {
        "train": [*train, *(_LEVERS if number % 2 else ())],
        "generate": ["--workdir=run"],
        "generate_files": ["photos/testB", "--workdir=run"],
        "export": ["--workdir=run", "--direction=AtoB"],
        "evaluate": ["--workdir=run", "--noinception"],
        "import_weights": ["--from=net.safetensors", "--workdir=new"],
    }[command]


@functools.cache
def _template() -> Path:
    """What lies in each folder, beside a pipe."""
    folder = runs.home() / "template"
    for name in ("empty", "tmp"):
        (folder / name).mkdir(parents=True)
    (folder / "file.txt").write_text("A file that is no picture, no folder, no list of flags.\n")
    photos = shutil.copytree(runs.home() / "photos", folder / "photos")
    shutil.make_archive(str(photos), "zip", photos)
    shutil.copytree(runs.whole(max_steps=3).workdir, folder / "run")
    averaged = [*runs.flags("averaged"), "--max_steps=3", "--ema=0.9"]
    commands.check(commands.run("train.py", averaged, folder), 0)
    save_file(_generator(), folder / "net.safetensors")
    return folder


def _generator() -> dict[str, np.ndarray]:
    """The state dict of a paper's generator, with 6 blocks and 2 filters."""
    shapes = {"1": (2, 3, 7, 7), "4": (4, 2, 3, 3), "7": (8, 4, 3, 3)}
    shapes |= {f"{10 + i}.conv_block.{j}": (8, 8, 3, 3) for i in range(6) for j in (1, 5)}
    shapes |= {"16": (8, 4, 3, 3), "19": (4, 2, 3, 3), "23": (3, 2, 7, 7)}
    weights = {f"model.{name}.weight": np.full(s, 0.1, np.float32) for name, s in shapes.items()}
    biases = {"16": 4, "19": 2}
    return weights | {
        f"model.{name}.bias": np.zeros(biases.get(name, shape[0]), np.float32)
        for name, shape in shapes.items()
    }


def _listing(folder: Path) -> dict[str, tuple[int, ...]]:
    """Files and folders, with size and time for files, but for what may always be written."""
    found: dict[str, tuple[int, ...]] = {}
    for path in folder.rglob("*"):
        status = path.lstat()
        kept = () if path.is_dir() else (status.st_size, status.st_mtime_ns)
        # A lock stays, mini_horse2zebra's drawings lie in the home, and tensorflow-datasets leaves
        # an empty folder of a temporary name where it asks for what a set is.
        kept_anyway = path.name == ".lock" or path.name.endswith("tfds")
        if not kept_anyway and "tensorflow_datasets" not in path.parts:
            found[str(path.relative_to(folder))] = kept
    return found
