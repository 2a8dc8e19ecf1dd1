"""A run under way: its steps, and what happens at the end of epochs and when it is time to save."""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf

from tf_cyclegan import checkpoint_files, divergence, intervals, schedules
from tf_cyclegan.advice import Advice
from tf_cyclegan.checkpoints import Checkpoints, TrainingState
from tf_cyclegan.config import Config
from tf_cyclegan.cyclegan import NETWORKS, CycleGAN
from tf_cyclegan.errors import UserError
from tf_cyclegan.evaluation.judge import Judge
from tf_cyclegan.input_pipeline import InputPipeline
from tf_cyclegan.monitoring import history, scalars
from tf_cyclegan.monitoring.monitor import Monitor
from tf_cyclegan.progress import Progress
from tf_cyclegan.samples import Samples
from tf_cyclegan.stopwatch import Stopwatch

# Seconds between two looks for numbers that are not finite: looking waits for the device.
_LOOK_EVERY = 5.0
# Steps between two points in TensorBoard.
_LOG_EVERY = 100


@dataclass
class TrainingRun:
    """The model of a run with everything that is kept of it.

    Attributes:
      step: training steps done in all.
    """

    config: Config
    workdir: Path
    model: CycleGAN
    state: TrainingState
    saved: Checkpoints
    samples: Samples
    pipeline: InputPipeline
    monitor: Monitor
    progress: Progress
    judge: Judge | None = None

    def __post_init__(self) -> None:
        # The step as a number of Python's: reading the variable would wait for the device.
        self.step = self._saved_step = self._first_step = int(self.state.step)
        self._saved_at = self._looked_at = time.monotonic()
        self._save_every = intervals.parse(self.config.checkpoint_every, "checkpoint_every")
        self._advice = Advice(self.progress.say, self.config.adversarial_loss)
        self._stopwatch = Stopwatch()
        self._logged = (self.step, self.state.loss_sums.numpy())
        self._begin_epoch(self.step // self.pipeline.steps_per_epoch)
        # A process may have been killed between saving the best and keeping it.
        self._keep_best()

    def train_on(self, x: np.ndarray, y: np.ndarray) -> None:
        """Does one step with its batch, and what is due after it.

        Raises:
          UserError: training has diverged, or something cannot be written.
        """
        self._stopwatch.step_begins()
        losses = self.model.train_step(x, y)
        self.step += 1
        self.state.step.assign_add(1)
        self.state.loss_sums.assign_add(tf.cast(tf.stack(list(losses.values())), tf.float64))
        self.progress.step(losses)
        now = time.monotonic()
        if now - self._looked_at > _LOOK_EVERY:
            self._looked_at = now
            self._refuse_divergence()
        ends_epoch = self.step % self.pipeline.steps_per_epoch == 0
        if ends_epoch or self.step % _LOG_EVERY == 0:
            self._log()
        if ends_epoch:
            self._end_epoch(self.step // self.pipeline.steps_per_epoch)
        is_best = ends_epoch and self._best_step() == self.step
        if (
            is_best
            or self._is_kept()
            or self._save_every.is_due(
                self.step, self.pipeline.steps_per_epoch, now - self._saved_at
            )
        ):
            self.save()
        if is_best:
            self._keep_best()
        if ends_epoch:
            self._stopwatch.start()
        else:
            self._stopwatch.step_ends()

    def save(self) -> None:
        """Saves, unless this very step is saved already.

        Raises:
          UserError: training has diverged, or the checkpoint cannot be written.
        """
        if self._saved_step == self.step:
            return
        self._refuse_divergence()
        broken = divergence.not_finite({name: getattr(self.model, name) for name in NETWORKS})
        if broken:
            raise self._diverged(self.step - 1, broken)
        self.saved.save(keep=self._is_kept())
        self._saved_step, self._saved_at = self.step, time.monotonic()

    def finish(self) -> None:
        """Shows the end of the run."""
        epochs = self.step // self.pipeline.steps_per_epoch
        self.monitor.finish(epochs, self.samples.translate(self.model))

    def _is_kept(self) -> bool:
        """Whether this step ends one of the epochs that are kept for good."""
        every = self.config.keep_every
        return every is not None and self.step % (every * self.pipeline.steps_per_epoch) == 0

    def _best_step(self) -> int | None:
        """The step of the epoch with the best score so far."""
        best = scalars.best(history.read(self.workdir))
        return None if best is None else int(best["step"])

    def _keep_best(self) -> None:
        if (step := self._best_step()) is not None:
            checkpoint_files.keep_best(self.workdir, step)

    def _begin_epoch(self, epochs_done: int) -> None:
        self._rate = schedules.learning_rate(
            self.config.learning_rate, epochs_done, self.config.epochs, self.config.decay_start
        )
        self.model.set_learning_rate(self._rate)

    def _log(self) -> None:
        """Shows the means since the last time."""
        (step, before), sums = self._logged, self.state.loss_sums.numpy()
        means = ((sums - before) / (self.step - step)).tolist()
        self.monitor.scalars(self.step, self._scalars(means))
        self._logged = (self.step, sums)

    def _end_epoch(self, epoch: int) -> None:
        self._refuse_divergence()
        means = self.state.loss_sums.numpy() / self.pipeline.steps_per_epoch
        row = {"epoch": epoch, "step": self.step, **self._scalars(means.tolist())}
        if self.judge is not None and epoch % (self.config.evaluate_every or 1) == 0:
            generators = {"AtoB": self.model.generator_g, "BtoA": self.model.generator_f}
            row |= (scores := self.judge.scores(generators))
            self.monitor.scalars(self.step, scores)
        translated = self.samples.translate(self.model)
        self.monitor.epoch(row, translated)
        self._advice.look(history.read(self.workdir), translated)
        self.state.loss_sums.assign(tf.zeros_like(self.state.loss_sums))
        self._logged = (self.step, np.zeros_like(means))
        self._begin_epoch(epoch)

    def _scalars(self, means: list[float]) -> dict[str, float]:
        """All that is shown of the steps, by name, given the means of what they returned."""
        norms = {f"gradient_norm_{n}": float(v) for n, v in self.model.gradient_norms.items()}
        named = zip(self.model.scalar_names, means, strict=True)
        return self._stopwatch.read() | {"learning_rate": self._rate} | dict(named) | norms

    def _refuse_divergence(self) -> None:
        if found := self.model.finite_check.found():
            raise self._diverged(self._first_step + found[0], found[1])

    def _diverged(self, step: int, names: list[str]) -> UserError:
        x, y = self.pipeline.names_at(step)
        pictures = [f"trainA/{name}" for name in x] + [f"trainB/{name}" for name in y]
        saved = f"ckpt-{self._saved_step} is good" if self._saved_step else "nothing is saved"
        return UserError(
            f"{self.workdir}: training diverged in step {step + 1}: {', '.join(names)} stopped "
            f"being finite, on the pictures {', '.join(pictures)}; {saved}; train again in another "
            f"--workdir with a lower --learning_rate (it was {self._rate:g})"
        )
