"""File systems that are mounted for a trial."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from benchmarks.hostile.trials import FaultError, SkippedError

_NAME = "ballast"


@contextlib.contextmanager
def tmpfs(folder: Path, options: str) -> Iterator[Path]:
    """A file system in memory on `folder`, which is made.

    Where a fault is found, what is on it is copied beside it.

    Args:
      folder: where it is mounted.
      options: mount's, such as `size=1m,noexec`.

    Raises:
      SkippedError: it cannot be mounted here.
    """
    folder.mkdir()
    with mounted(["-t", "tmpfs", "-o", options, "tmpfs"], folder):
        yield folder


@contextlib.contextmanager
def mounted(arguments: list[str], folder: Path) -> Iterator[None]:
    """`mount ARGUMENTS FOLDER`, and umount whatever happens. As for `tmpfs`."""
    mount([*arguments, str(folder)])
    try:
        yield
    except FaultError:
        kept = folder.with_name(f"{folder.name}_content")
        shutil.copytree(folder, kept, symlinks=True, ignore=shutil.ignore_patterns(_NAME))
        raise
    finally:
        # Lazily: a file that is still open must not keep it.
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def mount(arguments: list[str]) -> None:
    """Raises SkippedError where `mount ARGUMENTS` fails."""
    if os.geteuid() != 0:
        raise SkippedError("only root may mount; `unshare -rm` before the command makes one")
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SkippedError(f"mount {' '.join(arguments[:-1])}: {done.stderr.strip()}")


def fill(folder: Path, leave: int = 0) -> None:
    """Fills a file system with ballast until so many bytes are free."""
    size = shutil.disk_usage(folder).free - leave
    with (folder / _NAME).open("wb") as ballast, contextlib.suppress(OSError):
        while ballast.tell() < size:
            ballast.write(bytes(min(2**20, size - ballast.tell())))
            ballast.flush()


def empty(folder: Path) -> None:
    """Removes the ballast."""
    (folder / _NAME).unlink()
