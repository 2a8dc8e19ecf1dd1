"""What checkpoints hold. A checkpoint is restored in full, or an error is raised."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import keras
import tensorflow as tf

from tf_cyclegan.checkpoints import files as checkpoint_files
from tf_cyclegan.checkpoints.files import READ_ERRORS
from tf_cyclegan.config import Config
from tf_cyclegan.config.json_file import to_json
from tf_cyclegan.model.cyclegan import NETWORKS, CycleGAN
from tf_cyclegan.model.precision import loss_scales
from tf_cyclegan.system.errors import UserError, reason
from tf_cyclegan.system.files import free_space
from tf_cyclegan.system.tensorflow_paths import for_tensorflow


class TrainingState(tf.Module):
    """Training progress.

    Attributes:
      step: int64, training steps done; epoch and position in it follow from it.
      loss_sums: float64 (losses,), sums over the steps of the current epoch.
      pictures: int64, fingerprints of each domain's training pictures; zeros in an imported run, at
        step 0.
    """

    def __init__(self, losses: int, pictures: Sequence[int]):
        super().__init__()
        self.pictures = tf.Variable(pictures, dtype=tf.int64, trainable=False)
        self.step = tf.Variable(0, dtype=tf.int64, trainable=False)
        self.loss_sums = tf.Variable(tf.zeros(losses, tf.float64), trainable=False)


class Checkpoints:
    """Saves and restores a run in its workdir: `checkpoints/ckpt-STEP`.

    A checkpoint holds the networks and `NAME_optimizer`s under the tutorial's names, averaged
    generators, the random state of dropout, the image pools, the loss scales of float16, the
    training state, the history, and the settings.

    Only the process that holds the workdir's lock may construct one: it deletes the files of a
    killed save.
    """

    def __init__(self, workdir: Path, model: CycleGAN, state: TrainingState, config: Config):
        self._state = state
        self._config_text = to_json(config)
        self._config = tf.Variable(self._config_text, dtype=tf.string, trainable=False)
        self._objects = _tutorial_objects(model) | {
            **{average_name(name): each for name, each in model.averages.items()},
            "dropout": model.dropout_state(),
            "pools": model.pools,
            "state": state,
            "config": self._config,
        }
        self._history = tf.Variable("", dtype=tf.string, trainable=False)
        self._optional: dict[str, object] = {"history": self._history}
        if model.loss_scales:
            self._optional["loss_scales"] = model.loss_scales
        self._checkpoint = tf.train.Checkpoint(**self._objects, **self._optional)
        checkpoint_files.clean_up(workdir)
        self._folder = workdir / checkpoint_files.FOLDER
        self._manager = _manager(self._checkpoint, self._folder, config.max_to_keep)

    def save(self, history: str = "", keep: bool = False) -> Path:
        """Saves a checkpoint named by the step, and returns its path.

        Args:
          history: the scalars of all epochs so far, as text.
          keep: whether to keep it for good; others are deleted beyond the newest `max_to_keep`.

        Raises:
          UserError: it cannot be written; earlier checkpoints are unchanged.
        """
        self._history.assign(history)
        path = _save(self._manager, self._folder, self._state.step)
        if keep:
            with _told(self._folder):
                checkpoint_files.keep(path)
        return path

    def keep_best(self, step: int) -> None:
        """Keeps the checkpoint of a step as the best, instead of the previous best.

        Raises:
          UserError: it cannot be copied.
        """
        with _told(self._folder):
            checkpoint_files.keep_best(self._folder.parent, step)

    def restore(self, path: Path) -> str:
        """Restores everything from an intact checkpoint, and returns its history.

        The history is empty in checkpoints of earlier versions.

        Raises:
          UserError: it does not match the model.
        """
        # Only float16 has loss scales, and a run may resume in another precision.
        possible = {"loss_scales": loss_scales(NETWORKS)} | self._optional
        saved = checkpoint_files.object_names(path)
        optional = {name: each for name, each in possible.items() if name in saved}
        _restore(tf.train.Checkpoint(**self._objects, **optional), path, whole=True)
        self._config.assign(self._config_text)
        return self._history.numpy().decode()


def average_name(generator: str) -> str:
    """The name under which the average of a generator's weights is saved."""
    return f"ema_{generator}"


def save_networks(workdir: Path, networks: dict[str, keras.Model], config: Config) -> None:
    """Saves networks by name, and the settings, as the checkpoint of step 0.

    Raises:
      UserError: it cannot be written.
    """
    settings = tf.Variable(to_json(config), dtype=tf.string, trainable=False)
    checkpoint = tf.train.Checkpoint(**networks, config=settings)
    folder = workdir / checkpoint_files.FOLDER
    _save(_manager(checkpoint, folder, max_to_keep=1), folder, 0)


def restore_networks(path: Path, **networks: keras.Model) -> None:
    """Restores networks by name and nothing else, such as the generators for translation.

    Raises:
      UserError: the checkpoint does not match them, or cannot be read.
    """
    _restore(tf.train.Checkpoint(**networks), path, whole=False)


def _tutorial_objects(model: CycleGAN) -> dict[str, tf.train.Checkpoint]:
    """What the tutorial's notebook saves, by the names that it uses."""
    named = {name: getattr(model, name) for name in NETWORKS}
    return named | {f"{name}_optimizer": model.optimizers[name] for name in NETWORKS}


def _manager(
    checkpoint: tf.train.Checkpoint, folder: Path, max_to_keep: int
) -> tf.train.CheckpointManager:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"{folder}: cannot be made ({error.strerror}); move what is there"
        ) from error
    return tf.train.CheckpointManager(
        checkpoint, str(for_tensorflow(folder / "checkpoint").parent), max_to_keep
    )


def _save(manager: tf.train.CheckpointManager, folder: Path, step: int | tf.Variable) -> Path:
    path = folder / f"ckpt-{int(step)}"
    with _told(folder, path):
        manager.save(checkpoint_number=step)
    return path


@contextlib.contextmanager
def _told(folder: Path, unfinished: Path | None = None) -> Iterator[None]:
    """Makes one line of the failure of a save, with free space and the size of a checkpoint.

    What there is of an unfinished checkpoint is removed.
    """
    try:
        yield
    except (tf.errors.OpError, OSError) as error:
        with contextlib.suppress(OSError):
            # On a full disk TensorFlow leaves an index that is cut off.
            if unfinished and checkpoint_files.find_fault(unfinished):
                for file in checkpoint_files.files_of(unfinished):
                    file.unlink()
            checkpoint_files.clean_up(folder.parent)
        raise UserError(
            f"{folder}: cannot write a checkpoint ({reason(error)}{free_space(folder)}"
            f"{_needed(folder)}); earlier ones are intact: free space or make the folder writable, "
            "and run again"
        ) from error


def _needed(folder: Path) -> str:
    with contextlib.suppress(OSError):
        if sizes := [checkpoint_files.size_of(path) for path in checkpoint_files.find_in(folder)]:
            return f", a checkpoint takes {max(sizes) / 2**20:.1f} MiB"
    return ""


def _restore(checkpoint: tf.train.Checkpoint, path: Path, whole: bool) -> None:
    try:
        status = checkpoint.restore(str(for_tensorflow(path)))
        if whole:
            status.assert_consumed()
        else:
            status.assert_existing_objects_matched().expect_partial()
    except (AssertionError, ValueError) as error:
        raise UserError(
            f"{path}: does not match the networks of these settings ({reason(error)}); use "
            "the workdir and the version that saved it"
        ) from error
    except READ_ERRORS as error:
        raise UserError(f"{path}: cannot be read ({reason(error)})") from error
