"""Arrangements measured in turn, each in a process of its own."""

import contextlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tf_cyclegan.benchmark.arrangements import Arrangement
from tf_cyclegan.benchmark.child_process import ChildError, ChildProcess

# An arrangement may take so much more than the plain one, as XLA's do.
_ROOM = 1.5


@dataclass
class Measured:
    """What was measured of one arrangement. Seconds, and bytes.

    Attributes:
      wall, processor: of one step or picture, in each repetition.
      plain_wall: that of the plain arrangement in the same repetition; empty where it failed.
      first_seconds: from the start of the process to its first step's end.
      trace_seconds, operations: of the step's graph; None of translation.
      memory, gpu_memory: the most that its process had.
      error: why it, or the rest of it, could not be measured.
    """

    arrangement: Arrangement
    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    plain_wall: list[float] = field(default_factory=list)
    first_seconds: float | None = None
    trace_seconds: float | None = None
    operations: int | None = None
    memory: int | None = None
    gpu_memory: int | None = None
    error: str | None = None


@dataclass(frozen=True)
class Effort:
    """How thoroughly to measure.

    Attributes:
      repetitions: turns that each arrangement gets.
      count: steps or pictures in each.
      at_once: processes kept beside the plain one; None for as many as the memory holds.
      patience: seconds after which an answer is given up.
    """

    repetitions: int
    count: int
    at_once: int | None
    patience: float


def measure(arrangements: Sequence[Arrangement], effort: Effort) -> list[Measured]:
    """Measures arrangements of one task, the plain one first among them.

    They take turns, so that whatever else the machine does meets all alike: plain, first, second,
    and again. Where not all fit into memory, the plain one takes turns with a part at a time.
    """
    plain, *ours = (Measured(arrangement) for arrangement in arrangements)
    left = list(ours)
    with contextlib.ExitStack() as whole:
        first = _Warm(plain, effort, whole)
        while left:
            most = effort.at_once or _fitting(plain)
            part, left = left[:most], left[most:]
            with contextlib.ExitStack() as turns:
                warm = [_Warm(each, effort, turns) for each in part]
                for _ in range(effort.repetitions):
                    beside = first.run()
                    for each in warm:
                        each.run(beside)
    return [plain, *ours]


class _Warm:
    """An arrangement in its process, warm. What fails is noted, and left out from there on."""

    def __init__(self, measured: Measured, effort: Effort, stack: contextlib.ExitStack):
        """Starts the process, which ends with `stack`, and does it twice."""
        self._measured = measured
        self._effort = effort
        started = time.perf_counter()
        self._child = stack.enter_context(ChildProcess(effort.patience))
        arrangement = measured.arrangement
        with self._noting():
            facts = self._child.ask(
                "start",
                task=arrangement.task,
                plain=arrangement.plain,
                config=arrangement.config.to_dict(),
            )
            measured.first_seconds = time.perf_counter() - started
            measured.trace_seconds = facts.get("trace_seconds")
            measured.operations = facts.get("operations")
            self._ask(1)

    def run(self, beside: float | None = None) -> float | None:
        """One repetition, beside one of the plain arrangement: its seconds a step."""
        measured = self._measured
        if measured.error is None:
            with self._noting():
                answer = self._ask(self._effort.count)
                measured.wall.append(answer["wall"])
                measured.processor.append(answer["processor"])
                if beside is not None:
                    measured.plain_wall.append(beside)
                return float(answer["wall"])
        return None

    def _ask(self, count: int) -> dict[str, Any]:
        answer = self._child.ask("run", count=count)
        self._measured.memory = answer["memory"]
        self._measured.gpu_memory = answer["gpu_memory"]
        return answer

    @contextlib.contextmanager
    def _noting(self) -> Iterator[None]:
        try:
            yield
        except ChildError as error:
            self._measured.error = str(error)


def _fitting(plain: Measured) -> int:
    """How many processes fit beside the plain one; on a GPU, whose memory is less, one."""
    if plain.memory is None or plain.gpu_memory is not None:
        return 1
    return max(1, int(_available_memory() / (_ROOM * plain.memory)))


def _available_memory() -> int:
    """Bytes; 0 where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in lines}
    return 1024 * kilobytes.get("MemAvailable", 0)
