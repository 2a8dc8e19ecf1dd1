"""The CPU's cores that this process has, and the threads that suit them."""

import math
import os
from collections.abc import Iterator
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")
_OWN_CGROUP = Path("/proc/self/cgroup")


def usable() -> int:
    """How many cores it may use: as many as are allowed, or a container's quota, rounded up."""
    return min([allowed(), *(max(1, math.ceil(quota)) for quota in _quotas())])


def allowed() -> int:
    """How many cores it may run on, which can be fewer than the machine has (taskset)."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def reading_threads() -> int:
    """How many threads read and decode pictures: one for each core, up to eight."""
    return min(8, usable())


def _quotas() -> Iterator[float]:
    """Processor seconds a second that control groups allow (`docker --cpus`), version 2 and 1.

    Those of all groups around this process count, as far as they are seen from inside.
    """
    try:
        lines = _OWN_CGROUP.read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        root = _CGROUPS / "cpu" if controllers else _CGROUPS
        group = root / path.lstrip("/")
        for folder in (group, *group.parents):
            if folder == _CGROUPS.parent:
                break
            yield from _quota(folder)


def _quota(folder: Path) -> Iterator[float]:
    try:
        if (limit := folder / "cpu.max").exists():
            quota, period = limit.read_text(encoding="utf-8").split()
        else:
            quota = (folder / "cpu.cfs_quota_us").read_text(encoding="utf-8")
            period = (folder / "cpu.cfs_period_us").read_text(encoding="utf-8")
        # "max", or -1 in version 1: no limit.
        if quota != "max" and int(quota) > 0:
            yield int(quota) / int(period)
    except (OSError, ValueError):
        return
