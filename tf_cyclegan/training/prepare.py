"""What must hold before anything is built: the workdir, the checkpoints, the pictures."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tf_cyclegan.checkpoints import files as checkpoint_files
from tf_cyclegan.config import Config
from tf_cyclegan.config.resuming import refuse_other_run
from tf_cyclegan.data import training_pictures
from tf_cyclegan.data.input_pipeline import InputPipeline
from tf_cyclegan.data.training_pictures import TrainingPictures
from tf_cyclegan.evaluation.judge import Judge
from tf_cyclegan.monitoring import tensorboard_log
from tf_cyclegan.monitoring.samples import Samples
from tf_cyclegan.system.errors import UserError
from tf_cyclegan.training import init_from


@dataclass(frozen=True)
class Prepared:
    """The parts of a run that need no model.

    Attributes:
      config: the settings.
      workdir: the run's folder.
      pictures: training and test pictures.
      pipeline: the training batches.
      newest: the checkpoint to resume from; None for a new run.
      start: the checkpoint whose networks a new run starts from; None for new ones.
      total: total number of training steps.
      samples: the test pictures that are translated after each epoch.
      judge: scores epochs; None where `evaluate_every` is not set.
    """

    config: Config
    workdir: Path
    pictures: TrainingPictures
    pipeline: InputPipeline
    newest: Path | None
    start: Path | None
    total: int
    samples: Samples
    judge: Judge | None

    @property
    def done(self) -> int:
        """Training steps done before."""
        return checkpoint_files.step_of(self.newest) if self.newest else 0


def prepare(config: Config, workdir: Path, say: Callable[[str], None]) -> Prepared:
    """Checks everything that a user may have got wrong, and decodes every picture once.

    Args:
      config: the settings.
      workdir: a folder whose lock is held.
      say: called with a line for each damaged checkpoint and each unusable picture.

    Raises:
      UserError: as `train` says. Nothing is written.
    """
    tensorboard_log.check()
    newest = _checkpoint(config, workdir, say)
    start = None if newest else init_from.find(config, say)
    pictures = training_pictures.load(config, say)
    pipeline = InputPipeline(pictures.train_x, pictures.train_y, config)
    total = pipeline.steps_per_epoch * config.epochs
    total = min(total, config.max_steps or total)
    finished = newest is not None and checkpoint_files.step_of(newest) >= total
    # What an imported run, at step 0, was trained on is not known.
    trained = newest is not None and 0 < checkpoint_files.step_of(newest) < total
    if newest and trained and checkpoint_files.pictures_in(newest) != pictures.fingerprints():
        raise UserError(
            f"{workdir}: was trained on other pictures than those in {config.dataset} now, so it "
            f"cannot be resumed; restore them, or start a new run in another workdir"
        )
    samples = Samples(*pictures.shown(config.limit_test), config)
    judge = None
    if config.evaluate_every and not finished:
        judge = Judge(config, pictures.test_x, pictures.test_y)
    return Prepared(config, workdir, pictures, pipeline, newest, start, total, samples, judge)


def check_writable(workdir: Path) -> None:
    """Refuses a workdir, or folder of checkpoints, that cannot be made or written to.

    Raises:
      UserError: it cannot.
    """
    wanted = workdir / checkpoint_files.FOLDER
    existing = next(path for path in [wanted, *wanted.absolute().parents] if path.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        raise UserError(f"workdir={workdir}: {existing} cannot be written to; choose another one")


def _checkpoint(config: Config, workdir: Path, say: Callable[[str], None]) -> Path | None:
    """The newest whole checkpoint, if it is of this run; reports damaged newer ones."""
    if not checkpoint_files.find_all(workdir):
        return None
    newest, damaged = checkpoint_files.newest_intact(workdir)
    refuse_other_run(checkpoint_files.config_in(newest), config, str(workdir))
    if "discriminator_x" not in checkpoint_files.object_names(newest):
        raise UserError(
            f"{workdir}: holds imported generators, which translate but cannot be trained on; "
            f"train in another workdir"
        )
    for line in damaged:
        say(line)
    return newest
