"""Signals at random moments of a process's life; each run then ends as one without them."""

import contextlib
import os
import random
import signal
import time
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from benchmarks.hostile import commands, comparing, runs
from benchmarks.hostile.trials import Trial

TITLE = "signals at random moments: KILL, TERM, INT, HUP, STOP and CONT, also doubled"

_TRIALS, _BLOWS, _EPOCHS = 50, 2, 8
# Signals, a moment apart. The last one that ends a process decides its status.
_KINDS = (
    *(("KILL",), ("KILL",), ("TERM",), ("INT",), ("HUP",), ("STOP", "CONT")),
    *(("TERM", "TERM"), ("INT", "INT"), ("INT", "TERM"), ("HUP", "KILL"), ("TERM", "KILL")),
)

# Names of signals, seconds between them, and the part of a whole run's processor time before.
_Blow = tuple[tuple[str, ...], float, float]


def trials() -> Iterable[Trial]:
    """Each is a run that takes two blows, in two processes, and is continued to its end."""
    rng = random.Random(0)
    for number in range(_TRIALS):
        blows = [
            (rng.choice(_KINDS), rng.uniform(0.01, 0.5), rng.uniform(0, 1)) for _ in range(_BLOWS)
        ]
        told = ", then ".join(f"{' '.join(names)} at {part:.2f}" for names, _, part in blows)
        yield Trial(f"{number}: {told}", partial(_attack, blows))


def _attack(blows: Sequence[_Blow], scratch: Path) -> str:
    whole = runs.whole(_EPOCHS)
    notes = []
    for number, (names, gap, part) in enumerate(blows):
        ended = _strike(scratch, names, gap, part * whole.seconds)
        (scratch / f"blow_{number}.txt").write_text(ended.out + ended.err, encoding="utf-8")
        commands.check(ended, *_right_statuses(names))
        step = comparing.require_intact(scratch / "workdir")
        notes.append(f"{' '.join(names)}: status {ended.status}, last checkpoint {step}")
    ended = commands.run("train.py", runs.flags("workdir", _EPOCHS), scratch)
    (scratch / "end.txt").write_text(ended.out + ended.err, encoding="utf-8")
    commands.check(ended, 0)
    comparing.require_same(scratch / "workdir", whole.workdir)
    return "; ".join(notes)


def _strike(scratch: Path, names: Sequence[str], gap: float, after: float) -> commands.Ended:
    with _in_foreground():
        began = time.monotonic()
        process = commands.start("train.py", runs.flags("workdir", _EPOCHS), scratch)
    commands.wait(process, after)
    for name in names:
        if process.poll() is None:  # One that has ended gets none.
            os.kill(process.pid, signal.Signals[f"SIG{name}"])
            time.sleep(gap)
    return commands.end(process, began)


def _right_statuses(names: Sequence[str]) -> set[int]:
    """0 where it was done before; -n from the system, before Python has its handlers."""
    ending = [signal.Signals[f"SIG{name}"] for name in names if name not in ("STOP", "CONT")]
    numbers = {int(number) for number in ending}
    return {0} | {-n for n in numbers} | {128 + n for n in numbers if n != signal.SIGKILL}


@contextlib.contextmanager
def _in_foreground() -> Iterator[None]:
    """Programs started here get INT and HUP even where this one ignores them, as under nohup."""
    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, signal.default_int_handler),
        signal.SIGHUP: signal.signal(signal.SIGHUP, signal.SIG_DFL),
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
