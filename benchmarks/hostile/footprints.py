"""What a command takes while it runs: memory, open files, threads. Reads Linux's /proc."""

import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.hostile import commands
from benchmarks.hostile.trials import SkippedError

# Seconds.
_EVERY, _PATIENCE = 0.25, 3600.0


class Footprint(NamedTuple):
    """A process at one moment. `resident` is in bytes."""

    resident: int
    files: int
    threads: int


def watch(
    script: str, arguments: Sequence[str], cwd: Path
) -> tuple[commands.Ended, list[Footprint]]:
    """Runs a command, and looks at its process four times a second.

    Raises:
      FaultError: it ends otherwise than with status 0.
      SkippedError: this system has no /proc.
    """
    if not Path("/proc/self/fd").exists():
        raise SkippedError("reads Linux's /proc")
    began = time.monotonic()
    process = commands.start(script, arguments, cwd)
    found: list[Footprint] = []
    watcher = threading.Thread(target=_look, args=(Path(f"/proc/{process.pid}"), found))
    watcher.start()
    ended = commands.end(process, began, _PATIENCE)
    watcher.join()
    return commands.check(ended, 0), found


def _look(process: Path, found: list[Footprint]) -> None:
    """Until the process ends."""
    page = os.sysconf("SC_PAGE_SIZE")
    try:
        while True:
            pages = int((process / "statm").read_text().split()[1])
            counts = [len(list((process / part).iterdir())) for part in ("fd", "task")]
            if pages:
                found.append(Footprint(pages * page, *counts))
            elif found:
                return
            time.sleep(_EVERY)
    except OSError:
        return
