"""import_weights: makes a run of the paper's published weights."""

from pathlib import Path

from absl import flags

from tf_cyclegan.cli import config_flags
from tf_cyclegan.cli.help_text import Usage
from tf_cyclegan.cli.running import run
from tf_cyclegan.system import tensorflow_import

_FROM = flags.DEFINE_string("from", None, "state dict of the generator from A to B")
_FROM_F = flags.DEFINE_string("from_f", None, "state dict of the generator from B to A")
_WORKDIR = flags.DEFINE_string("workdir", "runs/imported", "the folder to make")
_DATASET = flags.DEFINE_string(
    "dataset", None, "what generate.py translates with it (default: cycle_gan/horse2zebra)"
)
_IMAGE_SIZE = flags.DEFINE_integer("image_size", 256, "size to translate in", lower_bound=32)


def main() -> None:
    with tensorflow_import.quiet():
        from tf_cyclegan.foreign_weights.importing import import_weights

    changes: dict[str, object] = {"image_size": _IMAGE_SIZE.value}
    if _DATASET.value is not None:
        changes["dataset"] = config_flags.located(_DATASET.value)
    workdir = Path(_WORKDIR.value)
    first, second = (Path(flag.value) if flag.value else None for flag in (_FROM, _FROM_F))
    config = import_weights(first, second, workdir, changes)
    print(
        f"A ResNet generator with {config.blocks} blocks and {config.filters} filters is in "
        f"{workdir}.\nNext: python scripts/generate.py --workdir={workdir} --split=test"
    )


def command() -> None:
    """Runs it."""
    run(
        main,
        Usage(
            "Makes a run of the generators that the paper's authors publish for PyTorch.",
            (
                "python scripts/import_weights.py --from=latest_net_G.pth",
                "python scripts/import_weights.py --from=G_A.pth --from_f=G_B.pth --dataset=photos",
            ),
            {
                "Weights": ("from", "from_f"),
                "The run": ("workdir", "dataset", "image_size"),
            },
        ),
    )
