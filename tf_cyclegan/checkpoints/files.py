"""The checkpoint files of a workdir: which exist, which are intact, what they hold.

`checkpoints/ckpt-STEP` are the newest, `checkpoints/kept/ckpt-STEP` those kept for good,
`checkpoints/best/ckpt-STEP` is the one with the best score. TensorFlow's own list, the file
`checkpoint`, is not used: a killed process leaves it outdated, and people copy folders without it.
"""

import contextlib
import errno
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tensorflow as tf
from google.protobuf import text_format  # type: ignore[import-untyped]
from tensorflow.core.protobuf.trackable_object_graph_pb2 import TrackableObjectGraph
from tensorflow.python.training.checkpoint_state_pb2 import CheckpointState

from tf_cyclegan.config import Config
from tf_cyclegan.config.json_file import from_json
from tf_cyclegan.system.errors import UserError, reason
from tf_cyclegan.system.files import set_aside, write_output
from tf_cyclegan.system.tensorflow_paths import for_tensorflow

FOLDER = "checkpoints"
_KEPT, _BEST = "kept", "best"
# What TensorFlow raises for damaged or missing files.
READ_ERRORS = (tf.errors.OpError, OSError, IndexError, UnicodeDecodeError)
# Those of them that say nothing of the content.
_ACCESS_ERRORS = (tf.errors.NotFoundError, tf.errors.PermissionDeniedError, OSError)
_ERRNOS = (errno.ENOENT, errno.EACCES, errno.EPERM, errno.EIO, errno.EMFILE, errno.ESTALE)

_NAME = re.compile(r"ckpt-([0-9]{1,18})")
_FILE = re.compile(rf"{_NAME.pattern}\.(?:index|data-[0-9]{{5}}-of-[0-9]{{5}})")
# What TensorFlow writes to while it saves.
_TEMPORARY = re.compile(rf"{_FILE.pattern}\.tempstate[0-9]+")
_TEMPORARY_FOLDER = re.compile(rf"{_NAME.pattern}_temp")


def find_all(workdir: Path) -> list[Path]:
    """All checkpoints of a workdir, intact or not, by step, one of each step."""
    found = {step_of(path): path for path in _copies(workdir)}
    return [found[step] for step in sorted(found)]


def find(workdir: Path, step: int) -> Path:
    """The checkpoint of a step, read and found intact.

    Raises:
      UserError: there is none of that step, or it is damaged; the message lists all steps.
    """
    copies = _find_any(workdir)
    if not (paths := [path for path in copies if step_of(path) == step]):
        steps = sorted({step_of(path) for path in copies})
        raise UserError(
            f"{workdir}: no checkpoint of step {step}; there are {', '.join(map(str, steps))}"
        )
    return next((path for path in paths if not find_fault(path)), None) or _require_intact(
        paths[-1]
    )


def find_best(workdir: Path) -> Path:
    """The checkpoint with the best score, read and found intact.

    Raises:
      UserError: there is none, or it is damaged.
    """
    _find_any(workdir)
    path = best_path(workdir)
    if path is None:
        raise UserError(
            f"{workdir}: no checkpoint has a score; train with evaluate_every=5 to score every "
            "fifth epoch"
        )
    return _require_intact(path)


def best_path(workdir: Path) -> Path | None:
    """The checkpoint with the best score, intact or not; None where there is none."""
    # A process killed in `keep_best` leaves two.
    return max(find_in(workdir / FOLDER / _BEST), key=step_of, default=None)


def newest_intact(workdir: Path) -> tuple[Path, list[str]]:
    """The newest checkpoint that can be read from end to end.

    Checkpoints that are deleted meanwhile, by a run in training, are skipped without a word.

    Returns:
      Its path, and a line about each newer one that cannot be read.

    Raises:
      UserError: there is none.
    """
    faults: dict[Path, str] = {}
    for path in reversed(_find_any(workdir)):
        fault = find_fault(path)
        if not fault:
            return path, [f"{each}: {faults[each]}, skipped" for each in faults]
        if exists(path):
            faults[path] = fault
    if not faults:
        return newest_intact(workdir)
    listed = "; ".join(f"{path}: {fault}" for path, fault in faults.items())
    remedy = "make them readable, with the names that they had"
    if all(fault.startswith("is damaged") for fault in faults.values()):
        remedy = "restore one from a backup, or start again in another workdir"
    raise UserError(
        f"{workdir / FOLDER}: none of {len(faults)} checkpoints can be read, newest first: "
        f"{listed}; {remedy}"
    )


def find_fault(path: Path) -> str | None:
    """Why a checkpoint cannot be read, or None.

    All of it is read, since checksums are compared then. "is damaged (...)" is what was read and
    is wrong; "cannot be read (...)" is all else, but for a checkpoint of another step than its name
    says.
    """
    try:
        reader = _reader(path)
        for name in reader.get_variable_to_shape_map():
            reader.get_tensor(name)
        # Imported generators have none.
        if reader.has_tensor(key := _key("state/step")):
            step = reader.get_tensor(key)
            return None if step == step_of(path) else f"is that of step {step}, renamed"
    except READ_ERRORS as error:
        why = reason(error)
        # TensorFlow's reader turns most of the system's errors into its own.
        access = isinstance(error, _ACCESS_ERRORS) or any(os.strerror(n) in why for n in _ERRNOS)
        return f"cannot be read ({why})" if access else f"is damaged ({why})"
    return None


def exists(path: Path) -> bool:
    """Whether a checkpoint is there, damaged or not."""
    return path.with_name(f"{path.name}.index").exists()


def object_names(path: Path) -> set[str]:
    """The names under which a checkpoint holds networks and other objects.

    Raises:
      UserError: it cannot be read.
    """
    # Not from the variables' names: a network's may be listed under its optimizer.
    graph = TrackableObjectGraph()
    with _reading(path) as reader:
        graph.ParseFromString(reader.get_tensor("_CHECKPOINTABLE_OBJECT_GRAPH"))
    return {child.local_name for child in graph.nodes[0].children}


def config_in(path: Path) -> Config:
    """The settings that a checkpoint was trained with.

    Raises:
      UserError: it cannot be read, it holds none, or this version refuses them.
    """
    key = _key("config")
    with _reading(path) as reader:
        if not reader.has_tensor(key):
            raise UserError(f"{path}: holds no settings; tf_cyclegan did not write it")
        text = reader.get_tensor(key)
    return from_json(text, str(path))


def pictures_in(path: Path) -> list[int]:
    """Fingerprints of the pictures that a checkpoint was trained on (TrainingState).

    Raises:
      UserError: it cannot be read.
    """
    with _reading(path) as reader:
        return reader.get_tensor(_key("state/pictures")).tolist()


def find_in(folder: Path) -> list[Path]:
    """The checkpoints of one folder, intact or not, by step. Other files are none of them."""
    paths = [path.with_suffix("") for path in folder.glob("ckpt-*.index")]
    return sorted((path for path in paths if _NAME.fullmatch(path.name)), key=step_of)


def files_of(path: Path) -> list[Path]:
    """The files of a checkpoint; its index is the last one."""
    files = [file for file in path.parent.iterdir() if _FILE.fullmatch(file.name)]
    return sorted(file for file in files if file.name.split(".")[0] == path.name)


def size_of(path: Path) -> int:
    """The bytes of a checkpoint's files; those that are gone or cannot be looked at count none."""
    size = 0
    for file in files_of(path):
        with contextlib.suppress(OSError):
            size += file.stat().st_size
    return size


def step_of(path: Path) -> int:
    """The training step of a checkpoint."""
    return int(path.name.removeprefix("ckpt-"))


def keep(path: Path) -> None:
    """Keeps a checkpoint for good, even after the original is deleted."""
    _copy(path, path.parent / _KEPT)


def keep_best(workdir: Path, step: int) -> None:
    """Keeps the checkpoint of a step as the best and removes the previous best.

    Does nothing where it already is the best, or is gone.
    """
    folder = workdir / FOLDER
    path = folder / f"ckpt-{step}"
    if path in find_in(folder) and path.name not in [best.name for best in find_in(folder / _BEST)]:
        _copy(path, folder / _BEST)
        for file in (folder / _BEST).iterdir():
            if _FILE.fullmatch(file.name) and file.name.split(".")[0] != path.name:
                file.unlink()


def clean_up(workdir: Path) -> None:
    """Removes the files of a killed save and rewrites TensorFlow's list.

    Nothing else is removed, whatever its name: people keep copies beside checkpoints. Only the
    process that holds the workdir's lock may call it.
    """
    folder = workdir / FOLDER
    complete = {path.name for path in find_in(folder)}
    for file in folder.iterdir() if folder.is_dir() else ():
        if file.is_symlink():
            continue
        if _TEMPORARY_FOLDER.fullmatch(file.name) and file.is_dir():
            shutil.rmtree(file)
        incomplete = _FILE.fullmatch(file.name) and file.name.split(".")[0] not in complete
        if file.is_file() and (incomplete or _TEMPORARY.fullmatch(file.name)):
            file.unlink()
    listing = folder / "checkpoint"
    if listing.is_dir():
        set_aside(listing, "it is a folder")
    names = [path.name for path in find_in(folder)]
    if names:
        # CheckpointManager manages only those with a timestamp after the last one preserved.
        state = CheckpointState(
            model_checkpoint_path=names[-1],
            all_model_checkpoint_paths=names,
            all_model_checkpoint_timestamps=range(1, len(names) + 1),
            last_preserved_timestamp=0.0,
        )
        write_output(listing, text_format.MessageToString(state).encode())


def _copies(workdir: Path) -> list[Path]:
    """All checkpoints by step; of those of one step the one that is not a copy is last."""
    folder = workdir / FOLDER
    places = (folder / _BEST, folder / _KEPT, folder)
    return sorted((path for place in places for path in find_in(place)), key=step_of)


def _find_any(workdir: Path) -> list[Path]:
    """As `_copies`; raises a UserError where there are none."""
    if paths := _copies(workdir):
        return paths
    raise UserError(
        f"{workdir}: holds no trained model; python scripts/train.py --workdir={workdir} trains one"
    )


def _require_intact(path: Path) -> Path:
    if fault := find_fault(path):
        raise UserError(f"{path}: {fault}; choose another checkpoint")
    return path


def _reader(path: Path) -> Any:
    return tf.train.load_checkpoint(str(for_tensorflow(path)))


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[Any]:
    """The checkpoint's reader. What cannot be read is a UserError."""
    try:
        yield _reader(path)
    except READ_ERRORS as error:
        raise UserError(f"{path}: cannot be read ({reason(error)})") from error


def _key(name: str) -> str:
    return f"{name}/.ATTRIBUTES/VARIABLE_VALUE"


def _copy(path: Path, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    # The index is last: a killed copy has none and does not count as a checkpoint.
    for source in files_of(path):
        target = folder / source.name
        target.unlink(missing_ok=True)
        try:
            os.link(source, target)
        except OSError:  # Some file systems have no hard links.
            partial = target.with_name(f".{target.name}.partial")
            shutil.copyfile(source, partial)
            partial.replace(target)
