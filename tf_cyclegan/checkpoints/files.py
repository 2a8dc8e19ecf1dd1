"""The checkpoint files of a workdir: which exist, which are intact, what they hold.

`checkpoints/ckpt-STEP` are the newest, `checkpoints/kept/ckpt-STEP` those kept for good,
`checkpoints/best/ckpt-STEP` is the one with the best score. TensorFlow's own list, the file
`checkpoint`, is not used: a killed process leaves it outdated, and people copy folders without it.
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
# What TensorFlow raises for damaged or missing files.
READ_ERRORS = (tf.errors.OpError, OSError, IndexError, UnicodeDecodeError)


def find_all(workdir: Path) -> list[Path]:
    """All checkpoints of a workdir, intact or not, by step."""
    folder = workdir / FOLDER
    places = (folder / _BEST, folder / _KEPT, folder)
    found = {step_of(path): path for place in places for path in _list(place)}
    return [found[step] for step in sorted(found)]


def find(workdir: Path, step: int) -> Path:
    """The checkpoint of a step, read and found intact.

    Raises:
      UserError: there is none of that step, or it is damaged; the message lists all steps.
    """
    paths = {step_of(path): path for path in _find_any(workdir)}
    if step not in paths:
        raise UserError(
            f"{workdir}: no checkpoint of step {step}; there are {', '.join(map(str, paths))}"
        )
    return _require_intact(paths[step])


def find_best(workdir: Path) -> Path:
    """The checkpoint with the best score, read and found intact.

    Raises:
      UserError: there is none, or it is damaged.
    """
    paths = _list(workdir / FOLDER / _BEST)
    if not paths:
        raise UserError(
            f"{workdir}: no checkpoint has a score; train with evaluate_every=5 to score every "
            "fifth epoch"
        )
    # A process killed in `keep_best` leaves two.
    return _require_intact(max(paths, key=step_of))


def newest_intact(workdir: Path) -> tuple[Path, list[str]]:
    """The newest checkpoint that can be read from end to end.

    Returns:
      Its path, and a line about each newer one that is damaged.

    Raises:
      UserError: there is none.
    """
    damages: dict[Path, str] = {}
    for path in reversed(_find_any(workdir)):
        damage = find_damage(path)
        if not damage:
            return path, [f"{each}: is damaged ({damages[each]}), skipped" for each in damages]
        damages[path] = damage
    listed = "; ".join(f"{path}: is damaged ({damage})" for path, damage in damages.items())
    raise UserError(
        f"{workdir / FOLDER}: all {len(damages)} checkpoints are damaged, newest first: {listed}; "
        "restore one from a backup, or start again in another workdir"
    )


def find_damage(path: Path) -> str | None:
    """What is wrong with a checkpoint, or None. Reads all of it, as checksums are compared then."""
    try:
        reader = tf.train.load_checkpoint(str(path))
        for name in reader.get_variable_to_shape_map():
            reader.get_tensor(name)
    except READ_ERRORS as error:
        return short_reason(error)
    return None


def object_names(path: Path) -> set[str]:
    """The names under which an intact checkpoint holds networks and other objects."""
    # Not from the variables' names: a network's may be listed under its optimizer.
    graph = TrackableObjectGraph()
    reader = tf.train.load_checkpoint(str(path))
    graph.ParseFromString(reader.get_tensor("_CHECKPOINTABLE_OBJECT_GRAPH"))
    return {child.local_name for child in graph.nodes[0].children}


def config_in(path: Path) -> Config:
    """The settings that an intact checkpoint was trained with.

    Raises:
      UserError: it holds none, or this version refuses them.
    """
    reader = tf.train.load_checkpoint(str(path))
    key = _key("config")
    if not reader.has_tensor(key):
        raise UserError(f"{path}: holds no settings; tf_cyclegan did not write it")
    return from_json(reader.get_tensor(key), str(path))


def pictures_in(path: Path) -> list[int]:
    """Fingerprints of the pictures that an intact checkpoint was trained on (TrainingState)."""
    return tf.train.load_checkpoint(str(path)).get_tensor(_key("state/pictures")).tolist()


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
    if path in _list(folder) and path.name not in [best.name for best in _list(folder / _BEST)]:
        _copy(path, folder / _BEST)
        for file in (folder / _BEST).glob("ckpt-*"):
            if file.name.split(".")[0] != path.name:
                file.unlink()


def clean_up(workdir: Path) -> None:
    """Removes the files of a killed save and rewrites TensorFlow's list.

    Only the process that holds the workdir's lock may call it.
    """
    folder = workdir / FOLDER
    complete = {path.name for path in _list(folder)}
    for file in folder.glob("ckpt-*"):
        if file.is_dir():
            shutil.rmtree(file)
        elif file.name.split(".")[0] not in complete or ".tempstate" in file.name:
            file.unlink()
    names = [path.name for path in sorted(_list(folder), key=step_of)]
    if names:
        # CheckpointManager manages only those with a timestamp after the last one preserved.
        state = CheckpointState(
            model_checkpoint_path=names[-1],
            all_model_checkpoint_paths=names,
            all_model_checkpoint_timestamps=range(1, len(names) + 1),
            last_preserved_timestamp=0.0,
        )
        write_file(folder / "checkpoint", text_format.MessageToString(state).encode())


def short_reason(error: Exception) -> str:
    """The first line of an error without TensorFlow's decorations, at most its last 200 letters."""
    line = re.sub(r"^\{\{.*?\}\} ?| \[Op:.*", "", first_line(error))
    return line if len(line) <= 200 else f"...{line[-200:]}"


def _find_any(workdir: Path) -> list[Path]:
    """As `find_all`; raises a UserError where there are none."""
    if paths := find_all(workdir):
        return paths
    raise UserError(
        f"{workdir}: holds no trained model; python scripts/train.py --workdir={workdir} trains one"
    )


def _require_intact(path: Path) -> Path:
    if damage := find_damage(path):
        raise UserError(f"{path}: is damaged ({damage}); choose another checkpoint")
    return path


def _list(folder: Path) -> list[Path]:
    paths = [path.with_suffix("") for path in folder.glob("ckpt-*.index")]
    return [path for path in paths if path.name.removeprefix("ckpt-").isdecimal()]


def _key(name: str) -> str:
    return f"{name}/.ATTRIBUTES/VARIABLE_VALUE"


def _copy(path: Path, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    # Sorted, `.index` is last: a killed copy has none and does not count as a checkpoint.
    for source in sorted(path.parent.glob(f"{path.name}.*")):
        target = folder / source.name
        target.unlink(missing_ok=True)
        try:
            os.link(source, target)
        except OSError:  # Some file systems have no hard links.
            partial = target.with_name(f".{target.name}.partial")
            shutil.copyfile(source, partial)
            partial.replace(target)
