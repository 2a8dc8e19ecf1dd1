"""What is saved, and how it comes back: all of it, or an error."""

import contextlib
import shutil
from collections.abc import Sequence
from pathlib import Path

import keras
import tensorflow as tf

from tf_cyclegan.checkpoints import files as checkpoint_files
from tf_cyclegan.checkpoints.files import UNREADABLE, reason
from tf_cyclegan.config import Config
from tf_cyclegan.config.json_file import to_json
from tf_cyclegan.model.cyclegan import NETWORKS, CycleGAN
from tf_cyclegan.model.precision import loss_scales
from tf_cyclegan.system.errors import UserError


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
    """Saves and restores a run in its workdir: `checkpoints/ckpt-STEP`.

    A checkpoint holds the networks and `NAME_optimizer`s under the names of the tutorial's, the
    dropouts' random state, the image pools, the loss scales of float16, the training state, and the
    run's settings.

    Only the process that holds the workdir's lock may make one: what a killed save left behind is
    removed.
    """

    def __init__(self, workdir: Path, model: CycleGAN, state: TrainingState, config: Config):
        self._state = state
        self._config_text = to_json(config)
        self._config = tf.Variable(self._config_text, dtype=tf.string, trainable=False)
        self._objects = tutorial_objects(model) | {
            "dropout": model.dropout_state(),
            "pools": model.pools,
            "state": state,
            "config": self._config,
        }
        self._scales = {"loss_scales": model.loss_scales} if model.loss_scales else {}
        self._checkpoint = tf.train.Checkpoint(**self._objects, **self._scales)
        checkpoint_files.tidy(workdir)
        self._manager = tf.train.CheckpointManager(
            self._checkpoint,
            str(workdir / checkpoint_files.FOLDER),
            max_to_keep=config.max_to_keep,
        )

    def save(self, keep: bool = False) -> Path:
        """Saves under the number of the step, and returns the checkpoint's path.

        Args:
          keep: whether it is to stay for good, beside the newest.

        Raises:
          UserError: the files cannot be written; the earlier checkpoints are as they were.
        """
        path = _save(self._manager, self._state.step)
        if keep:
            checkpoint_files.keep(path)
        return path

    def restore(self, path: Path) -> None:
        """Restores a whole checkpoint, all of it.

        Raises:
          UserError: it does not match the model.
        """
        checkpoint = self._checkpoint
        if (scaled := "loss_scales" in checkpoint_files.networks_in(path)) != bool(self._scales):
            # A run may go on in another precision: only float16 has these.
            scales = {"loss_scales": loss_scales(NETWORKS)} if scaled else {}
            checkpoint = tf.train.Checkpoint(**self._objects, **scales)
        _restore(checkpoint, str(path), whole=True)
        self._config.assign(self._config_text)


def tutorial_objects(model: CycleGAN) -> dict[str, tf.train.Checkpoint]:
    """What the tutorial's notebook saves, by the names that it gives them."""
    named = {name: getattr(model, name) for name in NETWORKS}
    return named | {f"{name}_optimizer": model.optimizers[name] for name in NETWORKS}


def save_networks(workdir: Path, networks: dict[str, keras.Model], config: Config) -> None:
    """Saves networks alone, by name, with the settings, as the checkpoint of step 0.

    Raises:
      UserError: the files cannot be written.
    """
    settings = tf.Variable(to_json(config), dtype=tf.string, trainable=False)
    checkpoint = tf.train.Checkpoint(**networks, config=settings)
    folder = workdir / checkpoint_files.FOLDER
    _save(tf.train.CheckpointManager(checkpoint, str(folder), max_to_keep=1), 0)


def _save(manager: tf.train.CheckpointManager, step: int | tf.Variable) -> Path:
    try:
        return Path(manager.save(checkpoint_number=step))
    except (tf.errors.OpError, OSError) as error:
        folder = Path(manager.directory)
        with contextlib.suppress(OSError):
            checkpoint_files.tidy(folder.parent)
        raise UserError(
            f"{folder}: a checkpoint cannot be written ({reason(error)}){_room(folder)}; the "
            f"earlier ones are whole: make room or make it writable, and run again"
        ) from error


def _room(folder: Path) -> str:
    """How much room there is on the disk, and how much a checkpoint takes."""
    sizes: dict[str, int] = {}
    for file in folder.glob("ckpt-*.*"):
        sizes[file.stem] = sizes.get(file.stem, 0) + file.stat().st_size
    free = f"; {shutil.disk_usage(folder).free / 2**20:.0f} MiB are free there"
    return f"{free}, and one takes {max(sizes.values()) / 2**20:.0f} MiB" if sizes else free


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
            f"({reason(error)}); use the workdir and the version that it was saved with"
        ) from error
    except UNREADABLE as error:
        raise UserError(f"{path}: cannot be read ({reason(error)})") from error
