"""train(): prepare, build, run."""

from dataclasses import dataclass
from pathlib import Path

from tf_cyclegan.config import Config
from tf_cyclegan.system import devices, locks
from tf_cyclegan.training import build, callbacks, prepare
from tf_cyclegan.training.progress import Progress
from tf_cyclegan.training.run import Run


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


def train(config: Config, workdir: Path | str, progress: Progress | None = None) -> Outcome:
    """Trains up to `config.epochs` epochs in all, from the newest whole checkpoint if there is one.

    Writes into `workdir` config.json, checkpoints/ and what `callbacks` says. Once steps are done,
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
    workdir, progress = Path(workdir), progress or Progress()
    prepare.check_writable(workdir)
    with locks.hold(workdir):
        prepared = prepare.prepare(config, workdir, progress.say)
        if prepared.done >= prepared.total:
            return _outcome(prepared, prepared.done, trained=False)
        devices.prepare_training(config.deterministic)
        progress.say("Building the networks and tracing the training step, which takes a while")
        built = build.build(prepared)
        progress.say(f"Training on {built.device}")
        if prepared.newest:
            progress.say(f"Resuming from step {prepared.done}, {prepared.newest}")
        run = Run(prepared, built, progress)
        with callbacks.of(run, prepared, built, progress.say) as run.callbacks:
            stopped = run.train()
        return _outcome(prepared, run.step, trained=True, stopped=stopped)


def _outcome(
    prepared: prepare.Prepared, step: int, trained: bool, stopped: int | None = None
) -> Outcome:
    epochs = step // prepared.pipeline.steps_per_epoch
    return Outcome(step, epochs, trained, prepared.pictures.tested, stopped)
