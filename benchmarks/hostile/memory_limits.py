"""Memory that is not enough: the kernel kills the process, and with enough of it the run ends."""

import contextlib
import os
import signal
import time
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from benchmarks.hostile import commands, comparing, runs
from benchmarks.hostile.trials import FaultError, SkippedError, Trial

TITLE = "memory limits of the kernel, from too little to enough"

# MiB. From a start that fails to a run that fits; most kills come while it traces and trains.
_LIMITS = (50, 100, 200, 250, 300, 320, 330, 340, 350, 360, 370, 380, 390, 400, 450, 600, 1200)
# Not RLIMIT_AS: TensorFlow reserves far more addresses than it uses.
_CONTROLLER = "memory"


def trials() -> Iterable[Trial]:
    """Each starts with a limit, and goes on without one."""
    for limit in _LIMITS:
        yield Trial(f"{limit} MiB", partial(_attack, limit))


def _attack(limit: int, scratch: Path) -> str:
    with _group(limit * 2**20) as group:
        ended = _train(scratch, group)
    (scratch / "limited.txt").write_text(ended.out + ended.err, encoding="utf-8")
    commands.check(ended, 0, 1, -signal.SIGKILL)
    step = comparing.require_intact(scratch / "workdir")
    commands.check(_train(scratch, None), 0)
    comparing.require_same(scratch / "workdir", runs.whole().workdir)
    return f"status {ended.status}, last checkpoint {step}"


def _train(scratch: Path, group: Path | None) -> commands.Ended:
    join = 'echo $$ > "$0/cgroup.procs" && exec "$@"'
    wrapper = ("sh", "-c", join, str(group)) if group else ()
    return commands.run("train.py", runs.flags("workdir"), scratch, wrapper=wrapper)


@contextlib.contextmanager
def _group(limit: int) -> Iterator[Path]:
    """A control group below this process's own, and so within its limits.

    Raises:
      SkippedError: there is none of version 1, or it may not be made.
    """
    lines = Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    own = [line.split(":", 2)[2] for line in lines if line.split(":")[1] == _CONTROLLER]
    if not own:
        # In version 2 a group with processes may have no group with limits below it.
        raise SkippedError("no control groups of version 1 here, with memory among them")
    group = Path("/sys/fs/cgroup", _CONTROLLER, own[0].lstrip("/"), f"hostile_{os.getpid()}")
    try:
        group.mkdir()
    except OSError as error:
        raise SkippedError(f"{group}: {error.strerror}") from None
    try:
        (group / "memory.limit_in_bytes").write_text(str(limit), encoding="utf-8")
        yield group
    finally:
        _remove(group)


def _remove(group: Path) -> None:
    """Where a process was killed, those that it had started may take a moment to end."""
    for _ in range(100):
        with contextlib.suppress(OSError):
            group.rmdir()
            return
        time.sleep(0.1)
    raise FaultError(f"still running: {(group / 'cgroup.procs').read_text(encoding='utf-8')}")
