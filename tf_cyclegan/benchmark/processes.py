"""Arrangements of a task in processes of their own, which take turns."""

import contextlib
import json
import select
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

# Of a checkout, or where packages are installed.
ROOT = Path(__file__).parents[2]

# Seconds after which a start, or a step, is given up.
_PATIENCE = 1200.0


@dataclass
class Arrangement:
    """One way to do one task, and what was measured of it: seconds, and bytes.

    Attributes:
      name: what the table calls it.
      task, plain, settings: as for `child.prepare`.
      root: the folder with the tf_cyclegan that does it.
      seconds: of one step or picture, in each turn.
      plain_seconds: those of the plain arrangement in the same turns; empty where it failed.
      first: from the start of the process to the end of its first step.
      memory, gpu_memory: the most that its process had.
      error: why it, or the rest of it, could not be measured.
    """

    name: str
    task: str
    plain: bool
    settings: dict[str, Any]
    root: Path = ROOT
    seconds: list[float] = field(default_factory=list)
    plain_seconds: list[float] = field(default_factory=list)
    first: float | None = None
    memory: int | None = None
    gpu_memory: int | None = None
    error: str | None = None

    @property
    def median(self) -> float | None:
        """Of the seconds."""
        return statistics.median(self.seconds) if self.seconds else None

    @property
    def ratio(self) -> float | None:
        """The median of the ratios to the plain arrangement within a turn."""
        pairs = zip(self.seconds, self.plain_seconds, strict=False)
        return statistics.median(s / p for s, p in pairs) if self.plain_seconds else None


def take_turns(
    plain: Arrangement, others: Sequence[Sequence[Arrangement]], repetitions: int, steps: int
) -> None:
    """Measures arrangements in turn, so that whatever else the machine does meets all alike.

    Each group takes turns of `steps` steps (or pictures) with the plain arrangement, one group
    after the other, so that no more are in memory at a time.
    """
    with _running(plain) as plain_process:
        for group in others:
            with contextlib.ExitStack() as stack:
                processes = [stack.enter_context(_running(each)) for each in group]
                for _ in range(repetitions):
                    beside = plain_process.turn(steps)
                    for process in processes:
                        process.turn(steps, beside)


@contextlib.contextmanager
def _running(arrangement: Arrangement) -> Iterator["_Process"]:
    """Its process, after two steps that are not among the turns."""
    request = {name: getattr(arrangement, name) for name in ("task", "plain", "settings")}
    command = [sys.executable, "-m", "tf_cyclegan.benchmark.child", json.dumps(request)]
    pipe, started = subprocess.PIPE, time.perf_counter()
    with (
        tempfile.TemporaryFile() as stderr,
        subprocess.Popen(
            command, bufsize=0, cwd=arrangement.root, stdin=pipe, stdout=pipe, stderr=stderr
        ) as child,
    ):
        process = _Process(arrangement, child, stderr)
        try:
            if process.turn(1) is not None:
                arrangement.first = time.perf_counter() - started
            process.turn(1)
            arrangement.seconds.clear()
            yield process
        finally:
            child.kill()


@dataclass
class _Process:
    """An arrangement's process. What fails is noted, and nothing more is asked of it."""

    arrangement: Arrangement
    child: subprocess.Popen[bytes]
    stderr: IO[bytes]

    def turn(self, steps: int, beside: float | None = None) -> float | None:
        """One turn, beside one of the plain arrangement: seconds of a step, None if it fails."""
        if self.arrangement.error:
            return None
        answer = self._answer(steps)
        seconds: float | None = answer.pop("seconds", None)
        vars(self.arrangement).update(answer)
        if seconds is not None:
            self.arrangement.seconds.append(seconds)
            if beside is not None:
                self.arrangement.plain_seconds.append(beside)
        return seconds

    def _answer(self, steps: int) -> dict[str, Any]:
        assert self.child.stdin is not None
        assert self.child.stdout is not None
        # One that has ended may have said why.
        with contextlib.suppress(BrokenPipeError):
            self.child.stdin.write(b"%d\n" % steps)
        if not select.select([self.child.stdout], [], [], _PATIENCE * steps)[0]:
            return {"error": f"gave no answer in {_PATIENCE * steps:g} seconds"}
        if line := self.child.stdout.readline():
            return json.loads(line)
        status = self.child.wait()
        if status == -signal.SIGKILL:
            return {"error": "was killed: out of memory?"}
        self.stderr.seek(0)
        words = self.stderr.read().decode(errors="replace").strip() or "without a word"
        return {"error": f"ended with status {status}: {words.splitlines()[-1]}"}
