"""What is done at the end of steps, epochs and the run: a small class for each thing."""

import contextlib
import time
from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from tf_cyclegan.config import intervals
from tf_cyclegan.data import encoding
from tf_cyclegan.model.cyclegan import NETWORKS
from tf_cyclegan.monitoring import animation, charts, report, scalars, thumbnails
from tf_cyclegan.monitoring.facts import Facts
from tf_cyclegan.monitoring.samples import Translations
from tf_cyclegan.monitoring.tensorboard_log import TensorBoardLog
from tf_cyclegan.system.files import write_output
from tf_cyclegan.training.advice import Advice
from tf_cyclegan.training.run import Callback, Epoch, Run

# Steps between two points in TensorBoard.
_LOG_EVERY = 100


class LogScalars(Callback):
    """Logs mean losses for TensorBoard: every 100 steps, and at an epoch's end of those since."""

    def __init__(self, run: Run, log: TensorBoardLog):
        super().__init__(run)
        self._log = log
        self._step, self._sums = run.step, run.loss_sums()

    def epoch_ended(self, epoch: Epoch) -> None:
        self._write()
        self._sums = np.zeros_like(self._sums)

    def step_ended(self) -> None:
        if self.run.step % _LOG_EVERY == 0 and not self.run.ends_epoch:
            self._write()

    def _write(self) -> None:
        step, sums = self.run.step, self.run.loss_sums()
        means = (sums - self._sums) / (step - self._step)
        self._log.scalars(step, self.run.scalars(means))
        self._step, self._sums = step, sums


class Score(Callback):
    """Scores every `evaluate_every`-th epoch."""

    def __init__(self, run: Run, log: TensorBoardLog):
        super().__init__(run)
        self._log = log

    def epoch_ended(self, epoch: Epoch) -> None:
        judge, every = self.run.prepared.judge, self.run.prepared.config.evaluate_every
        if judge is None or every is None or epoch.number % every:
            return
        found = judge.scores(self.run.built.model.translators)
        scores = {f"score_{name}": value for name, value in found.items()}
        epoch.row.update(scores)
        self._log.scalars(self.run.step, scores)


class WriteHistory(Callback):
    """Adds the epoch's row to history.csv."""

    def epoch_ended(self, epoch: Epoch) -> None:
        self.run.history.append(epoch.row)


class WriteSamples(Callback):
    """Writes samples/epoch_NNNN.png, and the same sheet for TensorBoard."""

    def __init__(self, run: Run, log: TensorBoardLog):
        super().__init__(run)
        self._log = log

    def epoch_ended(self, epoch: Epoch) -> None:
        sheet = epoch.translated.sheet()
        path = thumbnails.sheet_path(self.run.prepared.workdir, epoch.number)
        write_output(path, encoding.encode(sheet))
        self._log.sheet(self.run.step, sheet)


class Advise(Callback):
    """Tells of failures that the losses do not show."""

    def __init__(self, run: Run):
        super().__init__(run)
        self._advice = Advice(run.progress.say, run.prepared.config.adversarial_loss)

    def epoch_ended(self, epoch: Epoch) -> None:
        self._advice.look(self.run.history.rows, epoch.translated)


class Save(Callback):
    """Saves every `checkpoint_every`, and every `keep_every`-th epoch for good."""

    accessory = False

    def __init__(self, run: Run):
        super().__init__(run)
        config = run.prepared.config
        self._every = intervals.parse(config.checkpoint_every, "checkpoint_every")
        self._keep_every = (config.keep_every or 0) * run.steps_per_epoch
        self._saved_at = time.monotonic()

    def step_ended(self) -> None:
        step = self.run.step
        keep = bool(self._keep_every) and step % self._keep_every == 0
        seconds = time.monotonic() - self._saved_at
        if keep or self._every.is_due(step, self.run.steps_per_epoch, seconds):
            self.run.save(keep)
            self._saved_at = time.monotonic()


class KeepBest(Callback):
    """Saves the epoch with the best score, and keeps its checkpoint beside the newest."""

    accessory = False

    def run_began(self) -> None:
        """A process may have been killed between saving the best and keeping it."""
        self._keep()

    def step_ended(self) -> None:
        best = scalars.best(self.run.history.rows)
        if self.run.ends_epoch and best is not None and best["step"] == self.run.step:
            self.run.save()
            self._keep()

    def _keep(self) -> None:
        if (best := scalars.best(self.run.history.rows)) is not None:
            self.run.built.checkpoints.keep_best(int(best["step"]))


class Draw(Callback):
    """Draws losses.png and the animations: ever more rarely, since that takes seconds."""

    def epoch_ended(self, epoch: Epoch) -> None:
        if animation.due(epoch.number):
            self._draw(epoch.number)

    def run_ended(self, translated: Translations) -> None:
        self._draw(self.run.step // self.run.steps_per_epoch)

    def _draw(self, epoch: int) -> None:
        workdir, config = self.run.prepared.workdir, self.run.prepared.config
        animation.write(workdir, epoch)
        charts.write(workdir, self.run.history.rows, config.adversarial_loss)


class WriteReport(Callback):
    """Writes report.html: at the start, after each epoch once that is saved, and at the end."""

    def __init__(self, run: Run):
        super().__init__(run)
        prepared, built = run.prepared, run.built
        self._facts = Facts(
            pictures=prepared.pictures.counts(),
            parameters={name: getattr(built.model, name).count_params() for name in NETWORKS},
            device=built.device,
            steps=prepared.total,
            started=time.time(),
        )
        self._translated: Translations | None = None

    def run_began(self) -> None:
        self._write()

    def epoch_ended(self, epoch: Epoch) -> None:
        self._translated = epoch.translated

    def step_ended(self) -> None:
        if self.run.ends_epoch:
            self._write()

    def run_ended(self, translated: Translations) -> None:
        self._translated = translated
        self._write(finished=True)

    def _write(self, finished: bool = False) -> None:
        workdir, config = self.run.prepared.workdir, self.run.prepared.config
        rows = self.run.history.rows
        report.write(workdir, config, self._facts, rows, self._translated, finished)


@contextlib.contextmanager
def of(run: Run) -> Iterator[list[Callback]]:
    """The callbacks of a run, in their order, to be used within the context."""
    log = TensorBoardLog(run.prepared.workdir, run.step)
    try:
        yield [
            LogScalars(run, log),
            Score(run, log),
            WriteHistory(run),
            WriteSamples(run, log),
            Advise(run),
            Save(run),
            KeepBest(run),
            Draw(run),
            WriteReport(run),
        ]
    finally:
        # All that matters is flushed, with a warning where that failed.
        with contextlib.suppress(OSError, tf.errors.OpError):
            log.close()
