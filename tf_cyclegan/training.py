"""Training: from a Config and a workdir to a trained model."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

import tensorflow as tf

from tf_cyclegan import (
    checkpoint_files,
    cores,
    first_values,
    locks,
    precision,
    runtime,
    training_pictures,
)
from tf_cyclegan.checkpoints import Checkpoints, TrainingState
from tf_cyclegan.config import Config, refuse_other_run
from tf_cyclegan.config_file import CONFIG_FILE, to_json
from tf_cyclegan.cyclegan import NETWORKS, CycleGAN
from tf_cyclegan.errors import UserError
from tf_cyclegan.evaluation.judge import Judge
from tf_cyclegan.files import write_file
from tf_cyclegan.input_pipeline import InputPipeline
from tf_cyclegan.interruptions import Interruptions
from tf_cyclegan.monitoring import tensorboard_log
from tf_cyclegan.monitoring.monitor import Monitor
from tf_cyclegan.monitoring.report_sections import Facts
from tf_cyclegan.progress import Progress
from tf_cyclegan.samples import Samples
from tf_cyclegan.training_run import TrainingRun


@dataclass(frozen=True)
class Outcome:
    """What `train` did.

    Attributes:
      steps: training steps done in all.
      epochs: whole epochs done in all.
      trained: whether this call trained at all; False where the run had ended before.
      tested: whether there are test pictures of both domains.
      stopped: the number of the signal that ended it early; None where none did.
    """

    steps: int
    epochs: int
    trained: bool
    tested: bool = True
    stopped: int | None = None


def train(config: Config, workdir: Path, progress: Progress | None = None) -> Outcome:
    """Trains up to `config.epochs` epochs in all, from the newest whole checkpoint if there is one.

    Writes into `workdir` config.json, checkpoints/ and what `Monitor` does. Once steps are done,
    SIGINT, SIGTERM and SIGHUP end it after the present one, with a checkpoint.

    Args:
      config: the settings.
      workdir: a folder, made where it is missing.
      progress: shows what goes on; silent where it is None.

    Raises:
      UserError: the workdir holds another run, is in use or cannot be written to, all checkpoints
        are damaged, the data set cannot be had, or pictures in it cannot be used: nothing is
        written then. Or training diverged, or a checkpoint cannot be written: the earlier ones
        are whole.
    """
    progress = progress or Progress()
    tensorboard_log.check()
    newest, there = _check_workdir(config, workdir, progress)
    runtime.prepare_training(config.deterministic)
    pictures = training_pictures.load(config, progress.say)
    pipeline = InputPipeline(pictures.train_x, pictures.train_y, config)
    total = pipeline.steps_per_epoch * config.epochs
    total = min(total, config.max_steps or total)
    if newest and (done := checkpoint_files.step_of(newest)) >= total:
        return Outcome(done, done // pipeline.steps_per_epoch, False, pictures.tested)
    if newest and checkpoint_files.pictures_in(newest) != pictures.fingerprints():
        raise UserError(
            f"{workdir}: its training pictures were others than those that are there now, so the "
            f"run cannot be continued; bring them back, or start a new one with another --workdir"
        )
    samples = Samples(*pictures.shown(config.limit_test), config)
    judge = Judge(config, pictures.test_x, pictures.test_y) if config.evaluate_every else None
    if config.decay_start is not None and config.decay_start >= config.epochs:
        progress.say(
            f"The learning rate stays as it is: its decay starts after {config.decay_start} epochs"
        )
    device = f"{_device()}; computing in {precision.choose(config)}"
    progress.say(f"Training on {device}")
    progress.say("Building the networks and tracing the training step, which takes a while")
    with first_values.computed_meanwhile():
        model = CycleGAN(config)
        model.train_step.get_concrete_function()
    facts = Facts(
        pictures=pictures.counts(),
        parameters={name: getattr(model, name).count_params() for name in NETWORKS},
        device=device,
        steps=total,
        started=time.time(),
    )
    state = TrainingState(len(model.scalar_names), pictures.fingerprints())
    with locks.hold(workdir):
        if checkpoint_files.find_all(workdir) != there:
            raise UserError(f"{workdir}: another process has just trained here; run again")
        saved = Checkpoints(workdir, model, state, config)
        if newest:
            saved.restore(newest)
            progress.say(f"Continuing from step {int(state.step)}, {newest}")
        write_file(workdir / CONFIG_FILE, to_json(config).encode())
        monitor = Monitor(workdir, config, facts, int(state.step), pipeline.steps_per_epoch)
        run = TrainingRun(
            config, workdir, model, state, saved, samples, pipeline, monitor, progress, judge
        )
        stopped = _train(run, total)
    epochs = run.step // pipeline.steps_per_epoch
    return Outcome(run.step, epochs, True, pictures.tested, stopped)


def _train(run: TrainingRun, total: int) -> int | None:
    """Trains up to step `total`. Returns the signal that stopped it before, if one did."""
    run.progress.start(run.step, total, run.pipeline.steps_per_epoch, 2 * run.config.batch_size)
    try:
        with Interruptions(run.progress.say) as interruptions:
            for x, y in run.pipeline.batches(run.step, total):
                run.train_on(x, y)
                if interruptions.signal is not None:
                    break
            run.save()
            if run.step == total:
                run.finish()
    finally:
        run.progress.stop()
        run.monitor.close()
    return interruptions.signal if run.step < total else None


def _check_workdir(
    config: Config, workdir: Path, progress: Progress
) -> tuple[Path | None, list[Path]]:
    """The newest whole checkpoint, and all that are there; tells about newer ones, damaged."""
    locks.refuse_if_held(workdir)
    existing = next(path for path in [workdir, *workdir.absolute().parents] if path.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK):
        raise UserError(f"--workdir={workdir}: {existing} cannot be written to; choose another one")
    there = checkpoint_files.find_all(workdir)
    if not there:
        return None, there
    newest, damaged = checkpoint_files.newest_whole(workdir)
    refuse_other_run(checkpoint_files.config_in(newest), config, str(workdir))
    if "discriminator_x" not in checkpoint_files.networks_in(newest):
        raise UserError(
            f"{workdir}: holds imported generators, which translate but cannot be trained on; "
            f"train in another --workdir"
        )
    for line in damaged:
        progress.say(line)
    return newest, there


def _device() -> str:
    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        return f"the CPU, {cores.usable()} cores: no GPU found (BUILD.md: what to do about it)"
    names = [tf.config.experimental.get_device_details(gpu).get("device_name") for gpu in gpus]
    return f"the GPU: {names[0] or gpus[0].name}"
