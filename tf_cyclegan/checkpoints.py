"""What is saved, and how it comes back: all of it, or an error."""

from collections.abc import Sequence
from pathlib import Path

import keras
import tensorflow as tf
from tensorflow.core.protobuf.trackable_object_graph_pb2 import TrackableObjectGraph

from tf_cyclegan.cyclegan import NETWORKS, CycleGAN
from tf_cyclegan.errors import UserError
from tf_cyclegan.precision import loss_scales

_FOLDER = "checkpoints"
# What TensorFlow raises for files that are damaged or missing.
_UNREADABLE = (tf.errors.OpError, OSError, IndexError)


class TrainingState(tf.Module):
    """How far training is.

    Attributes:
      step: int64, training steps done in all. The epoch and the place in it follow from it.
      loss_sums: float64, the sums of the losses over the steps of the present epoch.
      pictures: int64, what identifies the training pictures of each domain.
    """

    def __init__(self, losses: int, pictures: Sequence[int]):
        super().__init__()
        self.pictures = tf.Variable(pictures, dtype=tf.int64, trainable=False)
        self.step = tf.Variable(0, dtype=tf.int64, trainable=False)
        self.loss_sums = tf.Variable(tf.zeros(losses, tf.float64), trainable=False)


class Checkpoints:
    """The checkpoints of one workdir: `checkpoints/ckpt-STEP`.

    A checkpoint holds the networks and `NAME_optimizer`s under the names of the tutorial's, the
    dropouts' random state, the image pools, the loss scales of float16, and the training state.
    """

    def __init__(self, workdir: Path, model: CycleGAN, state: TrainingState, max_to_keep: int):
        self._state = state
        self._objects = tutorial_objects(model) | {
            "dropout": model.dropout_state(),
            "pools": model.pools,
            "state": state,
        }
        self._scales = {"loss_scales": model.loss_scales} if model.loss_scales else {}
        self._checkpoint = tf.train.Checkpoint(**self._objects, **self._scales)
        self._manager = tf.train.CheckpointManager(
            self._checkpoint, str(workdir / _FOLDER), max_to_keep=max_to_keep
        )

    def save(self) -> Path:
        """Saves under the number of the step, and returns the checkpoint's path.

        Raises:
          UserError: the files cannot be written.
        """
        return _save(self._manager, self._state.step)

    def restore_newest(self) -> Path | None:
        """Restores the newest checkpoint, whole; None where there is none.

        Raises:
          UserError: it does not match the model, or cannot be read.
        """
        newest = self._manager.latest_checkpoint
        if newest is None:
            return None
        checkpoint = self._checkpoint
        if (scaled := "loss_scales" in networks_in(Path(newest))) != bool(self._scales):
            # A run may go on in another precision: only float16 has these.
            scales = {"loss_scales": loss_scales()} if scaled else {}
            checkpoint = tf.train.Checkpoint(**self._objects, **scales)
        _restore(checkpoint, newest, whole=True)
        return Path(newest)


def tutorial_objects(model: CycleGAN) -> dict[str, tf.train.Checkpoint]:
    """What the tutorial's notebook saves, by the names that it gives them."""
    named = {name: getattr(model, name) for name in NETWORKS}
    return named | {f"{name}_optimizer": model.optimizers[name] for name in NETWORKS}


def has_checkpoint(workdir: Path) -> bool:
    """Whether anything is saved in this workdir.

    Raises:
      UserError: something is, but the list of it is damaged.
    """
    return bool(_saved(workdir))


def find(workdir: Path, step: int | None) -> Path:
    """The checkpoint of a step; the newest where `step` is None.

    Raises:
      UserError: there is none, or none of that step; those that are there are named.
    """
    paths = _saved(workdir)
    if not paths:
        raise UserError(
            f"{workdir}: holds no trained model; python scripts/train.py --workdir={workdir} "
            f"trains one"
        )
    if step is None:
        return paths[-1]
    for path in paths:
        if path.name == f"ckpt-{step}":
            return path
    there = ", ".join(path.name.removeprefix("ckpt-") for path in paths)
    raise UserError(f"{workdir}: no checkpoint of step {step}; there are {there}")


def _saved(workdir: Path) -> list[Path]:
    """The checkpoints that TensorFlow's list in the folder names, the newest last."""
    folder = workdir / _FOLDER
    try:
        state = tf.train.get_checkpoint_state(str(folder))
    except ValueError:
        state = None
    paths = [Path(path) for path in state.all_model_checkpoint_paths] if state else []
    if not paths and list(folder.glob("*.index")):
        # To go on as if nothing were there would save over what is.
        raise UserError(
            f"{folder / 'checkpoint'}: the list of the checkpoints beside it is missing or "
            f"damaged; bring it back, or start anew with another --workdir"
        )
    return paths


def networks_in(path: Path) -> set[str]:
    """The names of the networks, and of all else, that a checkpoint holds.

    Raises:
      UserError: it cannot be read.
    """
    # The variables' own names do not tell: those of a network may be listed as its optimizer's.
    graph = TrackableObjectGraph()
    try:
        reader = tf.train.load_checkpoint(str(path))
        graph.ParseFromString(reader.get_tensor("_CHECKPOINTABLE_OBJECT_GRAPH"))
        return {child.local_name for child in graph.nodes[0].children}
    except _UNREADABLE as error:
        raise UserError(f"{path}: cannot be read ({_first_line(error)})") from error


def save_networks(workdir: Path, networks: dict[str, keras.Model]) -> None:
    """Saves networks alone, by name, as the checkpoint of step 0.

    Raises:
      UserError: the files cannot be written.
    """
    checkpoint = tf.train.Checkpoint(**networks)
    manager = tf.train.CheckpointManager(checkpoint, str(workdir / _FOLDER), max_to_keep=1)
    _save(manager, 0)


def _save(manager: tf.train.CheckpointManager, step: int | tf.Variable) -> Path:
    try:
        return Path(manager.save(checkpoint_number=step))
    except (tf.errors.OpError, OSError) as error:
        raise UserError(
            f"{manager.directory}: a checkpoint cannot be written ({_first_line(error)}); make "
            f"room or make it writable, and run again"
        ) from error


def restore_networks(path: Path, **networks: keras.Model) -> None:
    """Restores networks alone, by name: generators for translation, for example.

    Raises:
      UserError: the checkpoint does not hold them in this shape, or cannot be read.
    """
    _restore(tf.train.Checkpoint(**networks), str(path), whole=False)


def restore_tutorial(path: str, model: CycleGAN) -> None:
    """Restores what the tutorial's notebook saved, under the same TensorFlow.

    Args:
      path: the checkpoint's prefix, such as `checkpoints/train/ckpt-8`.

    Raises:
      UserError: the checkpoint does not match the model, or cannot be read.
    """
    _restore(tf.train.Checkpoint(**tutorial_objects(model)), path, whole=False)


def _restore(checkpoint: tf.train.Checkpoint, path: str, whole: bool) -> None:
    try:
        status = checkpoint.restore(path)
        if whole:
            status.assert_consumed()
        else:
            status.assert_existing_objects_matched().expect_partial()
    except (AssertionError, ValueError) as error:
        raise UserError(
            f"{path}: does not match the networks that the settings describe "
            f"({_first_line(error)}); use the workdir and the version that it was saved with"
        ) from error
    except _UNREADABLE as error:
        raise UserError(f"{path}: cannot be read ({_first_line(error)})") from error


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
