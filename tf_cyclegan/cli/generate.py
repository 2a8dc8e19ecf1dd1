"""generate: translates a split of a data set with a trained run."""

import sys
from pathlib import Path

from absl import flags

from tf_cyclegan.cli import config_flags, run_flags, spelling
from tf_cyclegan.cli.help_text import Usage
from tf_cyclegan.cli.running import run
from tf_cyclegan.system import tensorflow_import

flags.adopt_module_key_flags(run_flags)
_OUTPUT = flags.DEFINE_string(
    "output",
    None,
    "the folder to write to (default: generated/SPLIT in the workdir, generated/NAME-SPLIT for "
    "--dataset)",
)
_SKIP_UNREADABLE = flags.DEFINE_boolean(
    "skip_unreadable",
    False,
    "leave out pictures that cannot be read, instead of ending with a list of them",
)


def main() -> None:
    workdir, checkpoint = run_flags.workdir(), run_flags.checkpoint()
    with tensorflow_import.quiet():
        from tf_cyclegan.translation import splits
        from tf_cyclegan.translation.translator import Translator

    translator = Translator(workdir, checkpoint, run_flags.DIRECTION.value)
    dataset = run_flags.DATASET.value and config_flags.located(run_flags.DATASET.value)
    output = Path(_OUTPUT.value or "")
    if not _OUTPUT.value:
        split = run_flags.SPLIT.value
        output = splits.default_output(workdir, split, translator.config, dataset)
    for line in translator.damaged:
        _say(line)
    # Those of both directions first, so that a bad picture is told before anything is written.
    found = splits.load(
        translator.config,
        run_flags.SPLIT.value,
        translator.directions,
        run_flags.LIMIT.value,
        dataset,
        _SKIP_UNREADABLE.value,
        say=_say,
    )
    print(f"Translating with {translator.checkpoint}")
    for direction, pictures in found.items():
        written = splits.translate(translator, pictures, direction, output)
        shown = "all" if written.shown == written.count else f"the first {written.shown}"
        print(
            f"{direction}: {written.count} pictures in {written.folder}, {shown} of them side by "
            f"side in {written.sheet}"
        )


def _say(line: str) -> None:
    print(spelling.as_flags(line), file=sys.stderr)


def command() -> None:
    """Runs it."""
    run(
        main,
        Usage(
            "Translates pictures with a trained run, into a PNG each.",
            (
                "python scripts/generate.py --split=test",
                "python scripts/generate.py --workdir=runs/photos --direction=AtoB --output=zebras",
            ),
            {
                "The run": run_flags.RUN,
                "Pictures": (*run_flags.PICTURES, "output", "skip_unreadable"),
            },
        ),
    )
