"""The scripts as real processes, and what is a fault in how one ended."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.hostile.trials import FaultError

ROOT = Path(__file__).parents[2]

# Seconds; none of these runs takes that long.
_PATIENCE = 600.0
_TRACE = re.compile(
    r"Traceback \(most recent call last\)|Exception ignored|Fatal Python error|Check failed"
)


@dataclass(frozen=True)
class Ended:
    """How a command ended.

    Attributes:
      status: negative for a signal, as in subprocess.
    """

    command: str
    status: int
    out: str
    err: str
    seconds: float


def start(
    script: str,
    arguments: Sequence[str],
    cwd: Path,
    environment: Mapping[str, str] | None = None,
    wrapper: Sequence[str] = (),
    prepare: Callable[[], None] | None = None,
) -> "subprocess.Popen[bytes]":
    """Starts `python scripts/SCRIPT ARGUMENTS`, with pipes.

    Args:
      wrapper: a command before it, such as unshare's.
      prepare: called in the new process before the command, as by subprocess (preexec_fn).
    """
    return subprocess.Popen(
        [*wrapper, sys.executable, str(ROOT / "scripts" / script), *arguments],
        cwd=cwd,
        env=os.environ | {"CUDA_VISIBLE_DEVICES": "-1"} | dict(environment or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=prepare,
    )


def end(process: "subprocess.Popen[bytes]", began: float, patience: float = _PATIENCE) -> Ended:
    """Waits for a process.

    Raises:
      FaultError: it does not end.
    """
    command = " ".join(map(str, process.args)) if isinstance(process.args, list) else ""
    try:
        out, err = process.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise FaultError(f"did not end in {patience:g} seconds: {command}") from None
    except BaseException:
        # The campaign is stopped.
        os.killpg(process.pid, signal.SIGKILL)
        raise
    told, complained = out.decode(errors="replace"), err.decode(errors="replace")
    return Ended(command, process.returncode, told, complained, time.monotonic() - began)


def wait(process: "subprocess.Popen[bytes]", seconds: float) -> None:
    """Waits until a process has taken so much processor time, or has ended.

    Other than the clock's, that time tells how far a process is on a machine with other work.
    """
    while process.poll() is None:
        # After the name in brackets: state, 10 numbers, user time, system time.
        numbers = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        if int(numbers[11]) + int(numbers[12]) >= seconds * os.sysconf("SC_CLK_TCK"):
            return
        time.sleep(0.005)


def run(script: str, arguments: Sequence[str], cwd: Path, **options: object) -> Ended:
    """`start` and `end`."""
    began = time.monotonic()
    return end(start(script, arguments, cwd, **options), began)  # type: ignore[arg-type]


def check(ended: Ended, *statuses: int) -> Ended:
    """Refuses a trace, a crash, an error without one clear line, and any other exit status.

    Args:
      statuses: those that are right; 0 or 1 where none is given.

    Raises:
      FaultError: it is one of those.
    """
    text = ended.out + ended.err
    if found := _TRACE.search(text):
        raise FaultError(f"{found[0]}: {_last_lines(text)} ({ended.command})")
    if ended.status not in (statuses or (0, 1)):
        raise FaultError(f"status {ended.status}: {_last_lines(text)} ({ended.command})")
    lines = [line for line in ended.err.splitlines() if ": error: " in line]
    if (ended.status == 1) != (len(lines) == 1):
        raise FaultError(
            f"status {ended.status} with {len(lines)} lines of an error: {_last_lines(ended.err)} "
            f"({ended.command})"
        )
    return ended


def _last_lines(text: str) -> str:
    return " | ".join(text.strip().splitlines()[-3:])[-600:]
