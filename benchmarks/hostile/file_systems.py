"""File systems that lack something: writing, locks, links, a case, programs; and long names."""

import shutil
import subprocess
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from benchmarks.hostile import commands, comparing, mounts, runs
from benchmarks.hostile.trials import FaultError, SkippedError, Trial
from tf_cyclegan.checkpoints import files as checkpoint_files

TITLE = "file systems: read-only, without locks or links, any case, long names, linked folders"

_BEGUN = 2 * runs.STEPS
_LACKING = Path(__file__).with_name("lacking.c")


def trials() -> Iterable[Trial]:
    """One for each kind."""
    return (
        Trial("read-only", _read_only),
        *(Trial(f"mounted with {each}", partial(_mounted, each)) for each in _OPTIONS),
        Trial("vfat on a loop device", _vfat),
        *(Trial(f"without {each}", partial(_lacking, each)) for each in _CALLS),
        Trial("names that differ in case only", _cases),
        *(Trial(f"picture names of {each} letters", partial(_long_names, each)) for each in _LONG),
        Trial("a workdir's name of 255 letters", partial(_workdir, "w" * 255)),
        Trial("a workdir 3,500 letters deep", partial(_workdir, "/".join(["d" * 249] * 14))),
        *(Trial(f"a link: {each}", partial(_linked, each)) for each in _LINKS),
        *(Trial(f"TMPDIR {each}", partial(_temporary, each)) for each in ("elsewhere", "missing")),
    )


_OPTIONS = ("noexec", "nosuid,nodev", "noatime,sync")
# System calls of file systems such as exFAT and some of a network that fail.
_CALLS = ("link", "flock", "chmod", "link flock chmod symlink")
_LONG = (200, 240, 251)
_LINKS = (".", "checkpoints", "samples", "logs")


def _read_only(scratch: Path) -> str:
    """Nothing can be written, and all that is there is read; then it can be written again."""
    with mounts.tmpfs(scratch / "disk", "size=8m") as disk:
        _begin(disk / "workdir")
        before = {path: path.stat().st_mtime_ns for path in disk.rglob("*")}
        mounts.mount(["-o", "remount,ro", str(disk)])
        commands.check(_train(scratch, "disk/workdir"), 1)
        commands.check(_train(scratch, "disk/new"), 1)
        commands.check(commands.run("generate.py", ["--workdir=disk/workdir"], scratch), 1)
        _use(scratch, "disk/workdir")
        mounts.mount(["-o", "remount,rw", str(disk)])
        if before != {path: path.stat().st_mtime_ns for path in disk.rglob("*")}:
            raise FaultError("something changed")
        _train_and_use(scratch, "disk/workdir")
    return ""


def _mounted(options: str, scratch: Path) -> str:
    with mounts.tmpfs(scratch / "disk", f"size=8m,{options}") as disk:
        (disk / "tmp").mkdir()
        _train_and_use(scratch, "disk/workdir", {"TMPDIR": str(disk / "tmp")})
    return ""


def _vfat(scratch: Path) -> str:
    """No case, no links, no owners."""
    if shutil.which("mkfs.vfat") is None:
        raise SkippedError("mkfs.vfat (dosfstools) is not installed")
    image, disk = scratch / "image", scratch / "disk"
    image.write_bytes(bytes(2**25))
    subprocess.run(["mkfs.vfat", str(image)], check=True, capture_output=True)
    disk.mkdir()
    with mounts.mounted(["-t", "vfat", "-o", "loop", str(image)], disk):
        photos = _photos_in_two_cases(scratch)
        _train_and_use(scratch, "disk/workdir")
        arguments = ["--workdir=disk/workdir", f"--dataset={photos}", "--output=disk/generated"]
        made = commands.check(commands.run("generate.py", arguments, scratch))
        if made.status == 0 and len(list(disk.glob("generated/AtoB/*.png"))) != 2:
            raise FaultError("one picture overwrote the other")
    return ""


def _lacking(calls: str, scratch: Path) -> str:
    """A library before the system's makes calls fail, as on a file system without them."""
    if shutil.which("cc") is None:
        raise SkippedError("there is no C compiler")
    library = scratch / "lacking.so"
    defines = [f"-DLACKS_{call.upper()}" for call in calls.split()]
    subprocess.run(["cc", "-shared", "-fPIC", *defines, "-o", library, _LACKING], check=True)
    _train_and_use(scratch, "workdir", {"LD_PRELOAD": str(library)})
    return ""


def _cases(scratch: Path) -> str:
    photos = _photos_in_two_cases(scratch)
    _begin(scratch / "workdir")
    arguments = ["--workdir=workdir", f"--dataset={photos}", "--output=generated"]
    made = commands.check(commands.run("generate.py", arguments, scratch))
    if made.status == 0 and len(list(scratch.glob("generated/AtoB/*.png"))) != 2:
        raise FaultError("status 0, and not two pictures")
    return f"generate.py {made.status}"


def _long_names(length: int, scratch: Path) -> str:
    """Of data and so of translations."""
    photos = scratch / "photos"
    shutil.copytree(runs.home() / "photos", photos)
    for folder in photos.iterdir():
        for number, path in enumerate(sorted(folder.iterdir())):
            path.rename(path.with_name(f"{number:03}{'n' * (length - 3)}.png"))
    flags = [*runs.flags("workdir"), f"--dataset={photos}"]
    commands.check(commands.run("train.py", flags, scratch), 0)
    _use(scratch, "workdir")
    return ""


def _workdir(name: str, scratch: Path) -> str:
    _train_and_use(scratch, name)
    return ""


def _linked(name: str, scratch: Path) -> str:
    """The workdir, or a folder in it, is a link to another device; first one that leads nowhere.

    Samples and logs are set aside where they lead nowhere, so theirs lead somewhere.
    """
    with mounts.tmpfs(scratch / "disk", "size=8m") as disk:
        link = scratch / "workdir" / name
        if name != ".":
            (scratch / "workdir").mkdir()
        link.symlink_to(disk / "target")
        if name in ("samples", "logs"):
            (disk / "target").mkdir()
        ended = commands.check(_train(scratch, "workdir"))
        if ended.status == 1:
            (disk / "target").mkdir()
        _train_and_use(scratch, "workdir")
        if not link.is_symlink() or not any((disk / "target").iterdir()):
            raise FaultError("the link was replaced")
    return f"status {ended.status} where it leads nowhere"


def _temporary(kind: str, scratch: Path) -> str:
    with mounts.tmpfs(scratch / "disk", "size=8m") as disk:
        place = disk if kind == "elsewhere" else scratch / "missing"
        _train_and_use(scratch, "workdir", {"TMPDIR": str(place)})
        if left := list(disk.iterdir()):
            raise FaultError(f"left in TMPDIR: {left}")
    return ""


def _begin(workdir: Path) -> None:
    shutil.copytree(runs.whole(max_steps=_BEGUN).workdir, workdir)


def _train(
    scratch: Path, workdir: str, environment: dict[str, str] | None = None
) -> commands.Ended:
    return commands.run("train.py", runs.flags(workdir), scratch, environment=environment)


def _train_and_use(scratch: Path, workdir: str, environment: dict[str, str] | None = None) -> None:
    """Trains, from what is there, to the end."""
    commands.check(_train(scratch, workdir, environment), 0)
    comparing.require_same(scratch / workdir, runs.whole().workdir)
    if not checkpoint_files.find_in(scratch / workdir / "checkpoints" / "kept"):
        raise FaultError("no checkpoint is kept")
    _use(scratch, workdir, environment)


def _use(scratch: Path, workdir: str, environment: dict[str, str] | None = None) -> None:
    """Translates and scores."""
    output = scratch / "generated"
    for script, more in (
        ("generate.py", f"--output={output}"),
        ("evaluate.py", f"--json={scratch / 'scores.json'}"),
    ):
        arguments = [f"--workdir={workdir}", more]
        if script == "evaluate.py":
            arguments.append("--noinception")
        commands.check(commands.run(script, arguments, scratch, environment=environment), 0)
    if len(list(output.glob("*/*.png"))) != 4 or not (scratch / "scores.json").exists():
        raise FaultError("not four pictures, or no scores")
    shutil.rmtree(output)


def _photos_in_two_cases(scratch: Path) -> Path:
    photos = scratch / "photos"
    for number, folder in enumerate(("testA", "testB")):
        (photos / folder).mkdir(parents=True)
        for name in ("P.png", "p.png"):
            source = runs.home() / "photos" / folder / f"{number:05}.png"
            shutil.copyfile(source, photos / folder / name)
    return photos
