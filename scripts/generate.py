"""Translates a data set with a trained model: python scripts/generate.py --split=test"""

import sys
from pathlib import Path

from absl import flags

import command_line
import run_flags

flags.adopt_module_key_flags(run_flags)
_OUTPUT = flags.DEFINE_string(
    "output", None, "the folder to write to (default: generated/SPLIT in the workdir)"
)
_SKIP_UNREADABLE = flags.DEFINE_boolean(
    "skip_unreadable",
    False,
    "go on without the pictures that cannot be used, instead of ending with a list of them",
)


def main() -> None:
    workdir, checkpoint = run_flags.workdir(), run_flags.checkpoint()
    with command_line.importing_tensorflow():
        from tf_cyclegan import generation

    output = Path(_OUTPUT.value) if _OUTPUT.value else workdir / "generated" / run_flags.SPLIT.value
    translator = generation.Translator(workdir, checkpoint, run_flags.DIRECTION.value)
    for line in translator.damaged:
        print(line, file=sys.stderr)
    # Those of both directions first, so that a bad one is told before anything is written.
    found = generation.load_split(
        translator.config,
        run_flags.SPLIT.value,
        translator.directions,
        run_flags.LIMIT.value,
        run_flags.DATASET.value,
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
