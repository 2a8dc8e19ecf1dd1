"""Translates a data set with a trained model: python scripts/generate.py --split=test"""

import sys
from pathlib import Path

from absl import flags

import command_line

_WORKDIR = flags.DEFINE_string(
    "workdir", None, "the trained run (default: the one under runs/ that was trained last)"
)
_SPLIT = flags.DEFINE_enum("split", "test", ["train", "test"], "which pictures to translate")
_DIRECTION = flags.DEFINE_enum("direction", None, ["AtoB", "BtoA"], "one direction, not both")
_DATASET = flags.DEFINE_string(
    "dataset", None, "translate this name, folder or .zip (default: what the run was trained on)"
)
_OUTPUT = flags.DEFINE_string(
    "output", None, "the folder to write to (default: generated/SPLIT in the workdir)"
)
_LIMIT = flags.DEFINE_integer(
    "limit", None, "translate the first so many pictures of each domain", lower_bound=1
)
_CHECKPOINT = command_line.define_checkpoint_flag()
_SKIP_UNREADABLE = flags.DEFINE_boolean(
    "skip_unreadable",
    False,
    "go on without the pictures that cannot be used, instead of ending with a list of them",
)


def main() -> None:
    workdir = Path(_WORKDIR.value) if _WORKDIR.value else command_line.last_trained(Path("runs"))
    checkpoint = command_line.checkpoint_of(_CHECKPOINT.value)
    with command_line.quiet_tensorflow():
        from tf_cyclegan import generation

    output = Path(_OUTPUT.value) if _OUTPUT.value else workdir / "generated" / _SPLIT.value
    translator = generation.Translator(workdir, checkpoint, _DIRECTION.value)
    for line in translator.damaged:
        print(line, file=sys.stderr)
    # Those of both directions first, so that a bad one is told before anything is written.
    found = generation.load_split(
        translator.config,
        _SPLIT.value,
        translator.directions,
        _LIMIT.value,
        _DATASET.value,
        _SKIP_UNREADABLE.value,
        say=lambda line: print(line, file=sys.stderr),
    )
    print(f"Translating with {translator.checkpoint}")
    for direction, pictures in zip(translator.directions, found, strict=True):
        written = generation.translate_pictures(translator, pictures, direction, output)
        print(
            f"{direction}: {written.count} pictures in {written.folder}, seen together in "
            f"{written.sheet}"
        )


if __name__ == "__main__":
    command_line.run(main)
