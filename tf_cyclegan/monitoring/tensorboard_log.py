"""logs/: what TensorBoard shows of a run."""

import importlib.util
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf

from tf_cyclegan.monitoring import scalars
from tf_cyclegan.system.errors import UserError

_FOLDER = "logs"


def check() -> None:
    """Raises UserError where TensorBoard is missing, which tf.summary.scalar needs."""
    # TensorFlow 2.21 does not install it; tf.summary then lacks its functions.
    if importlib.util.find_spec("tensorboard") is None:
        raise UserError(
            "the package tensorboard is not installed, which writes a run's curves: "
            "python -m pip install tensorboard"
        )


class TensorBoardLog:
    """Writes scalars and sample sheets into workdir/logs.

    Args:
      workdir: the run's folder.
      step: training steps that are behind. Points beyond it, of a run that was killed after its
        last checkpoint, are taken away: training is about to repeat them.

    Raises:
      UserError: TensorBoard is missing.
    """

    def __init__(self, workdir: Path, step: int):
        check()
        folder = workdir / _FOLDER
        _forget_after(folder, step)
        self._writer = tf.summary.create_file_writer(str(folder))

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Writes numbers by their names in history.csv, of which epoch and step are left out."""
        with self._writer.as_default(step):
            for name, value in values.items():
                if scalars.family(name) != "place":
                    tf.summary.scalar(scalars.tag(name), value)

    def sheet(self, step: int, sheet: np.ndarray) -> None:
        """Writes a sample sheet, uint8 (height, width, 3), and puts all that is written on disk."""
        with self._writer.as_default(step):
            tf.summary.image("samples", sheet[None])
        self._writer.flush()

    def close(self) -> None:
        """Puts on disk what is not there yet."""
        self._writer.close()


def _forget_after(folder: Path, step: int) -> None:
    """Takes the points beyond a step out of the event files.

    TensorFlow 1 wrote a SessionLog event instead (`purge_step`, for which create_file_writer has no
    argument); TensorBoard's own reader, the one written in Rust, pays no heed to it.
    """
    for path in sorted(folder.glob("*tfevents*")):
        records = list(_whole_records(path))
        kept = [record for record in records if tf.compat.v1.Event.FromString(record).step <= step]
        if len(kept) == len(records):
            continue
        partial = folder / ".partial"
        with tf.io.TFRecordWriter(str(partial)) as writer:
            for record in kept:
                writer.write(record)
        partial.replace(path)


def _whole_records(path: Path) -> Iterator[bytes]:
    try:
        yield from tf.data.TFRecordDataset(str(path)).as_numpy_iterator()
    except tf.errors.DataLossError:
        # The last record of a run that was killed may be half there.
        return
