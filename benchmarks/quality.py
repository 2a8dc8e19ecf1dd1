"""How well the recipes do: each trained with several seeds, and the spread of their scores.

It takes hours. What is done stays, so that it can be stopped and started again, and other recipes
or seeds can be trained by other processes into the same folder.
"""

import itertools
import json
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from absl import flags

from tf_cyclegan.cli.help_text import Usage
from tf_cyclegan.cli.running import run
from tf_cyclegan.config import Config
from tf_cyclegan.system import tensorflow_import
from tf_cyclegan.system.errors import UserError
from tf_cyclegan.system.files import write_file

# mini runs as it is; the others are brought to its data, its size and its width.
_SMALL = {"dataset": "mini_horse2zebra", "image_size": 64, "filters": 32}
RECIPES: Mapping[str, Mapping[str, Any]] = {"mini": {}, "paper": _SMALL, "keras": _SMALL}

# Where a document wants the table.
BEGIN, END = "<!-- scripts/quality.py begins -->", "<!-- scripts/quality.py ends -->"

FLAGS = flags.FLAGS

_SCRIPTS = Path(__file__).parents[1] / "scripts"
# Flags that are settings of all runs.
_CHANGES = ("dataset", "data_dir", "image_size", "filters", "limit_train")


def main() -> None:
    if not FLAGS.recipes or not set(FLAGS.recipes) <= set(RECIPES):
        raise UserError(f"recipes={','.join(FLAGS.recipes)}: choose from {', '.join(RECIPES)}")
    if FLAGS.document:
        _with_table(Path(FLAGS.document), "")
    changes = {name: FLAGS[name].value for name in _CHANGES if FLAGS[name].value is not None}
    inception = "--inception" if FLAGS.inception else "--noinception"
    found: dict[str, list[dict[str, Any]]] = {recipe: [] for recipe in FLAGS.recipes}
    for seed, recipe in itertools.product(range(FLAGS.seeds), found):
        run_folder = Path(FLAGS.workdir, f"{recipe}_{seed}")
        scores = run_folder.with_suffix(".json")
        if scores.exists():
            print(f"{scores} is there", flush=True)
        else:
            settings = trial(recipe, FLAGS.epochs, changes) | {"seed": seed}
            _script("train.py", run_folder, *(f"--{n}={value}" for n, value in settings.items()))
            _script("evaluate.py", run_folder, inception, f"--json={scores}")
        found[recipe].append(json.loads(scores.read_text(encoding="utf-8")))
    written = table(found)
    print(written)
    if FLAGS.document:
        document = Path(FLAGS.document)
        write_file(document, _with_table(document, written).encode())


def trial(recipe: str, epochs: int, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a run: as many epochs for each recipe, which bring as many steps.

    Where a recipe lets its learning rate decay it does over the second half, as in the paper.
    """
    settings = {"recipe": recipe, **RECIPES[recipe], "epochs": epochs, **changes}
    if Config(recipe).decay_start is not None:
        settings["decay_start"] = epochs // 2
    return settings


def _script(name: str, workdir: Path, *arguments: str) -> None:
    command = [sys.executable, str(_SCRIPTS / name), f"--workdir={workdir}", *arguments]
    print(name, *command[2:], flush=True)
    if status := subprocess.run(command, check=False).returncode:
        raise UserError(f"{name} ended with status {status}; what is done stays, run again")


def table(found: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """Mean and standard deviation over the seeds, in Markdown; empty where a seed has no score.

    Args:
      found: by recipe, what evaluate.py wrote of each seed.
    """
    with tensorflow_import.quiet():
        from tf_cyclegan.evaluation import summary

    recipes = " | ".join(f"`{recipe}`" for recipe in found)
    lines = [f"| | | {recipes} | the input as it is |", "|---" * (len(found) + 3) + "|"]
    untranslated = next(iter(found.values()))[0]["untranslated"]
    for (score, (label, decimals)), direction in itertools.product(
        summary.LABELS.items(), untranslated
    ):
        samples = [[s["scores"][direction].get(score) for s in seeds] for seeds in found.values()]
        samples.append([untranslated[direction].get(score)])
        cells = [_mean_and_spread(sample, decimals) for sample in samples]
        if any(cells):
            lines.append(f"| {label} | {direction} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _mean_and_spread(sample: Sequence[float | None], decimals: int) -> str:
    values = [value for value in sample if value is not None]
    if len(values) < len(sample):
        return ""
    spread = f" ± {statistics.stdev(values):.{decimals}f}" if len(values) > 1 else ""
    return f"{statistics.fmean(values):.{decimals}f}{spread}"


def _with_table(document: Path, table: str) -> str:
    """The document's text with the table between its marks.

    Raises:
      UserError: it cannot be read, or has no such marks.
    """
    try:
        before, _, rest = document.read_text(encoding="utf-8").partition(BEGIN)
    except (OSError, ValueError) as error:
        raise UserError(f"document={document}: {error}") from error
    _, end, after = rest.partition(END)
    if not end:
        raise UserError(f"document={document}: has no line {BEGIN} with a line {END} after it")
    return f"{before}{BEGIN}\n\n{table}\n\n{END}{after}"


def command() -> None:
    """Runs it."""
    flags.DEFINE_list("recipes", list(RECIPES), f"which to train (default: {','.join(RECIPES)})")
    flags.DEFINE_integer("seeds", 3, "runs of each, from seed 0 on (default: 3)", lower_bound=1)
    flags.DEFINE_integer("epochs", 40, "epochs of each run (default: 40)", lower_bound=1)
    flags.DEFINE_string("workdir", "runs/quality", "where runs are kept (default: runs/quality)")
    flags.DEFINE_string("document", None, "put the table into this file, at its marks")
    flags.DEFINE_bool("inception", True, "FID and KID as well, as in evaluate.py")
    flags.DEFINE_string("dataset", None, "other pictures than the drawings")
    flags.DEFINE_string("data_dir", None, "as for train.py")
    flags.DEFINE_integer("image_size", None, "of all runs, instead of 64")
    flags.DEFINE_integer("filters", None, "of all runs, instead of their own")
    flags.DEFINE_integer("limit_train", None, "as for train.py")
    run(
        main,
        Usage(
            "Trains recipes with several seeds, and shows the spread of their scores.",
            (
                "python scripts/quality.py --document=docs/quality.md",
                "python scripts/quality.py --recipes=mini --epochs=15 --noinception",
            ),
            {
                "Runs": ("recipes", "seeds", "epochs", "workdir", *_CHANGES),
                "Scores": ("inception", "document"),
            },
        ),
    )
