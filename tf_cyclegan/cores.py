"""The CPU's cores that this process has, and the threads that suit them."""

import os


def usable() -> int:
    """How many cores it may use, which can be fewer than the machine has (taskset, containers)."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def reading_threads() -> int:
    """How many threads read and decode pictures: one for each core, up to eight."""
    return min(8, usable())
