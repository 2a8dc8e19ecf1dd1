"""What is saved, and how it comes back: all of it, or an error."""

from collections.abc import Sequence
from pathlib import Path

import keras
import tensorflow as tf

from tf_cyclegan.cyclegan import NETWORKS, CycleGAN
from tf_cyclegan.errors import UserError

_FOLDER = "checkpoints"


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
    dropouts' random state, and the training state.
    """

    def __init__(self, workdir: Path, model: CycleGAN, state: TrainingState, max_to_keep: int):
        self._state = state
        self._checkpoint = tf.train.Checkpoint(
            **tutorial_objects(model), dropout=model.dropout_state(), state=state
        )
        self._manager = tf.train.CheckpointManager(
            self._checkpoint, str(workdir / _FOLDER), max_to_keep=max_to_keep
        )

    def save(self) -> Path:
        """Saves under the number of the step, and returns the checkpoint's path."""
        return Path(self._manager.save(checkpoint_number=self._state.step))

    def restore_newest(self) -> Path | None:
        """Restores the newest checkpoint, whole; None where there is none.

        Raises:
          UserError: it does not match the model, or cannot be read.
        """
        newest = self._manager.latest_checkpoint
        if newest is None:
            return None
        _restore(self._checkpoint, newest, whole=True)
        return Path(newest)


def tutorial_objects(model: CycleGAN) -> dict[str, tf.train.Checkpoint]:
    """What the tutorial's notebook saves, by the names that it gives them."""
    named = {name: getattr(model, name) for name in NETWORKS}
    return named | {f"{name}_optimizer": model.optimizers[name] for name in NETWORKS}


def has_checkpoint(workdir: Path) -> bool:
    """Whether training in this workdir has saved anything."""
    return tf.train.latest_checkpoint(str(workdir / _FOLDER)) is not None


def find(workdir: Path, step: int | None) -> Path:
    """The checkpoint of a step; the newest where `step` is None.

    Raises:
      UserError: there is none, or none of that step; those that are there are named.
    """
    state = tf.train.get_checkpoint_state(str(workdir / _FOLDER))
    paths = [Path(path) for path in state.all_model_checkpoint_paths] if state else []
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
    except (tf.errors.OpError, OSError, IndexError) as error:
        raise UserError(f"{path}: cannot be read ({_first_line(error)})") from error


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
