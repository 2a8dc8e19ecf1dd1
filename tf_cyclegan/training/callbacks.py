"""What is done at the end of steps, of epochs and of the run."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tf_cyclegan.checkpoints import files as checkpoint_files
from tf_cyclegan.config import Config, intervals
from tf_cyclegan.data import images
from tf_cyclegan.evaluation.judge import Judge
from tf_cyclegan.model.cyclegan import NETWORKS, CycleGAN
from tf_cyclegan.monitoring import animation, charts, report, scalars, thumbnails
from tf_cyclegan.monitoring.facts import Facts
from tf_cyclegan.monitoring.history import History
from tf_cyclegan.monitoring.samples import Translations
from tf_cyclegan.monitoring.tensorboard_log import TensorBoardLog
from tf_cyclegan.training.advice import Advice
from tf_cyclegan.training.build import Built
from tf_cyclegan.training.prepare import Prepared

if TYPE_CHECKING:
    from tf_cyclegan.training.run import Run

# Steps between two points in TensorBoard.
_LOG_EVERY = 100


@dataclass(frozen=True)
class Epoch:
    """An epoch at its end.

    Attributes:
      number: counted from 1.
      row: its row of history.csv, which callbacks may add to.
      translated: the test pictures as the generators translate them now.
    """

    number: int
    row: dict[str, float]
    translated: Translations


class Callback:
    """Does nothing.

    At an epoch's end all are told of the epoch, then all of its last step.
    """

    def epoch_ended(self, epoch: Epoch) -> None:
        """An epoch is over, the means of its losses still there."""

    def step_ended(self) -> None:
        """A step is over, and the state is the one to be saved."""

    def run_ended(self, translated: Translations) -> None:
        """The run is over and saved."""


class WriteScalars(Callback):
    """Writes means of what steps returned to TensorBoard: every 100 steps, and of an epoch's rest.

    Args:
      run: under way.
      log: where to write.
    """

    def __init__(self, run: "Run", log: TensorBoardLog):
        self._run, self._log = run, log
        self._step, self._sums = run.step, run.loss_sums()

    def epoch_ended(self, epoch: Epoch) -> None:
        self._write()
        self._sums = np.zeros_like(self._sums)

    def step_ended(self) -> None:
        if self._run.step % _LOG_EVERY == 0 and not self._run.ends_epoch:
            self._write()

    def _write(self) -> None:
        step, sums = self._run.step, self._run.loss_sums()
        means = (sums - self._sums) / (step - self._step)
        self._log.scalars(step, self._run.scalars(means))
        self._step, self._sums = step, sums


class Score(Callback):
    """Scores every `evaluate_every`-th epoch, for history.csv and TensorBoard."""

    def __init__(self, model: CycleGAN, judge: Judge, every: int, log: TensorBoardLog):
        self._generators = {"AtoB": model.generator_g, "BtoA": model.generator_f}
        self._judge, self._every, self._log = judge, every, log

    def epoch_ended(self, epoch: Epoch) -> None:
        if epoch.number % self._every == 0:
            scores = self._judge.scores(self._generators)
            epoch.row.update(scores)
            self._log.scalars(int(epoch.row["step"]), scores)


class WriteHistory(Callback):
    """Adds the epoch's row to history.csv."""

    def __init__(self, history: History):
        self._history = history

    def epoch_ended(self, epoch: Epoch) -> None:
        self._history.append(epoch.row)


class WriteSamples(Callback):
    """Writes samples/epoch_NNNN.png, and the same sheet for TensorBoard."""

    def __init__(self, workdir: Path, log: TensorBoardLog):
        self._workdir, self._log = workdir, log

    def epoch_ended(self, epoch: Epoch) -> None:
        sheet = epoch.translated.sheet()
        images.write_png(thumbnails.sheet_path(self._workdir, epoch.number), sheet)
        self._log.sheet(int(epoch.row["step"]), sheet)


class Advise(Callback):
    """Tells what goes wrong without showing in the losses, and what helps."""

    def __init__(self, history: History, advice: Advice):
        self._history, self._advice = history, advice

    def epoch_ended(self, epoch: Epoch) -> None:
        self._advice.look(self._history.rows, epoch.translated)


class Save(Callback):
    """Saves every `checkpoint_every`, and every `keep_every`-th epoch for good."""

    def __init__(self, run: "Run", config: Config):
        self._run = run
        self._every = intervals.parse(config.checkpoint_every, "checkpoint_every")
        self._keep_every = config.keep_every
        self._saved_at = time.monotonic()

    def step_ended(self) -> None:
        run = self._run
        keep_every = (self._keep_every or 0) * run.steps_per_epoch
        keep = bool(keep_every) and run.step % keep_every == 0
        seconds = time.monotonic() - self._saved_at
        if keep or self._every.is_due(run.step, run.steps_per_epoch, seconds):
            run.save(keep)
            self._saved_at = time.monotonic()


class KeepBest(Callback):
    """Saves the epoch with the best score, and keeps its checkpoint beside the newest."""

    def __init__(self, run: "Run", workdir: Path):
        self._run, self._workdir = run, workdir
        # A process may have been killed between saving the best and keeping it.
        self._keep()

    def step_ended(self) -> None:
        best = scalars.best(self._run.history.rows)
        if self._run.ends_epoch and best is not None and best["step"] == self._run.step:
            self._run.save()
            self._keep()

    def _keep(self) -> None:
        if (best := scalars.best(self._run.history.rows)) is not None:
            checkpoint_files.keep_best(self._workdir, int(best["step"]))


class Draw(Callback):
    """Draws losses.png and the animations: not after each epoch, since that takes seconds."""

    def __init__(self, run: "Run", workdir: Path, adversarial_loss: str):
        self._run, self._workdir, self._adversarial_loss = run, workdir, adversarial_loss

    def epoch_ended(self, epoch: Epoch) -> None:
        if animation.due(epoch.number):
            self._draw(epoch.number)

    def run_ended(self, translated: Translations) -> None:
        self._draw(self._run.step // self._run.steps_per_epoch)

    def _draw(self, epoch: int) -> None:
        animation.write(self._workdir, epoch)
        charts.write(self._workdir, self._run.history.rows, self._adversarial_loss)


class WriteReport(Callback):
    """Writes report.html: at the start, after each epoch once that is saved, and at the end."""

    def __init__(self, run: "Run", workdir: Path, config: Config, facts: Facts):
        self._run, self._workdir, self._config, self._facts = run, workdir, config, facts
        self._translated: Translations | None = None
        self._write()

    def epoch_ended(self, epoch: Epoch) -> None:
        self._translated = epoch.translated

    def step_ended(self) -> None:
        if self._run.ends_epoch:
            self._write()

    def run_ended(self, translated: Translations) -> None:
        self._translated = translated
        self._write(finished=True)

    def _write(self, finished: bool = False) -> None:
        rows = self._run.history.rows
        report.write(self._workdir, self._config, self._facts, rows, self._translated, finished)


@contextlib.contextmanager
def of(
    run: "Run", prepared: Prepared, built: Built, say: Callable[[str], None]
) -> Iterator[list[Callback]]:
    """The callbacks of a run, in their order, usable within the context.

    Args:
      run: whose they are.
      prepared, built: what it was made of.
      say: is given a line of advice.
    """
    config, workdir, history = prepared.config, prepared.workdir, run.history
    facts = Facts(
        pictures=prepared.pictures.counts(),
        parameters={name: getattr(built.model, name).count_params() for name in NETWORKS},
        device=built.device,
        steps=prepared.total,
        started=time.time(),
    )
    log = TensorBoardLog(workdir, run.step)
    callbacks: list[Callback] = [WriteScalars(run, log)]
    if prepared.judge is not None:
        callbacks.append(Score(built.model, prepared.judge, config.evaluate_every or 1, log))
    callbacks += [
        WriteHistory(history),
        WriteSamples(workdir, log),
        Advise(history, Advice(say, config.adversarial_loss)),
        Save(run, config),
        KeepBest(run, workdir),
        Draw(run, workdir, config.adversarial_loss),
        WriteReport(run, workdir, config, facts),
    ]
    try:
        yield callbacks
    finally:
        log.close()
