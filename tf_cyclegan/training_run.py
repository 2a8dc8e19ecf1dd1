"""A run under way: its steps, and what happens at the end of epochs and when it is time to save."""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf

from tf_cyclegan import divergence, history, images, intervals, samples, schedules
from tf_cyclegan.checkpoints import Checkpoints, TrainingState
from tf_cyclegan.config import Config
from tf_cyclegan.cyclegan import NETWORKS, CycleGAN
from tf_cyclegan.errors import UserError
from tf_cyclegan.input_pipeline import InputPipeline
from tf_cyclegan.losses import ADVERSARIAL_LOSSES
from tf_cyclegan.progress import Progress
from tf_cyclegan.samples import Cycle, Samples

# Seconds between two looks for numbers that are not finite: looking waits for the device.
_LOOK_EVERY = 5.0
# Before that a generator's pictures say little about what it is up to.
_LEAST_STEPS = 500


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
    progress: Progress

    def __post_init__(self) -> None:
        # The step as a number of Python's: reading the variable would wait for the device.
        self.step = self._saved_step = self._first_step = int(self.state.step)
        self._saved_at = self._looked_at = time.monotonic()
        self._save_every = intervals.parse(self.config.checkpoint_every, "checkpoint_every")
        self._warned: set[str] = set()
        self._begin_epoch(self.step // self.pipeline.steps_per_epoch)

    def train_on(self, x: np.ndarray, y: np.ndarray) -> None:
        """Does one step with its batch, and what is due after it.

        Raises:
          UserError: training has diverged, or something cannot be written.
        """
        losses = self.model.train_step(x, y)
        self.step += 1
        self.state.step.assign_add(1)
        self.state.loss_sums.assign_add(tf.cast(tf.stack(list(losses.values())), tf.float64))
        now = time.monotonic()
        if now - self._looked_at > _LOOK_EVERY:
            self._looked_at = now
            self._refuse_divergence()
        if self.step % self.pipeline.steps_per_epoch == 0:
            self._end_epoch(self.step // self.pipeline.steps_per_epoch)
        if self._is_kept() or self._save_every.is_due(
            self.step, self.pipeline.steps_per_epoch, now - self._saved_at
        ):
            self.save()
        self.progress.step(losses)

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

    def _is_kept(self) -> bool:
        """Whether this step ends one of the epochs that are kept for good."""
        every = self.config.keep_every
        return every is not None and self.step % (every * self.pipeline.steps_per_epoch) == 0

    def _begin_epoch(self, epochs_done: int) -> None:
        self._since = (time.monotonic(), self.step)
        self._rate = schedules.learning_rate(
            self.config.learning_rate, epochs_done, self.config.epochs, self.config.decay_start
        )
        self.model.set_learning_rate(self._rate)

    def _end_epoch(self, epoch: int) -> None:
        self._refuse_divergence()
        means = self.state.loss_sums.numpy() / self.pipeline.steps_per_epoch
        began, first = self._since
        speed = (self.step - first) / (time.monotonic() - began)
        row = {"epoch": epoch, "step": self.step, "steps_per_second": speed}
        row["learning_rate"] = self._rate
        named = zip(self.model.loss_names, means.tolist(), strict=True)
        history.append(self.workdir, row | dict(named))
        self.state.loss_sums.assign(tf.zeros_like(self.state.loss_sums))
        translated = self.samples.translate(self.model)
        path = self.workdir / "samples" / f"epoch_{epoch:04}.png"
        images.write_png(path, samples.sheet(translated))
        self._warn(translated)
        self._begin_epoch(epoch)

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

    def _warn(self, translated: dict[str, list[Cycle]]) -> None:
        """Tells, once each, about failures that the losses do not show as such."""
        chance = ADVERSARIAL_LOSSES[self.config.adversarial_loss].chance
        if name := divergence.winner(history.read(self.workdir), chance):
            self._say_once(
                f"Warning: {name} has told real from fake without effort for a long time, so that "
                f"the generator learns little from it; what helps: --adversarial_loss=lsgan, "
                f"--pool_size=50, a lower --learning_rate, more varied pictures"
            )
        for direction, cycles in translated.items():
            inputs, fakes = ([cycle[i] for cycle in cycles] for i in range(2))
            if self.step >= _LEAST_STEPS and divergence.is_inverted(inputs, fakes):
                self._say_once(
                    f"Warning: the translations {direction} look like negatives, dark where the "
                    f"picture is bright, which does not mend itself; what helps: another --seed in "
                    f"another --workdir, a higher --identity_weight"
                )

    def _say_once(self, line: str) -> None:
        if line not in self._warned:
            self._warned.add(line)
            self.progress.say(line)
