"""Trains recipes with several seeds and scores them: python scripts/quality.py. docs/quality.md.

It takes hours. What is done stays, so that it can be stopped and started again, and other recipes
or seeds can be trained by other processes into the same folder.
"""

import subprocess
import sys
from pathlib import Path

from absl import flags

import command_line
from tf_cyclegan.benchmark import quality
from tf_cyclegan.errors import UserError
from tf_cyclegan.files import write_file

_RECIPES = flags.DEFINE_list("recipes", list(quality.RECIPES), "which to train")
_SEEDS = flags.DEFINE_integer("seeds", 3, "runs of each, from seed 0 on", lower_bound=1)
_EPOCHS = flags.DEFINE_integer("epochs", 40, "epochs of each run", lower_bound=1)
_WORKDIR = flags.DEFINE_string("workdir", "runs/quality", "where the runs are kept")
_DOCUMENT = flags.DEFINE_string("document", None, "put the table into this file, at its marks")
_INCEPTION = flags.DEFINE_bool("inception", True, "as for evaluate.py")
_SETTINGS = {
    "dataset": flags.DEFINE_string("dataset", None, "other pictures than the drawings"),
    "data_dir": flags.DEFINE_string("data_dir", None, "as for train.py"),
    "image_size": flags.DEFINE_integer("image_size", None, "of all runs, instead of 64"),
    "filters": flags.DEFINE_integer("filters", None, "of all runs, instead of their own"),
    "limit_train": flags.DEFINE_integer("limit_train", None, "as for train.py"),
}


def main() -> None:
    if unknown := [recipe for recipe in _RECIPES.value if recipe not in quality.RECIPES]:
        raise UserError(f"--recipes={','.join(unknown)}: choose from {', '.join(quality.RECIPES)}")
    document = Path(_DOCUMENT.value) if _DOCUMENT.value else None
    text = _read(document) if document else ""
    trials = [
        quality.Trial(recipe, seed, Path(_WORKDIR.value))
        for seed in range(_SEEDS.value)
        for recipe in _RECIPES.value
    ]
    changes = {name: flag.value for name, flag in _SETTINGS.items() if flag.value is not None}
    if "dataset" in changes:
        changes["dataset"] = command_line.located(changes["dataset"])
    for trial in trials:
        if trial.scores.exists():
            print(f"{trial.scores} is there", flush=True)
            continue
        _run("train.py", f"--workdir={trial.workdir}", *trial.flags(_EPOCHS.value, changes))
        inception = "--inception" if _INCEPTION.value else "--noinception"
        _run("evaluate.py", f"--workdir={trial.workdir}", inception, f"--json={trial.scores}")
    table = quality.table(trials)
    print(table)
    if document:
        write_file(document, quality.put(text, table).encode())


def _read(document: Path) -> str:
    try:
        text = document.read_text(encoding="utf-8")
        quality.put(text, "")
    except (OSError, ValueError) as error:
        raise UserError(f"--document={document}: {error}") from error
    return text


def _run(script: str, *arguments: str) -> None:
    command = [sys.executable, str(Path(__file__).with_name(script)), *arguments]
    print(f"{script} {' '.join(arguments)}", flush=True)
    if status := subprocess.run(command, check=False).returncode:
        raise UserError(f"{script} ended with status {status}; what is done stays, run again")


if __name__ == "__main__":
    command_line.run(main)
