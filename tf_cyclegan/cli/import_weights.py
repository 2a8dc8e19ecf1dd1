"""import_weights: makes a run of networks that other implementations trained."""

from pathlib import Path

from absl import flags

from tf_cyclegan.cli import config_flags, spelling
from tf_cyclegan.cli.help_text import Usage
from tf_cyclegan.cli.running import run
from tf_cyclegan.system import tensorflow_import

_FROM = flags.DEFINE_string(
    "from",
    None,
    "a PyTorch generator from A to B, .pth or .safetensors; a checkpoint of the TensorFlow "
    "tutorial's notebook; or a .weights.h5 or checkpoint of the keras.io example",
)
_FROM_F = flags.DEFINE_string(
    "from_f", None, "the generator from B to A, where the files hold one each"
)
_WORKDIR = flags.DEFINE_string("workdir", "runs/imported", "the folder to make")
_DATASET = flags.DEFINE_string(
    "dataset", None, "what to translate or train on with it (default: cycle_gan/horse2zebra)"
)
_IMAGE_SIZE = flags.DEFINE_integer(
    "image_size", 256, "size to translate and train in", lower_bound=32
)
_NORM = flags.DEFINE_enum(
    "norm",
    None,
    ["instance", "layer"],
    "normalization of the keras.io example (default: of a .weights.h5 layer, its "
    "GroupNormalization(groups=1); of a checkpoint, which Keras 2 saved, instance)",
)


def main() -> None:
    with tensorflow_import.quiet():
        from tf_cyclegan.foreign_weights.importing import import_weights

    changes: dict[str, object] = {"image_size": _IMAGE_SIZE.value}
    if _DATASET.value is not None:
        changes["dataset"] = config_flags.located(_DATASET.value)
    if _NORM.value is not None:
        changes["norm"] = _NORM.value
    workdir = Path(_WORKDIR.value)
    first, second = (Path(flag.value) if flag.value else None for flag in (_FROM, _FROM_F))
    imported = import_weights(first, second, workdir, changes)
    config = imported.config
    kind = f"ResNet with {config.blocks} blocks"
    if config.generator == "unet":
        kind = f"U-Net with {config.unet_depth} levels"
    print(f"{workdir} translates, by a {kind} and {config.filters} filters.")
    if imported.trainable:
        state = "the optimizers' state" if imported.optimizers else "new optimizers"
        print(f"It is a run at step 0 too, with discriminators and {state}.")
        print(spelling.as_command(f"Next: python scripts/train.py --workdir={workdir}"))
    print(spelling.as_command(f"Next: python scripts/generate.py --workdir={workdir} --split=test"))


def command() -> None:
    """Runs it."""
    run(
        main,
        Usage(
            "Makes a run of networks that another implementation trained.",
            (
                "python scripts/import_weights.py --from=latest_net_G.pth",
                "python scripts/import_weights.py --from=checkpoints/train/ckpt-8 --dataset=photos",
            ),
            {
                "Weights": ("from", "from_f", "norm"),
                "The run": ("workdir", "dataset", "image_size"),
            },
        ),
    )
