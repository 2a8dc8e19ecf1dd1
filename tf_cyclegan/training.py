"""Training: from a Config and a workdir to a trained model."""

import os
import time
import zlib
from dataclasses import dataclass
from pathlib import Path

import tensorflow as tf

from tf_cyclegan import checkpoints, datasets, history, images, schedules
from tf_cyclegan.checkpoints import Checkpoints, TrainingState
from tf_cyclegan.config import CONFIG_FILE, Config, read_json, refuse_other_run, to_json
from tf_cyclegan.cyclegan import CycleGAN
from tf_cyclegan.datasets.pictures import Pictures
from tf_cyclegan.errors import UserError
from tf_cyclegan.files import write_file
from tf_cyclegan.input_pipeline import InputPipeline
from tf_cyclegan.progress import Progress
from tf_cyclegan.samples import Samples


@dataclass(frozen=True)
class Outcome:
    """What `train` did.

    Attributes:
      steps: training steps done in all.
      epochs: whole epochs done in all.
      trained: whether this call trained at all; False where the run had ended before.
      tested: whether there are test pictures of both domains.
    """

    steps: int
    epochs: int
    trained: bool
    tested: bool = True


def train(config: Config, workdir: Path, progress: Progress | None = None) -> Outcome:
    """Trains up to `config.epochs` epochs in all, from the newest checkpoint where there is one.

    Writes into `workdir`: config.json, checkpoints/, samples/epoch_NNNN.png, history.csv.

    Args:
      config: the settings.
      workdir: a folder, made where it is missing.
      progress: shows what goes on; silent where it is None.

    Raises:
      UserError: the workdir holds another run or cannot be written to, the data set cannot be had,
        or a picture in it cannot be read. Nothing is written then.
    """
    progress = progress or Progress()
    _check_workdir(config, workdir)
    if config.deterministic:
        tf.config.experimental.enable_op_determinism()
    train_x, train_y, test_x, test_y = _load_pictures(config)
    tested = bool(test_x and test_y)
    pipeline = InputPipeline(train_x, train_y, config)
    total = pipeline.steps_per_epoch * config.epochs
    total = min(total, config.max_steps or total)
    if (done := _steps_done(workdir)) >= total:
        return Outcome(done, done // pipeline.steps_per_epoch, trained=False, tested=tested)
    pipeline.check()
    shown = (test_x or train_x.first(config.limit_test), test_y or train_y.first(config.limit_test))
    samples = Samples(*shown, config)

    if config.decay_start is not None and config.decay_start >= config.epochs:
        progress.say(
            f"The learning rate stays as it is: its decay starts after {config.decay_start} epochs"
        )
    model = CycleGAN(config)
    progress.say(f"{_device()}; computing in {model.precision}")
    state = TrainingState(len(model.loss_names), [_fingerprint(train_x), _fingerprint(train_y)])
    saved = Checkpoints(workdir, model, state, config.max_to_keep)
    _restore(saved, state, workdir, progress)
    write_file(workdir / CONFIG_FILE, to_json(config).encode())
    history.forget_after(workdir, int(state.step) // pipeline.steps_per_epoch)
    run = _Run(config, workdir, model, state, saved, samples, pipeline.steps_per_epoch)
    progress.start(int(state.step), total, pipeline.steps_per_epoch, 2 * config.batch_size)
    try:
        for x, y in pipeline.batches(int(state.step), total):
            losses = model.train_step(x, y)
            run.count(losses)
            progress.step(losses)
        run.save()
    finally:
        progress.stop()
    return Outcome(total, total // pipeline.steps_per_epoch, trained=True, tested=tested)


@dataclass
class _Run:
    """What happens beside the steps: the epoch's end with its samples, history and checkpoint."""

    config: Config
    workdir: Path
    model: CycleGAN
    state: TrainingState
    saved: Checkpoints
    samples: Samples
    steps_per_epoch: int

    def __post_init__(self) -> None:
        # The step as a number of Python's: reading the variable would wait for the device.
        self._step = self._saved_step = int(self.state.step)
        self._begin_epoch(self._step // self.steps_per_epoch)

    def count(self, losses: dict[str, tf.Tensor]) -> None:
        self._step += 1
        self.state.step.assign_add(1)
        self.state.loss_sums.assign_add(tf.cast(tf.stack(list(losses.values())), tf.float64))
        if self._step % self.steps_per_epoch == 0:
            self._end_epoch(self._step // self.steps_per_epoch)

    def save(self) -> None:
        """Saves, unless this very step is saved already."""
        if self._saved_step != self._step:
            self.saved.save()
            self._saved_step = self._step

    def _end_epoch(self, epoch: int) -> None:
        means = self.state.loss_sums.numpy() / self.steps_per_epoch
        began, first = self._since
        speed = (self._step - first) / (time.monotonic() - began)
        row = {"epoch": epoch, "step": self._step, "steps_per_second": speed}
        row["learning_rate"] = self._rate
        named = zip(self.model.loss_names, means.tolist(), strict=True)
        history.append(self.workdir, row | dict(named))
        self.state.loss_sums.assign(tf.zeros_like(self.state.loss_sums))
        if epoch % self.config.checkpoint_every == 0:
            self.save()
        sheet = self.samples.sheet(self.model)
        images.write_png(self.workdir / "samples" / f"epoch_{epoch:04}.png", sheet)
        self._begin_epoch(epoch)

    def _begin_epoch(self, epochs_done: int) -> None:
        self._since = (time.monotonic(), self._step)
        self._rate = schedules.learning_rate(
            self.config.learning_rate, epochs_done, self.config.epochs, self.config.decay_start
        )
        self.model.set_learning_rate(self._rate)


def _check_workdir(config: Config, workdir: Path) -> None:
    if checkpoints.has_checkpoint(workdir):
        refuse_other_run(read_json(workdir / CONFIG_FILE), config, str(workdir))
        if "discriminator_x" not in checkpoints.networks_in(checkpoints.find(workdir, None)):
            raise UserError(
                f"{workdir}: holds imported generators, which translate but cannot be trained on; "
                f"train in another --workdir"
            )
    there = next(path for path in [workdir, *workdir.absolute().parents] if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise UserError(f"--workdir={workdir}: {there} cannot be written to; choose another one")


def _load_pictures(config: Config) -> list[Pictures]:
    """trainA, trainB, testA, testB, limited."""

    def load(split: str, limit: int | None) -> Pictures:
        return datasets.load(
            config.dataset, split, image_size=config.image_size, data_dir=config.data_dir
        ).first(limit)

    train = [load(f"train{domain}", config.limit_train) for domain in "AB"]
    return train + [load(f"test{domain}", config.limit_test) for domain in "AB"]


def _steps_done(workdir: Path) -> int:
    if not checkpoints.has_checkpoint(workdir):
        return 0
    return int(checkpoints.find(workdir, None).name.removeprefix("ckpt-"))


def _restore(saved: Checkpoints, state: TrainingState, workdir: Path, progress: Progress) -> None:
    pictures = state.pictures.numpy().tolist()
    path = saved.restore_newest()
    if path is None:
        return
    if state.pictures.numpy().tolist() != pictures:
        raise UserError(
            f"{workdir}: its training pictures were others than those that are there now, so the "
            f"run cannot be continued; bring them back, or start a new one with another --workdir"
        )
    progress.say(f"Continuing from step {int(state.step)}, {path}")


def _fingerprint(pictures: Pictures) -> int:
    return zlib.crc32("\n".join(pictures.names).encode())


def _device() -> str:
    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        cores = os.cpu_count()
        return f"Training on the CPU, {cores} cores: no GPU found (BUILD.md: what to do about it)"
    names = [tf.config.experimental.get_device_details(gpu).get("device_name") for gpu in gpus]
    return f"Training on the GPU: {names[0] or gpus[0].name}"
