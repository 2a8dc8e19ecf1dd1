"""Makes a workdir of the paper's published weights: see README, "The authors' trained weights"."""

from pathlib import Path

from absl import flags

import command_line

_FROM = flags.DEFINE_string("from", None, "state dict of the generator from A to B")
_FROM_F = flags.DEFINE_string("from_f", None, "state dict of the generator from B to A")
_WORKDIR = flags.DEFINE_string("workdir", "runs/imported", "the folder to make")
_DATASET = flags.DEFINE_string(
    "dataset", None, "what generate.py translates with it (default: cycle_gan/horse2zebra)"
)
_IMAGE_SIZE = flags.DEFINE_integer("image_size", 256, "size to translate in", lower_bound=32)


def main() -> None:
    with command_line.importing_tensorflow():
        from tf_cyclegan.import_weights import import_weights

    changes: dict[str, object] = {"image_size": _IMAGE_SIZE.value}
    if _DATASET.value is not None:
        changes["dataset"] = command_line.located(_DATASET.value)
    workdir = Path(_WORKDIR.value)
    first, second = (Path(flag.value) if flag.value else None for flag in (_FROM, _FROM_F))
    config = import_weights(first, second, workdir, changes)
    print(
        f"A ResNet generator with {config.blocks} blocks and {config.filters} filters is in "
        f"{workdir}.\nNext: python scripts/generate.py --workdir={workdir} --split=test"
    )


if __name__ == "__main__":
    command_line.run(main)
