"""What a run shows of itself: history.csv, sample sheets, curves, TensorBoard, the report."""

from collections.abc import Mapping
from pathlib import Path

from tf_cyclegan import images
from tf_cyclegan.config import Config
from tf_cyclegan.monitoring import animation, charts, history, report, thumbnails
from tf_cyclegan.monitoring.report_sections import Facts
from tf_cyclegan.monitoring.tensorboard_log import TensorBoardLog
from tf_cyclegan.samples import Translations


class Monitor:
    """Writes all of it into the workdir.

    Args:
      workdir: the run's folder.
      config: the settings.
      facts: what the report says beside them.
      step: training steps that are behind; what is there of later ones is taken away.
      steps_per_epoch: steps that an epoch takes.
    """

    def __init__(
        self, workdir: Path, config: Config, facts: Facts, step: int, steps_per_epoch: int
    ):
        self._workdir = workdir
        self._config = config
        self._facts = facts
        history.forget_after(workdir, step // steps_per_epoch)
        self._log = TensorBoardLog(workdir, step)
        report.write(workdir, config, facts)

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Shows numbers within an epoch, by their names in history.csv, to TensorBoard alone."""
        self._log.scalars(step, values)

    def epoch(self, row: Mapping[str, float], translated: Translations) -> None:
        """Shows an epoch: its `row` of history.csv, and the test pictures at its end."""
        epoch, sheet = int(row["epoch"]), translated.sheet()
        history.append(self._workdir, row)
        images.write_png(thumbnails.sheet_path(self._workdir, epoch), sheet)
        self._log.sheet(int(row["step"]), sheet)
        if animation.due(epoch):
            self._draw(epoch)
        report.write(self._workdir, self._config, self._facts, translated)

    def finish(self, epochs: int, translated: Translations) -> None:
        """Shows the end of the run, whose checkpoint is saved."""
        self._draw(epochs)
        report.write(self._workdir, self._config, self._facts, translated, finished=True)

    def close(self) -> None:
        """Puts on disk what is not there yet."""
        self._log.close()

    def _draw(self, epoch: int) -> None:
        # What takes seconds. It does not come with each epoch: see `animation.due`.
        animation.write(self._workdir, epoch)
        charts.write(self._workdir, self._config.adversarial_loss)
