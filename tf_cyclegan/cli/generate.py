"""generate: translates pictures with a trained run."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from absl import flags
from tqdm import tqdm

from tf_cyclegan.cli import config_flags, run_flags, spelling
from tf_cyclegan.cli.help_text import Usage
from tf_cyclegan.cli.running import run
from tf_cyclegan.system import tensorflow_import
from tf_cyclegan.system.errors import UserError

if TYPE_CHECKING:
    from tf_cyclegan.translation.translator import Translator

flags.adopt_module_key_flags(run_flags)
_INPUT = flags.DEFINE_multi_string(
    "input", [], "a picture, film, folder or pattern; --input may be left out, and repeated"
)
_OUTPUT = flags.DEFINE_string(
    "output", None, "where the translations go (default: WORKDIR/generated/SPLIT, or .../files)"
)
_FORMAT = flags.DEFINE_enum(
    "format", "png", ["png", "jpeg", "webp", "same"], "of the files, or the same as the input's"
)
_WORK_SIZE = flags.DEFINE_string(
    "work_size",
    None,
    "at what size the network works: input, the picture's own; train, with the shorter side that "
    "training had; or that side's pixels (default: train, or input where training kept sizes)",
)
_FRAMES = flags.DEFINE_bool(
    "frames", False, "the pictures of each folder are a film's frames: nothing flickers"
)
_OVERWRITE = flags.DEFINE_bool("overwrite", False, "write files anew that this program wrote")
_PRECISION = flags.DEFINE_enum(
    "precision", "float32", ["float32", "bfloat16"], "bfloat16 is faster on CPUs with AMX"
)
_SKIP_UNREADABLE = flags.DEFINE_bool(
    "skip_unreadable", False, "leave out pictures of a split that cannot be read"
)
# Of a split, and of files.
_OF_SPLITS = ("split", "dataset", "limit", "skip_unreadable")
_OF_FILES = ("input", "format", "frames", "overwrite")


def main() -> None:
    _refuse_both()
    workdir, checkpoint = run_flags.workdir(), run_flags.checkpoint()
    with tensorflow_import.quiet():
        from tf_cyclegan.translation.translator import Translator

    translator = Translator(
        workdir,
        checkpoint,
        run_flags.DIRECTION.value,
        _WORK_SIZE.value,
        _PRECISION.value,
        run_flags.WEIGHTS.value,
    )
    for line in translator.damaged:
        _say(line)
    if translator.precision != "float32":
        rounding = max(translator.rounding(direction) for direction in translator.directions)
        print(
            f"{translator.precision} differs from float32 by at most {rounding} of 255 levels, "
            f"in a drawing"
        )
    if _INPUT.value:
        _translate_files(translator, workdir)
    else:
        _translate_split(translator, workdir)


def _translate_files(translator: "Translator", workdir: Path) -> None:
    from tf_cyclegan.translation import files, inputs

    direction = translator.directions[0]
    output = Path(_OUTPUT.value or workdir / "generated" / "files") / direction
    found = inputs.find(_INPUT.value, output)
    print(f"Translating {direction} with {translator.checkpoint}")
    began = time.monotonic()
    with _bar(len(found)) as progress:
        done = files.translate(
            translator,
            found,
            direction,
            output,
            _FORMAT.value,
            _OVERWRITE.value,
            _FRAMES.value,
            _say,
            progress,
        )
    speed = done.written / (time.monotonic() - began)
    kept = f", {done.kept} kept that exist (--overwrite renews them)" if done.kept else ""
    print(f"{direction}: {done.written} files in {output}{kept}; {speed:.1f} a second")
    if done.failed:
        raise UserError(f"{len(done.failed)} of {len(found)} files could not be translated")


def _translate_split(translator: "Translator", workdir: Path) -> None:
    from tf_cyclegan.translation import splits

    dataset = run_flags.DATASET.value and config_flags.located(run_flags.DATASET.value)
    output = Path(_OUTPUT.value or "")
    if not _OUTPUT.value:
        split = run_flags.SPLIT.value
        output = splits.default_output(workdir, split, translator.config, dataset)
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
        with _bar(len(pictures)) as progress:
            written = splits.translate(translator, pictures, direction, output, progress)
        shown = "all" if written.shown == written.count else f"the first {written.shown}"
        print(
            f"{direction}: {written.count} pictures in {written.folder}, {shown} of them side by "
            f"side in {written.sheet}"
        )


def _refuse_both() -> None:
    """Refuses flags that would have no effect."""
    values = flags.FLAGS
    others, what = (_OF_SPLITS, "files are") if _INPUT.value else (_OF_FILES, "a split is")
    if given := [name for name in others if values[name].present]:
        raise UserError(f"--{given[0]} has no use when {what} translated; leave it out")


@contextlib.contextmanager
def _bar(total: int) -> Iterator[Callable[[], object]]:
    """A bar with pictures a second, on a terminal."""
    bar_format = "{desc} {bar} {n}/{total} [{elapsed}, {remaining} left, {rate_fmt}]"
    hidden = not sys.stderr.isatty()
    with tqdm(total=total, unit=" pictures", disable=hidden, bar_format=bar_format) as bar:
        yield bar.update


def _say(line: str) -> None:
    tqdm.write(spelling.as_flags(line), file=sys.stderr)


def command() -> None:
    """Runs it."""
    run(
        main,
        Usage(
            "Translates pictures with a trained run.",
            (
                "python scripts/generate.py --split=test",
                "python scripts/generate.py photo.jpg holiday/ 'more/*.png' --direction=AtoB",
                "python scripts/generate.py film.mp4 --direction=BtoA --work_size=input",
            ),
            {
                "The run": run_flags.RUN,
                "Files": (*_OF_FILES, "output", "work_size", "precision"),
                "Or a split": (*run_flags.PICTURES, "skip_unreadable"),
            },
            files="input",
        ),
    )
