"""Long runs, many epochs, many restarts: nothing grows that should not."""

import itertools
import os
import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.hostile import commands, comparing, footprints, runs
from benchmarks.hostile.footprints import Footprint
from benchmarks.hostile.trials import FaultError, Trial

TITLE = "3,000 steps, 500 epochs and 24 restarts"

# The most in the last quarter of a run, compared with the most in its second.
_MAX_GROWTH = 1.05
_EPOCHS = 500
_MAX_REPORT_BYTES = 5_000_000
# An epoch near the end, compared with one near the start: the report and history are longer.
_MAX_SLOWER, _MAX_SECONDS_MORE = 2.0, 0.3


def trials() -> Iterable[Trial]:
    """One for each kind of endurance."""
    yield Trial("3000 steps", _steps)
    yield Trial(f"{_EPOCHS} epochs", _epochs)
    yield Trial("24 restarts", _restarts)


def _steps(scratch: Path) -> str:
    runs.make_photos(scratch / "photos", train=300)
    small = ["--image_size=32", "--filters=2", "--batch_size=1", "--checkpoint_every=150steps"]
    arguments = ["--dataset=photos", "--workdir=run", *small, "--epochs=10", "--max_steps=3000"]
    ended, found = footprints.watch("train.py", arguments, scratch)
    return f"{require_steady(found)}, {ended.seconds:.0f} s"


def _epochs(scratch: Path) -> str:
    runs.make_photos(scratch / "photos", train=1)
    small = ["--image_size=32", "--filters=2", f"--epochs={_EPOCHS}"]
    arguments = ["--dataset=photos", "--workdir=run", *small]
    _, found = footprints.watch("train.py", arguments, scratch)
    steady = require_steady(found)
    run = scratch / "run"
    sheets = [run / "samples" / f"epoch_{number:04}.png" for number in range(1, _EPOCHS + 1)]
    if missing := [path.name for path in sheets if not path.is_file()]:
        raise FaultError(f"{len(missing)} sheets are missing, such as {missing[0]}")
    ends = [path.stat().st_mtime for path in sheets]
    lengths = [after - before for before, after in itertools.pairwise(ends)]
    # The median leaves out the epochs at whose end the animations are drawn.
    early, late = statistics.median(lengths[20:70]), statistics.median(lengths[-50:])
    size = (run / "report.html").stat().st_size
    samples = sum(path.stat().st_size for path in (run / "samples").rglob("*") if path.is_file())
    logs = sum(path.stat().st_size for path in (run / "logs").rglob("*") if path.is_file())
    note = (
        f"report {size / 1e6:.1f} MB, samples {samples / 1e6:.1f} MB, logs {logs / 1e6:.1f} MB, "
        f"an epoch {early:.2f} s early and {late:.2f} s late, {steady}"
    )
    if size > _MAX_REPORT_BYTES or late > max(_MAX_SLOWER * early, early + _MAX_SECONDS_MORE):
        raise FaultError(note)
    return note


def _restarts(scratch: Path) -> str:
    """One step for each start, compared with the same steps of one process."""
    whole = runs.whole().workdir
    steps = runs.STEPS * runs.EPOCHS
    seconds = []
    for step in range(1, steps + 1):
        arguments = [*runs.flags("run"), f"--max_steps={step}"]
        ended = commands.check(commands.run("train.py", arguments, scratch), 0)
        seconds.append(ended.seconds)
    comparing.require_same(scratch / "run", whole)
    events = len(list((scratch / "run" / "logs").rglob("events*")))
    return f"{seconds[0]:.1f} s the first, {seconds[-1]:.1f} s the last; {events} files in logs"


def require_steady(found: Sequence[Footprint]) -> str:
    """What a run took early and late, in words.

    Raises:
      FaultError: memory, open files or threads grew.
    """
    count = len(found)
    # By the second quarter a first epoch has ended, and matplotlib holds its fonts open.
    early, late = found[count // 4 : count // 2], found[-count // 4 : -count // 20]
    if not early or not late:
        raise FaultError(f"ended after {count} looks at it")
    before, after = _at_rest(early), _at_rest(late)
    note = (
        f"{before.resident / 2**20:.0f} MiB early and {after.resident / 2**20:.0f} late, "
        f"files {before.files} and {after.files}, threads {before.threads} and {after.threads}, "
        f"load {os.getloadavg()[0]:.0f}"
    )
    if (
        after.resident > _MAX_GROWTH * before.resident
        or after.files > before.files
        or after.threads > before.threads
    ):
        raise FaultError(f"grew: {note}")
    return note


def _at_rest(found: Sequence[Footprint]) -> Footprint:
    """The most of each, but the median of files: some are open for a moment, to be written."""
    most = Footprint(*map(max, zip(*found, strict=True)))
    return most._replace(files=statistics.median_low(each.files for each in found))
