"""Each file and folder of a workdir replaced by something else, before the run is extended."""

import functools
import os
import random
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from benchmarks.hostile import commands, comparing, runs
from benchmarks.hostile.trials import FaultError, SkippedError, Trial
from tf_cyclegan.checkpoints.files import find_all, find_fault, step_of

TITLE = "files and folders of a workdir removed, emptied, overwritten, made unreadable"

# Steps before the attack.
_BEGUN = 2 * runs.STEPS
_NEWEST = f"ckpt-{_BEGUN}"


def trials() -> Iterable[Trial]:
    """One for each path and kind, in an order of chance: what was done first tells of all."""
    begun = runs.whole(max_steps=_BEGUN).workdir
    paths = sorted(path.relative_to(begun) for path in [begun, *begun.rglob("*")])
    attacks = [(path, kind) for path in paths for kind in _KINDS]
    random.Random(0).shuffle(attacks)
    for path, kind in attacks:
        # The name of an event file holds the time.
        shown = path.parent / "EVENTS" if path.name.startswith("events.") else path
        yield Trial(f"{shown} {kind}", functools.partial(_attack, path, kind))


def _attack(relative: Path, kind: str, scratch: Path) -> str:
    original, workdir = runs.whole(max_steps=_BEGUN).workdir, scratch / "workdir"
    shutil.copytree(original, workdir)
    wrapper = _unprivileged() if kind == "unreadable" else ()
    target = workdir / relative
    _KINDS[kind](target)
    others = _checkpoint_bytes(workdir, target)

    made = _run(scratch, wrapper, "generate.py", ["--workdir=workdir", "--output=generated"])
    if made.status == 0 and len(list(scratch.glob("generated/*/*.png"))) != 4:
        raise FaultError("generate.py ended with status 0, without four pictures")
    _require_unchanged(others, "generate.py")
    trained = _run(scratch, wrapper, "train.py", runs.flags("workdir"))
    if all(step_of(path) <= _BEGUN for path in find_all(workdir)):
        _require_unchanged(others, "train.py")
    # With newer ones those that are not kept may go; the kept ones may be made again.
    for path in {path.with_suffix("") for path in others if path.parent.name == "kept"}:
        if fault := find_fault(path):
            raise FaultError(f"train.py lost {path}: {fault}")
    whole, new = runs.whole().workdir, range(3, runs.EPOCHS + 1)
    if (relative, kind) == (Path("samples"), "unreadable"):
        # What may not be written is told, and training goes on without.
        if "Warning: WriteSamples failed" not in trained.err:
            raise FaultError("said nothing of samples that it could not write")
        new = range(0)
    if trained.status == 0:
        comparing.require_same(workdir, whole, new)
        _require_report(trained, target, kind)
    else:
        if "workdir" not in trained.err.splitlines()[-1]:
            raise FaultError(f"an error without the place: {trained.err.splitlines()[-1]}")
        _restore(target, original / relative)
        commands.check(commands.run("train.py", runs.flags("workdir"), scratch, wrapper=wrapper), 0)
        comparing.require_same(workdir, whole, new)
    return f"generate.py {made.status}, train.py {trained.status}"


def _run(
    scratch: Path, wrapper: Sequence[str], script: str, arguments: Sequence[str]
) -> commands.Ended:
    ended = commands.run(script, arguments, scratch, wrapper=wrapper)
    # The words stay beside the files where a fault is found.
    (scratch / f"{script}.txt").write_text(ended.out + ended.err, encoding="utf-8")
    return commands.check(ended)


def _require_report(trained: commands.Ended, target: Path, kind: str) -> None:
    """A line where something that is read was bad, and one of what is used instead."""
    newest = target.parent.name == "checkpoints" and target.name.startswith(f"{_NEWEST}.")
    if kind == "removed" or not (newest or target.name in ("config.json", "history.csv")):
        return
    name = _NEWEST if newest else target.name
    lines = [line for line in trained.err.splitlines() if name in line]
    if len(lines) not in (1, 2):
        raise FaultError(f"{len(lines)} lines tell of {target.name}: {lines}")


def _checkpoint_bytes(workdir: Path, target: Path) -> dict[Path, bytes]:
    """The files of all checkpoints but those that `target` belongs to."""
    return {
        path: path.read_bytes()
        for path in workdir.glob("checkpoints/**/ckpt-*")
        if path.is_file() and path.with_suffix("") != target.with_suffix("")
    }


def _require_unchanged(files: Mapping[Path, bytes], script: str) -> None:
    lost = [p for p, content in files.items() if not p.is_file() or p.read_bytes() != content]
    if lost:
        raise FaultError(f"{script} lost or changed {', '.join(map(str, lost))}")


def _unprivileged() -> tuple[str, ...]:
    """A command before others, so that they cannot read what permissions forbid, even as root."""
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        raise SkippedError("root reads everything, and setpriv is not installed")
    return ("setpriv", "--bounding-set=-dac_override,-dac_read_search")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        path.chmod(0o755)
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _restore(path: Path, original: Path) -> None:
    _remove(path)
    if original.is_dir():
        shutil.copytree(original, path)
    else:
        shutil.copyfile(original, path)


def _replace(fill: Callable[[Path], object]) -> Callable[[Path], None]:
    def replace(path: Path) -> None:
        _remove(path)
        fill(path)

    return replace


def _folder(path: Path) -> None:
    path.mkdir()
    (path / "of a person.txt").write_text("kept", encoding="utf-8")


_KINDS: dict[str, Callable[[Path], None]] = {
    "removed": _remove,
    "empty": _replace(Path.touch),
    "random": _replace(lambda path: path.write_bytes(random.Random(1).randbytes(3000))),
    "text": _replace(lambda path: path.write_text("epoch,step\nhello\n", encoding="utf-8")),
    "folder": _replace(_folder),
    "link loop": _replace(lambda path: path.symlink_to(path.name)),
    "unreadable": lambda path: path.chmod(0),
}
