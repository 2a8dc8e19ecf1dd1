"""The checkpoints that lie in a workdir: which there are, which are whole, what is in them.

`checkpoints/ckpt-STEP` are the newest, `checkpoints/kept/ckpt-STEP` those that are kept for good,
`checkpoints/best/ckpt-STEP` is the one with the best score.
TensorFlow's own list of them, the file `checkpoint`, is not relied on: a process that was killed
may have left it behind the files, and people copy folders without it.
"""

import os
import re
import shutil
from pathlib import Path

import tensorflow as tf
from google.protobuf import text_format  # type: ignore[import-untyped]
from tensorflow.core.protobuf.trackable_object_graph_pb2 import TrackableObjectGraph
from tensorflow.python.training.checkpoint_state_pb2 import CheckpointState

from tf_cyclegan.config import Config
from tf_cyclegan.config.json_file import from_json
from tf_cyclegan.system.errors import UserError, first_line
from tf_cyclegan.system.files import write_file

FOLDER = "checkpoints"
_KEPT, _BEST = "kept", "best"
_VALUE = "{}/.ATTRIBUTES/VARIABLE_VALUE"
# What TensorFlow raises for files that are damaged or missing.
UNREADABLE = (tf.errors.OpError, OSError, IndexError, UnicodeDecodeError)


def find_all(workdir: Path) -> list[Path]:
    """All checkpoints of a workdir, whole or not, in the order of their steps."""
    folder = workdir / FOLDER
    places = (folder / _BEST, folder / _KEPT, folder)
    found = {step_of(path): path for place in places for path in _in(place)}
    return [found[step] for step in sorted(found)]


def find(workdir: Path, step: int) -> Path:
    """The whole checkpoint of a step.

    Raises:
      UserError: there is none of that step, or it is damaged; those that are there are named.
    """
    paths = _some(workdir)
    for path in paths:
        if step_of(path) == step:
            if harm := damage(path):
                raise UserError(f"{path}: is damaged ({harm}); choose another checkpoint")
            return path
    there = ", ".join(str(step_of(path)) for path in paths)
    raise UserError(f"{workdir}: no checkpoint of step {step}; there are {there}")


def find_best(workdir: Path) -> Path:
    """The whole checkpoint with the best score.

    Raises:
      UserError: there is none, or it is damaged.
    """
    paths = _in(workdir / FOLDER / _BEST)
    if not paths:
        raise UserError(
            f"{workdir}: no checkpoint is known to be the best; evaluate_every=5 in training "
            f"scores every fifth epoch"
        )
    # Two, where a process was killed between keeping the new one and removing the old.
    path = max(paths, key=step_of)
    if harm := damage(path):
        raise UserError(f"{path}: is damaged ({harm}); choose another checkpoint")
    return path


def newest_whole(workdir: Path) -> tuple[Path, list[str]]:
    """The newest checkpoint that can be read from end to end.

    Returns:
      Its path, and a line about each newer one that is damaged.

    Raises:
      UserError: there is none. Nothing is changed.
    """
    damaged: list[str] = []
    for path in reversed(_some(workdir)):
        harm = damage(path)
        if not harm:
            return path, damaged
        damaged.append(f"{path}: is damaged ({harm}) and is passed over")
    raise UserError(
        f"{workdir / FOLDER}: all {len(damaged)} checkpoints are damaged, the newest first: "
        f"{'; '.join(line.split(' and is')[0] for line in damaged)}; bring one back from a copy, "
        f"or start anew in another workdir"
    )


def damage(path: Path) -> str | None:
    """What is wrong with a checkpoint; None where it is whole.

    Everything is read, which compares TensorFlow's checksums.
    """
    try:
        reader = tf.train.load_checkpoint(str(path))
        for name in reader.get_variable_to_shape_map():
            reader.get_tensor(name)
    except UNREADABLE as error:
        return reason(error)
    return None


def networks_in(path: Path) -> set[str]:
    """The names of the networks, and of all else, that a whole checkpoint holds."""
    # The variables' own names do not tell: those of a network may be listed as its optimizer's.
    graph = TrackableObjectGraph()
    reader = tf.train.load_checkpoint(str(path))
    graph.ParseFromString(reader.get_tensor("_CHECKPOINTABLE_OBJECT_GRAPH"))
    return {child.local_name for child in graph.nodes[0].children}


def config_in(path: Path) -> Config:
    """The settings of the run that a whole checkpoint is of.

    Raises:
      UserError: it carries none, or such as this version refuses.
    """
    reader = tf.train.load_checkpoint(str(path))
    if not reader.has_tensor(_VALUE.format("config")):
        raise UserError(f"{path}: carries no settings; this program did not write it")
    return from_json(reader.get_tensor(_VALUE.format("config")), str(path))


def pictures_in(path: Path) -> list[int]:
    """What identifies the pictures that a whole checkpoint was trained on: see TrainingState."""
    reader = tf.train.load_checkpoint(str(path))
    return reader.get_tensor(_VALUE.format("state/pictures")).tolist()


def step_of(path: Path) -> int:
    """The training step at which a checkpoint was saved."""
    return int(path.name.removeprefix("ckpt-"))


def keep(path: Path) -> None:
    """Keeps a checkpoint for good, whatever becomes of it where it lies."""
    _copy(path, path.parent / _KEPT)


def keep_best(workdir: Path, step: int) -> None:
    """Keeps the checkpoint of a step as the best, in place of an earlier one.

    Nothing is done where it is kept already, or is no longer there.
    """
    folder = workdir / FOLDER
    path = folder / f"ckpt-{step}"
    if path in _in(folder) and path.name not in [best.name for best in _in(folder / _BEST)]:
        _copy(path, folder / _BEST)
        for file in (folder / _BEST).glob("ckpt-*"):
            if file.name.split(".")[0] != path.name:
                file.unlink()


def tidy(workdir: Path) -> None:
    """Removes what a save left behind that was killed half way, and makes TensorFlow's list anew.

    To be called by the one process that holds the workdir's lock.
    """
    folder = workdir / FOLDER
    indexed = {path.name for path in _in(folder)}
    for file in folder.glob("ckpt-*"):
        if file.is_dir():
            shutil.rmtree(file)
        elif file.name.split(".")[0] not in indexed or ".tempstate" in file.name:
            file.unlink()
    paths = [path.name for path in sorted(_in(folder), key=step_of)]
    if paths:
        # CheckpointManager forgets those that are not younger than the last one preserved.
        state = CheckpointState(
            model_checkpoint_path=paths[-1],
            all_model_checkpoint_paths=paths,
            all_model_checkpoint_timestamps=range(1, len(paths) + 1),
            last_preserved_timestamp=0.0,
        )
        write_file(folder / "checkpoint", text_format.MessageToString(state).encode())


def reason(error: Exception) -> str:
    """An error's first line without what TensorFlow puts around it; its end, where it is long."""
    line = re.sub(r"^\{\{.*?\}\} ?| \[Op:.*", "", first_line(error))
    return line if len(line) <= 200 else f"...{line[-200:]}"


def _some(workdir: Path) -> list[Path]:
    paths = find_all(workdir)
    if not paths:
        raise UserError(
            f"{workdir}: holds no trained model; python scripts/train.py --workdir={workdir} "
            f"trains one"
        )
    return paths


def _in(folder: Path) -> list[Path]:
    paths = [path.with_suffix("") for path in folder.glob("ckpt-*.index")]
    return [path for path in paths if path.name.removeprefix("ckpt-").isdecimal()]


def _copy(path: Path, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    # In this order `.index` is last, as with TensorFlow: a checkpoint without one is none.
    for file in sorted(path.parent.glob(f"{path.name}.*")):
        _link(file, folder / file.name)


def _link(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:  # Not every file system can.
        partial = target.with_name(f".{target.name}.partial")
        shutil.copyfile(source, partial)
        partial.replace(target)
