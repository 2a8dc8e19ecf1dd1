"""A run under way: its steps and epochs, and the callbacks at their ends."""

import contextlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from tf_cyclegan.model import finite_check, schedules
from tf_cyclegan.model.cyclegan import NETWORKS
from tf_cyclegan.monitoring.history import History
from tf_cyclegan.monitoring.samples import Translations
from tf_cyclegan.system.errors import UserError, reason
from tf_cyclegan.system.interruptions import Interruptions
from tf_cyclegan.training.build import Built
from tf_cyclegan.training.prepare import Prepared
from tf_cyclegan.training.progress import Progress
from tf_cyclegan.training.stopwatch import Stopwatch

# Seconds between two checks for numbers that are not finite: a check waits for the device.
_CHECK_EVERY = 5.0


@dataclass(frozen=True)
class Epoch:
    """An epoch at its end.

    Attributes:
      number: counted from 1.
      row: its row of history.csv, which callbacks may add to.
      translated: the sample pictures, translated by the generators as they are now.
    """

    number: int
    row: dict[str, float]
    translated: Translations


class Callback:
    """Does nothing at the end of steps, epochs and the run.

    At an epoch's end all callbacks see the epoch, then all of them its last step.

    Attributes:
      accessory: whether training goes on, with a warning, when a file cannot be written.
    """

    accessory = True

    def __init__(self, run: "Run"):
        self.run = run

    def run_began(self) -> None:
        """The model is restored."""

    def epoch_ended(self, epoch: Epoch) -> None:
        """The sums of the epoch's losses are still there."""

    def step_ended(self) -> None:
        """The state is what a checkpoint holds."""

    def run_ended(self, translated: Translations) -> None:
        """The last checkpoint is saved."""


class Run:
    """The steps of a run.

    Attributes:
      prepared, built: what the run was made of.
      step: training steps done in total.
      saved_step: the step of the newest checkpoint.
      history: the rows of history.csv.
      callbacks: called in this order.
    """

    def __init__(self, prepared: Prepared, built: Built, progress: Progress):
        self.prepared, self.built, self.progress = prepared, built, progress
        self.step = self.saved_step = self._first_step = prepared.done
        self.steps_per_epoch = prepared.pipeline.steps_per_epoch
        self.history = History(prepared.workdir)
        self.history.resume(self.step // self.steps_per_epoch, built.history)
        self.callbacks: Sequence[Callback] = ()
        self._stopwatch = Stopwatch()
        self._warned: set[str] = set()
        self._checked_at = time.monotonic()
        self._set_learning_rate()

    def begin(self, callbacks: Sequence[Callback]) -> None:
        """Takes the callbacks, which are called from now on."""
        self.callbacks = callbacks
        for callback in callbacks:
            with self._guarded(callback):
                callback.run_began()

    def train(self) -> int | None:
        """Trains to the end. Returns the signal that stopped it before, if one did.

        Raises:
          UserError: training has diverged, or something cannot be written.
        """
        prepared = self.prepared
        pictures = 2 * prepared.config.batch_size
        self.progress.start(self.step, prepared.total, self.steps_per_epoch, pictures)
        try:
            with Interruptions(self.progress.say) as interruptions:
                for x, y in prepared.pipeline.batches(self.step, prepared.total):
                    self._train_on(x, y)
                    if interruptions.signal is not None:
                        break
                self.save()
                if self.step >= prepared.total:
                    self.finish()
        finally:
            self.progress.stop()
        return interruptions.signal if self.step < prepared.total else None

    def finish(self) -> None:
        """Lets callbacks do what is due at the end."""
        translated = self.prepared.samples.translate(self.built.model)
        for callback in self.callbacks:
            with self._guarded(callback):
                callback.run_ended(translated)

    @property
    def ends_epoch(self) -> bool:
        """Whether the newest step was the last of an epoch."""
        return self.step % self.steps_per_epoch == 0

    def save(self, keep: bool = False) -> None:
        """Saves a checkpoint, unless there is one of this step.

        Args:
          keep: whether the checkpoint is to stay for good.

        Raises:
          UserError: training has diverged, or the checkpoint cannot be written.
        """
        if self.saved_step == self.step:
            return
        self._refuse_divergence()
        networks = {name: getattr(self.built.model, name) for name in NETWORKS}
        if broken := finite_check.not_finite(networks):
            raise self._diverged(self.step - 1, broken)
        self.built.checkpoints.save(self.history.to_save(), keep)
        self.saved_step = self.step

    def loss_sums(self) -> np.ndarray:
        """The sums of this epoch's losses so far, in the order of `scalar_names`."""
        return self.built.state.loss_sums.numpy()

    def scalars(self, mean_losses: np.ndarray) -> dict[str, float]:
        """All scalars of some steps by name: their mean losses, speed, rate, gradient norms."""
        model = self.built.model
        norms = {f"gradient_norm_{n}": float(v) for n, v in model.gradient_norms.items()}
        named = zip(model.scalar_names, mean_losses.tolist(), strict=True)
        return self._stopwatch.read() | {"learning_rate": self._rate} | dict(named) | norms

    def _train_on(self, x: np.ndarray, y: np.ndarray) -> None:
        """One step, and the callbacks that follow it."""
        state = self.built.state
        self._stopwatch.step_begins()
        losses = self.built.model.train_step(x, y)
        self.step += 1
        state.step.assign_add(1)
        state.loss_sums.assign_add(tf.cast(tf.stack(list(losses.values())), tf.float64))
        self.progress.step(losses, self._stopwatch.read().get("steps_per_second"))
        if self.ends_epoch or time.monotonic() - self._checked_at > _CHECK_EVERY:
            self._refuse_divergence()
        if self.ends_epoch:
            self._end_epoch()
        for callback in self.callbacks:
            with self._guarded(callback):
                callback.step_ended()
        if self.ends_epoch:
            self._stopwatch.start()
        else:
            self._stopwatch.step_ends()

    def _end_epoch(self) -> None:
        number = self.step // self.steps_per_epoch
        row: dict[str, float] = {"epoch": number, "step": self.step}
        row |= self.scalars(self.loss_sums() / self.steps_per_epoch)
        epoch = Epoch(number, row, self.prepared.samples.translate(self.built.model))
        for callback in self.callbacks:
            with self._guarded(callback):
                callback.epoch_ended(epoch)
        self.built.state.loss_sums.assign(tf.zeros_like(self.built.state.loss_sums))
        self._set_learning_rate()

    @contextlib.contextmanager
    def _guarded(self, callback: Callback) -> Iterator[None]:
        """Within it an accessory's file that cannot be written is one warning."""
        try:
            yield
        except (OSError, tf.errors.OpError) as error:
            if not callback.accessory:
                raise
            line = f"Warning: {type(callback).__name__} failed, training goes on: {reason(error)}"
            if line not in self._warned:
                self._warned.add(line)
                self.progress.say(line)

    def _set_learning_rate(self) -> None:
        config, epoch = self.prepared.config, self.step // self.steps_per_epoch
        self._rate = schedules.learning_rate(
            config.learning_rate, epoch, config.epochs, config.decay_start
        )
        self.built.model.set_learning_rate(self._rate)

    def _refuse_divergence(self) -> None:
        self._checked_at = time.monotonic()
        if found := self.built.model.finite_check.found():
            raise self._diverged(self._first_step + found[0], found[1])

    def _diverged(self, step: int, names: list[str]) -> UserError:
        x, y = self.prepared.pipeline.names_at(step)
        pictures = [f"trainA/{name}" for name in x] + [f"trainB/{name}" for name in y]
        saved = f"ckpt-{self.saved_step} is good" if self.saved_step else "no checkpoint is saved"
        return UserError(
            f"{self.prepared.workdir}: training diverged in step {step + 1}: {', '.join(names)} "
            f"stopped being finite, on the pictures {', '.join(pictures)}; {saved}; train again in "
            f"another workdir with a lower learning_rate (it was {self._rate:g})"
        )
