"""Disks that are full when a run starts, or soon after; then there is room again."""

import random
import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

from benchmarks.hostile import commands, comparing, mounts, runs
from benchmarks.hostile.trials import FaultError, Trial

TITLE = "disks full from the start, in each phase, or of a sudden"

_SIZES = 30
_PAGE = 4096


def trials() -> Iterable[Trial]:
    """Sizes decide the phase; moments too. Then other scripts, and a disk without inodes."""
    rng = random.Random(0)
    found = []
    for number in range(_SIZES):
        found.append(Trial(f"train, room for {number}/{_SIZES}", partial(_room, number / _SIZES)))
    for moment in range(20, 96, 5):
        found.append(Trial(f"train, full at {moment}% of its time", partial(_moment, moment / 100)))
    for pages in (0, 1, 2, 4, 8, 12, 16):
        for script, arguments in _OTHERS.items():
            name = f"{script}, {pages} pages free"
            found.append(Trial(name, partial(_other, script, arguments, pages)))
    for inodes in (6, 12, 18, 24, 30, 36):
        found.append(Trial(f"train, {inodes} inodes", partial(_inodes, inodes)))
    # In an order of chance: what was done first tells of all.
    rng.shuffle(found)
    return found


_OTHERS = {
    "generate.py": ["--workdir=disk/workdir"],
    "evaluate.py": ["--workdir=disk/workdir", "--noinception", "--json=disk/scores.json"],
}


def _room(part: float, scratch: Path) -> str:
    """Room for a part of what a run writes."""
    room = int(part * _size(runs.whole().workdir)) // _PAGE * _PAGE
    return _train(scratch, "size=8m", lambda disk: mounts.fill(disk, room), mounts.empty)


def _moment(part: float, scratch: Path) -> str:
    """The disk is full at a moment of the run, and stays so."""
    seconds = part * runs.whole().seconds
    return _train(scratch, "size=8m", lambda disk: None, mounts.empty, seconds)


def _inodes(count: int, scratch: Path) -> str:
    """Few files, each of any size."""

    def more(disk: Path) -> None:
        mounts.mount(["-o", "remount,nr_inodes=1000", str(disk)])

    return _train(scratch, f"size=8m,nr_inodes={count}", lambda disk: None, more)


def _train(
    scratch: Path,
    options: str,
    prepare: Callable[[Path], None],
    relieve: Callable[[Path], None],
    fill_after: float | None = None,
) -> str:
    with mounts.tmpfs(scratch / "disk", options) as disk:
        prepare(disk)
        first = _start_and_end(scratch, fill_after)
        pages = shutil.disk_usage(disk).free // _PAGE
        done = comparing.require_intact(disk / "workdir")
        relieve(disk)
        ended = commands.run("train.py", runs.flags("disk/workdir"), scratch)
        (scratch / "second.txt").write_text(ended.out + ended.err, encoding="utf-8")
        commands.check(ended, 0)
        comparing.require_same(disk / "workdir", runs.whole().workdir)
        if first.status == 1 and "free" not in (line := first.err.splitlines()[-1]):
            raise FaultError(f"does not tell what is free: {line}")
    return f"status {first.status} with {pages} pages free, last checkpoint {done}"


def _start_and_end(scratch: Path, fill_after: float | None) -> commands.Ended:
    began = time.monotonic()
    process = commands.start("train.py", runs.flags("disk/workdir"), scratch)
    if fill_after is not None:
        commands.wait(process, fill_after)
        mounts.fill(scratch / "disk")
    ended = commands.end(process, began)
    (scratch / "first.txt").write_text(ended.out + ended.err, encoding="utf-8")
    return commands.check(ended)


def _other(script: str, arguments: Sequence[str], pages: int, scratch: Path) -> str:
    with mounts.tmpfs(scratch / "disk", "size=8m") as disk:
        shutil.copytree(runs.whole().workdir, disk / "workdir")
        before = {p: p.read_bytes() for p in (disk / "workdir").rglob("*") if p.is_file()}
        mounts.fill(disk, pages * _PAGE)
        first = commands.check(commands.run(script, arguments, scratch))
        line = (first.err.splitlines() or [""])[-1]
        if first.status == 1 and "free" not in line and "No space left" not in line:
            raise FaultError(f"does not tell of the disk: {line}")
        if changed := [p for p, content in before.items() if p.read_bytes() != content]:
            raise FaultError(f"changed {changed}")
        mounts.empty(disk)
        commands.check(commands.run(script, arguments, scratch), 0)
        if left := list(disk.rglob("*.partial")):
            raise FaultError(f"left over: {left}")
        made = disk.rglob("workdir/generated/*/*/*.png"), disk.glob("scores.json")
        if not any(map(list, made)):
            raise FaultError("status 0, and nothing was made")
    return f"status {first.status}"


def _size(folder: Path) -> int:
    """Bytes of its files in whole pages."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return sum(-(-path.stat().st_size // _PAGE) * _PAGE for path in files)
