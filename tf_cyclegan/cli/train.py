"""train: trains a CycleGAN, or resumes a run."""

import signal
import sys

from tf_cyclegan.cli import config_flags, spelling
from tf_cyclegan.cli.help_text import Usage
from tf_cyclegan.cli.running import run
from tf_cyclegan.system import tensorflow_import

_GROUPS = {
    "The run": (
        *("recipe", "workdir", "init_from", "epochs", "max_steps", "seed"),
        "checkpoint_every",
    ),
    "Data": (
        *("dataset", "image_size", "load_size", "preprocess", "interpolation", "batch_size"),
        *("limit_train", "limit_test", "skip_unreadable"),
    ),
    "Model": ("generator", "filters", "adversarial_loss", "cycle_weight", "identity_weight"),
    "Optimization": ("learning_rate", "decay_start", "pool_size"),
    "Computing": ("precision", "deterministic"),
    "more of data": ("data_dir", "channels_x", "channels_y", "epoch_length"),
    "more of the model": (
        *("unet_levels", "residual_blocks", "upsampling", "attention_mask", "norm"),
        *("dropout", "networks"),
        *("spectral_norm", "gradient_penalty", "penalty_at", "augment"),
    ),
    "more of optimization": ("ema", "pool_mode", "update_order", "beta_1"),
    "more of computing": ("xla", "recompute"),
    "scores and checkpoints": (
        *("evaluate_every", "inception_weights", "max_to_keep", "keep_every"),
    ),
}

config_flags.define()


def main() -> None:
    config, workdir = config_flags.read()
    with tensorflow_import.quiet():
        from tf_cyclegan.data import sources
        from tf_cyclegan.system import devices
        from tf_cyclegan.training import train
        from tf_cyclegan.training.progress import Progress

    devices.set_thread_counts()
    progress = Progress(sys.stderr, spelling.as_flags)
    if sources.is_drawn(config.dataset):
        progress.say(
            "Training on drawings of horses and zebras; --recipe=modern trains on photographs, "
            "--dataset=FOLDER on your own"
        )
    outcome = train.train(config, workdir, progress)
    if outcome.stopped is not None:
        name = signal.Signals(outcome.stopped).name
        resume = spelling.as_command(f"python scripts/train.py --workdir={workdir}")
        print(f"Stopped by {name} after step {outcome.steps}, which is saved.\nTo resume: {resume}")
        sys.exit(128 + outcome.stopped)
    if outcome.trained:
        print(f"Trained {outcome.epochs} epochs, {outcome.steps} steps.")
    else:
        print(
            f"This run is finished: {outcome.epochs} epochs, {outcome.steps} steps. "
            f"Give more --epochs (or --max_steps) to resume it."
        )
    split = "test" if outcome.tested else "train"
    generate = spelling.as_command("python scripts/generate.py")
    print(
        f"  report       {workdir / 'report.html'}\n"
        f"  samples      {workdir / 'samples'}\n"
        f"  checkpoints  {workdir / 'checkpoints'}\n"
        f"Next: {generate} --workdir={workdir} --split={split}"
    )


def command() -> None:
    """Runs it."""
    run(
        main,
        Usage(
            "Trains a CycleGAN, or resumes the run in --workdir.",
            (
                "python scripts/train.py --epochs=40",
                "python scripts/train.py --recipe=modern --dataset=photos --workdir=runs/photos",
            ),
            _GROUPS,
            ("The run", "Data", "Model", "Optimization", "Computing"),
            config_flags.recipe_values(),
        ),
    )
