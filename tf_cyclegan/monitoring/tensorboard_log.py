"""logs/: what TensorBoard shows of a run."""

import contextlib
import importlib.util
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf

from tf_cyclegan.monitoring import scalars
from tf_cyclegan.system.errors import UserError
from tf_cyclegan.system.files import is_full, set_aside
from tf_cyclegan.system.tensorflow_paths import for_tensorflow


def check() -> None:
    """Raises UserError if TensorBoard, which tf.summary.scalar needs, is not installed."""
    # TensorFlow 2.21 does not install it; tf.summary then lacks its functions.
    if importlib.util.find_spec("tensorboard") is None:
        raise UserError(
            "the package tensorboard is not installed, which writes a run's curves: "
            "python -m pip install tensorboard"
        )


class TensorBoardLog:
    """Writes scalars and sample sheets to workdir/logs.

    Args:
      workdir: the run's folder.
      step: the step to resume from. Later points, of a run that was killed after its last
        checkpoint, are removed: training is about to repeat them.

    Logs that cannot be used are renamed, with a warning, and new ones begun. Where writing fails,
    as on a full disk, an OSError or tf.errors.OpError is raised, and the next call tries again.

    Raises:
      UserError: TensorBoard is not installed.
    """

    def __init__(self, workdir: Path, step: int):
        check()
        self._folder, self._step = workdir / "logs", step
        self._writer: tf.summary.SummaryWriter | None = None
        # The next point says what is wrong.
        with contextlib.suppress(OSError, tf.errors.OpError):
            self._writer = self._opened()

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Logs numbers by their names in history.csv, except epoch and step."""
        with self._at(step):
            for name, value in values.items():
                if scalars.family(name) != "place":
                    tf.summary.scalar(scalars.tag(name), value)

    def sheet(self, step: int, sheet: np.ndarray) -> None:
        """Logs a sample sheet, uint8 (height, width, 3), and flushes."""
        with self._at(step) as writer:
            tf.summary.image("samples", sheet[None])
            writer.flush()

    def close(self) -> None:
        """Flushes and closes the file."""
        if self._writer is not None:
            self._writer.close()

    @contextlib.contextmanager
    def _at(self, step: int) -> Iterator[tf.summary.SummaryWriter]:
        """The writer, opened if it is not, as the default for points of a step."""
        try:
            self._writer = self._writer or self._opened()
            with self._writer.as_default(step):
                yield self._writer
            self._step = step
        except (OSError, tf.errors.OpError):
            self._writer = None
            raise

    def _opened(self) -> tf.summary.SummaryWriter:
        try:
            return _writer(self._folder, self._step)
        except (OSError, tf.errors.OpError) as error:
            full = isinstance(error, tf.errors.ResourceExhaustedError)
            if full or (isinstance(error, OSError) and is_full(error)):
                raise
            set_aside(self._folder, error)
            return _writer(self._folder, self._step)


def _writer(folder: Path, step: int) -> tf.summary.SummaryWriter:
    folder.mkdir(parents=True, exist_ok=True)
    _forget_after(folder, step)
    return tf.summary.create_file_writer(str(for_tensorflow(folder / "events").parent))


def _forget_after(folder: Path, step: int) -> None:
    """Removes events after a step from the event files.

    TensorFlow 1 wrote a SessionLog event for this (`purge_step`), which create_file_writer has no
    argument for and TensorBoard's Rust reader ignores.
    """
    for path in sorted(folder.glob("*tfevents*")):
        records = list(_complete_records(path))
        kept = [record for record in records if tf.compat.v1.Event.FromString(record).step <= step]
        if len(kept) == len(records):
            continue
        partial = folder / ".partial"
        with tf.io.TFRecordWriter(str(for_tensorflow(partial))) as writer:
            for record in kept:
                writer.write(record)
        partial.replace(path)


def _complete_records(path: Path) -> Iterator[bytes]:
    try:
        yield from tf.data.TFRecordDataset(str(for_tensorflow(path))).as_numpy_iterator()
    except tf.errors.DataLossError:
        # A killed run may leave its last record incomplete.
        return
