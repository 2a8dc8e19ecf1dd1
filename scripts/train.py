"""Trains a CycleGAN, or goes on with one: python scripts/train.py --epochs=40"""

import signal
import sys

from absl import flags

import command_line

command_line.define_config_flags()
flags.adopt_module_key_flags(command_line)


def main() -> None:
    config, workdir = command_line.config_from_flags()
    with command_line.importing_tensorflow():
        from tf_cyclegan import datasets, runtime, training
        from tf_cyclegan.progress import Progress

    runtime.share_cores()
    progress = Progress(sys.stderr)
    if datasets.is_drawn(config.dataset):
        progress.say(
            "Training on drawings of horses and zebras; --recipe=tutorial trains on photographs, "
            "--dataset=FOLDER on your own"
        )
    outcome = training.train(config, workdir, progress)
    split = "test" if outcome.tested else "train"
    if outcome.stopped is not None:
        name = signal.Signals(outcome.stopped).name
        print(
            f"Stopped by {name} after step {outcome.steps}, which is saved.\n"
            f"To go on: python scripts/train.py --workdir={workdir}"
        )
        sys.exit(128 + outcome.stopped)
    if outcome.trained:
        print(f"Trained {outcome.epochs} epochs, {outcome.steps} steps.")
    else:
        print(
            f"This run is finished: {outcome.epochs} epochs, {outcome.steps} steps. "
            f"Give more --epochs (or --max_steps) to go on."
        )
    print(
        f"  report       {workdir / 'report.html'}\n"
        f"  samples      {workdir / 'samples'}\n"
        f"  checkpoints  {workdir / 'checkpoints'}\n"
        f"Next: python scripts/generate.py --workdir={workdir} --split={split}"
    )


if __name__ == "__main__":
    command_line.run(main)
