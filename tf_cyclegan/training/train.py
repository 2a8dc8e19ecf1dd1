"""train(): prepare, build, run."""

from dataclasses import dataclass
from pathlib import Path

from tf_cyclegan.config import Config
from tf_cyclegan.data import sources
from tf_cyclegan.monitoring import report
from tf_cyclegan.system import devices, locks
from tf_cyclegan.training import build, callbacks, prepare
from tf_cyclegan.training.progress import Progress
from tf_cyclegan.training.run import Run


@dataclass(frozen=True)
class Outcome:
    """What `train` did.

    Attributes:
      steps: total training steps done.
      epochs: total epochs completed.
      trained: whether this call trained; False where the run was finished before.
      tested: whether there are test pictures of both domains.
      stopped: the number of the signal that ended training early; None where none did.
    """

    steps: int
    epochs: int
    trained: bool
    tested: bool = True
    stopped: int | None = None


def train(config: Config, workdir: Path | str, progress: Progress | None = None) -> Outcome:
    """Trains to `config.epochs` epochs in total, resuming from the newest whole checkpoint.

    Writes config.json, checkpoints/ and the outputs of `callbacks` into `workdir`. During training,
    SIGINT, SIGTERM and SIGHUP end it after the current step, with a checkpoint.

    Args:
      config: the settings.
      workdir: a folder, created if it is missing.
      progress: reports on the way; None is silent.

    Raises:
      UserError: the workdir holds another run, is in use or cannot be written to, all checkpoints
        are damaged, or the data set is missing or has unusable pictures: nothing is written then.
        Or training diverged, or a checkpoint cannot be written: earlier ones stay whole.
    """
    workdir, progress = Path(workdir), progress or Progress()
    prepare.check_writable(workdir)
    with locks.hold(workdir):
        prepared = prepare.prepare(config, workdir, progress.say)
        finished = prepared.done >= prepared.total
        if finished and report.is_finished(workdir):
            return _outcome(prepared, prepared.done, trained=False)
        devices.prepare_training(config.deterministic)
        if config.attention_mask and not prepared.newest and not sources.is_drawn(config.dataset):
            progress.say(
                "Generators keep what they can of their input; give attention_mask=False if "
                "pictures have to change as a whole"
            )
        progress.say("Building the networks and tracing the training step, which takes a while")
        built = build.build(prepared)
        progress.say(f"Training on {built.device}")
        if prepared.newest:
            progress.say(f"Resuming from step {prepared.done}, {prepared.newest}")
        run = Run(prepared, built, progress)
        with callbacks.of(run) as called:
            run.begin(called)
            if finished:
                # The process that saved the last step was killed before the report was finished.
                run.finish()
                return _outcome(prepared, run.step, trained=False)
            stopped = run.train()
        return _outcome(prepared, run.step, trained=True, stopped=stopped)


def _outcome(
    prepared: prepare.Prepared, step: int, trained: bool, stopped: int | None = None
) -> Outcome:
    epochs = step // prepared.pipeline.steps_per_epoch
    return Outcome(step, epochs, trained, prepared.pictures.tested, stopped)
