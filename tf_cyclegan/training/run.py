"""A run under way: its steps and epochs."""

import time
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from tf_cyclegan.model import finite_check, schedules
from tf_cyclegan.model.cyclegan import NETWORKS
from tf_cyclegan.monitoring.history import History
from tf_cyclegan.system.errors import UserError
from tf_cyclegan.system.interruptions import Interruptions
from tf_cyclegan.training.build import Built
from tf_cyclegan.training.callbacks import Callback, Epoch
from tf_cyclegan.training.prepare import Prepared
from tf_cyclegan.training.progress import Progress
from tf_cyclegan.training.stopwatch import Stopwatch

# Seconds between two looks for numbers that are not finite: looking waits for the device.
_LOOK_EVERY = 5.0


class Run:
    """The steps of a run, and what callbacks may ask of it.

    Attributes:
      step: training steps done in all.
      saved_step: the step of the newest checkpoint.
      history: the rows of history.csv.
      callbacks: what is done at the end of steps and epochs.
    """

    def __init__(self, prepared: Prepared, built: Built, progress: Progress):
        self.step = self.saved_step = self._first_step = prepared.done
        self.steps_per_epoch = prepared.pipeline.steps_per_epoch
        self.history = History(prepared.workdir)
        self.history.forget_after(self.step // self.steps_per_epoch)
        self.callbacks: Sequence[Callback] = ()
        self._prepared = prepared
        self._model, self._state, self._checkpoints = built.model, built.state, built.checkpoints
        self._progress = progress
        self._stopwatch = Stopwatch()
        self._looked_at = time.monotonic()
        self._begin_epoch()

    def train(self) -> int | None:
        """Trains to the end. Returns the signal that stopped it before, if one did.

        Raises:
          UserError: training has diverged, or something cannot be written.
        """
        prepared, progress = self._prepared, self._progress
        pictures = 2 * prepared.config.batch_size
        progress.start(self.step, prepared.total, self.steps_per_epoch, pictures)
        try:
            with Interruptions(progress.say) as interruptions:
                for x, y in prepared.pipeline.batches(self.step, prepared.total):
                    self.train_on(x, y)
                    if interruptions.signal is not None:
                        break
                self.save()
                if self.step == prepared.total:
                    translated = prepared.samples.translate(self._model)
                    for callback in self.callbacks:
                        callback.run_ended(translated)
        finally:
            progress.stop()
        return interruptions.signal if self.step < prepared.total else None

    def train_on(self, x: np.ndarray, y: np.ndarray) -> None:
        """Does one step with its batch, and what is due after it.

        Raises:
          UserError: training has diverged, or something cannot be written.
        """
        self._stopwatch.step_begins()
        losses = self._model.train_step(x, y)
        self.step += 1
        self._state.step.assign_add(1)
        self._state.loss_sums.assign_add(tf.cast(tf.stack(list(losses.values())), tf.float64))
        self._progress.step(losses, self._stopwatch.read().get("steps_per_second"))
        if self.ends_epoch or time.monotonic() - self._looked_at > _LOOK_EVERY:
            self._refuse_divergence()
        if self.ends_epoch:
            self._end_epoch()
        for callback in self.callbacks:
            callback.step_ended()
        if self.ends_epoch:
            self._stopwatch.start()
        else:
            self._stopwatch.step_ends()

    @property
    def ends_epoch(self) -> bool:
        """Whether the newest step was the last one of an epoch."""
        return self.step % self.steps_per_epoch == 0

    def save(self, keep: bool = False) -> None:
        """Saves, unless this very step is saved already.

        Args:
          keep: whether the checkpoint is to stay for good.

        Raises:
          UserError: training has diverged, or the checkpoint cannot be written.
        """
        if self.saved_step == self.step:
            return
        self._refuse_divergence()
        networks = {name: getattr(self._model, name) for name in NETWORKS}
        if broken := finite_check.not_finite(networks):
            raise self._diverged(self.step - 1, broken)
        self._checkpoints.save(keep)
        self.saved_step = self.step

    def loss_sums(self) -> np.ndarray:
        """The sums of what the steps of this epoch returned, in the order of `scalar_names`."""
        return self._state.loss_sums.numpy()

    def scalars(self, means: np.ndarray) -> dict[str, float]:
        """All that is shown of steps, by name, given the means of what they returned."""
        norms = {f"gradient_norm_{n}": float(v) for n, v in self._model.gradient_norms.items()}
        named = zip(self._model.scalar_names, means.tolist(), strict=True)
        return self._stopwatch.read() | {"learning_rate": self._rate} | dict(named) | norms

    def _begin_epoch(self) -> None:
        config = self._prepared.config
        self._rate = schedules.learning_rate(
            config.learning_rate,
            self.step // self.steps_per_epoch,
            config.epochs,
            config.decay_start,
        )
        self._model.set_learning_rate(self._rate)

    def _end_epoch(self) -> None:
        number = self.step // self.steps_per_epoch
        row: dict[str, float] = {"epoch": number, "step": self.step}
        row |= self.scalars(self.loss_sums() / self.steps_per_epoch)
        epoch = Epoch(number, row, self._prepared.samples.translate(self._model))
        for callback in self.callbacks:
            callback.epoch_ended(epoch)
        self._state.loss_sums.assign(tf.zeros_like(self._state.loss_sums))
        self._begin_epoch()

    def _refuse_divergence(self) -> None:
        self._looked_at = time.monotonic()
        if found := self._model.finite_check.found():
            raise self._diverged(self._first_step + found[0], found[1])

    def _diverged(self, step: int, names: list[str]) -> UserError:
        x, y = self._prepared.pipeline.names_at(step)
        pictures = [f"trainA/{name}" for name in x] + [f"trainB/{name}" for name in y]
        saved = f"ckpt-{self.saved_step} is good" if self.saved_step else "nothing is saved"
        return UserError(
            f"{self._prepared.workdir}: training diverged in step {step + 1}: {', '.join(names)} "
            f"stopped being finite, on the pictures {', '.join(pictures)}; {saved}; train again in "
            f"another workdir with a lower learning_rate (it was {self._rate:g})"
        )
