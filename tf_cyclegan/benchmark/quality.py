"""How well the recipes do: each trained with several seeds, and the spread of their scores."""

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tf_cyclegan.evaluation import summary
from tf_cyclegan.recipes import from_recipe

# mini runs as it is; the others are brought to its data, its size and its width.
_SMALL = {"dataset": "mini_horse2zebra", "image_size": 64, "filters": 32}
RECIPES: Mapping[str, Mapping[str, Any]] = {"mini": {}, "paper": _SMALL, "keras": _SMALL}

# Where a document wants the table.
BEGIN, END = "<!-- scripts/quality.py begins -->", "<!-- scripts/quality.py ends -->"

Scores = Mapping[str, Mapping[str, float | None]]


@dataclass(frozen=True)
class Trial:
    """A run that is trained and scored.

    Attributes:
      recipe: one of RECIPES.
      seed: its seed.
      folder: where all trials are kept.
    """

    recipe: str
    seed: int
    folder: Path

    @property
    def workdir(self) -> Path:
        """Where it is trained."""
        return self.folder / f"{self.recipe}_{self.seed}"

    @property
    def scores(self) -> Path:
        """The file that evaluate.py writes; it is there when the trial is done."""
        return self.folder / f"{self.recipe}_{self.seed}.json"

    def flags(self, epochs: int, changes: Mapping[str, Any]) -> list[str]:
        """The flags of train.py: as many epochs for each recipe, which bring as many steps.

        Where a recipe lets its learning rate decay it does over the second half, as in the paper.
        """
        settings = {**RECIPES[self.recipe], "epochs": epochs, **changes}
        if from_recipe(self.recipe).decay_start is not None:
            settings["decay_start"] = epochs // 2
        flags = [f"--{name}={value}" for name, value in settings.items()]
        return [f"--recipe={self.recipe}", f"--seed={self.seed}", *flags]


def table(trials: Sequence[Trial]) -> str:
    """Mean and standard deviation over the seeds, as a table in Markdown.

    Args:
      trials: all done, with the same seeds for each recipe.

    Returns:
      A row for each score and direction, a column for each recipe, and one for the input taken for
      its own translation.
    """
    written = {trial: json.loads(trial.scores.read_text(encoding="utf-8")) for trial in trials}
    by_recipe = {
        recipe: [written[trial]["scores"] for trial in trials if trial.recipe == recipe]
        for recipe in dict.fromkeys(trial.recipe for trial in trials)
    }
    untranslated: Scores = next(iter(written.values()))["untranslated"]
    lines = [
        f"| | | {' | '.join(f'`{recipe}`' for recipe in by_recipe)} | the input as it is |",
        "|---" * (len(by_recipe) + 3) + "|",
    ]
    for name, (label, decimals) in summary.LABELS.items():
        for direction, as_it_is in untranslated.items():
            samples = [[s[direction].get(name) for s in found] for found in by_recipe.values()]
            if all(value is None for sample in samples for value in sample):
                continue
            cells = [_mean_and_spread(sample, decimals) for sample in samples]
            cells.append(_mean_and_spread([as_it_is.get(name)], decimals))
            lines.append(f"| {label} | {direction} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _mean_and_spread(sample: Sequence[float | None], decimals: int) -> str:
    values = [value for value in sample if value is not None]
    if len(values) < len(sample):
        return ""
    mean = f"{statistics.fmean(values):.{decimals}f}"
    if len(values) == 1:
        return mean
    return f"{mean} ± {statistics.stdev(values):.{decimals}f}"


def put(document: str, table: str) -> str:
    """The document with the table between its marks, in place of what was there.

    Raises:
      ValueError: it has no such marks.
    """
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"has no line {BEGIN} with a line {END} after it")
    return f"{before}{begin}\n\n{table}\n\n{end}{after}"
