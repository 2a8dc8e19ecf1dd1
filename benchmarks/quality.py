"""How well settings do: each variant trained with several seeds, and the spread of their scores.

It takes hours. What is done stays, so that it can be stopped and started again, and other variants
or seeds can be trained by other processes into the same folder.
"""

import itertools
import json
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from absl import flags

from tf_cyclegan.cli.help_text import Usage
from tf_cyclegan.cli.running import run
from tf_cyclegan.config import Config
from tf_cyclegan.system import tensorflow_import
from tf_cyclegan.system.errors import UserError
from tf_cyclegan.system.files import write_file

FLAGS = flags.FLAGS

_SCRIPTS = Path(__file__).parents[1] / "scripts"
# Flags that are settings of all runs.
_CHANGES = ("dataset", "data_dir", "image_size", "filters", "limit_train")


@dataclass(frozen=True)
class Study:
    """Variants that are compared on one data set.

    Attributes:
      common: settings of all runs.
      variants: by name, the settings that make one.
      rows: of the table: label, variant, and which weights are scored (live, or ema).
      scores: columns of the table.
      epochs: of each run, unless others are asked for.
    """

    common: Mapping[str, Any]
    variants: Mapping[str, Mapping[str, Any]]
    rows: Sequence[tuple[str, str, str]]
    scores: Sequence[str]
    epochs: int


# The levers, as they are in a recipe that has none of them.
_PLAIN = {
    "upsampling": "transposed",
    "attention_mask": False,
    "augment": "",
    "gradient_penalty": 0.0,
    "spectral_norm": False,
}
_LEVERS: Mapping[str, Mapping[str, Any]] = {
    "resize": {"upsampling": "resize"},
    "mask": {"attention_mask": True},
    "translation": {"augment": "translation"},
    "penalty": {"gradient_penalty": 1.0},
    "spectral": {"spectral_norm": True},
}
_VARIANTS = {
    "plain": _PLAIN,
    **{name: {**_PLAIN, **lever} for name, lever in _LEVERS.items()},
    "resize_translation": {**_PLAIN, **_LEVERS["resize"], **_LEVERS["translation"]},
    "resize_mask": {**_PLAIN, **_LEVERS["resize"], **_LEVERS["mask"]},
}
_ROWS = (
    ("none", "plain", "live"),
    ("`--ema=0.999`, as in all rows below", "plain", "ema"),
    ("`--upsampling=resize`: `modern`", "resize", "ema"),
    ("`--attention_mask`", "mask", "ema"),
    ("`--augment=translation`", "translation", "ema"),
    ("`--gradient_penalty=1`", "penalty", "ema"),
    ("`--spectral_norm`", "spectral", "ema"),
    ("resize and translation", "resize_translation", "ema"),
    ("resize and attention mask: `mini`", "resize_mask", "ema"),
)
_FEW = ("plain", "resize", "mask")
_MODERN = {"recipe": "modern", "ema": 0.999, "image_size": 64, "filters": 32}
_DRAWN = ("background_error", "coat_error", "stripes", "cycle_error", "swd")
# The others are brought to the data, the size and the width of mini.
_SMALL = {"dataset": "mini_horse2zebra", "image_size": 64, "filters": 32}

STUDIES: Mapping[str, Study] = {
    "recipes": Study(
        _SMALL,
        {name: {"recipe": name} for name in ("mini", "paper", "keras")},
        (("`mini`", "mini", "ema"), ("`paper`", "paper", "live"), ("`keras`", "keras", "live")),
        _DRAWN,
        15,
    ),
    "drawings": Study(_MODERN | _SMALL, _VARIANTS, _ROWS, _DRAWN, 10),
    "earth": Study(
        _MODERN | {"dataset": "earth_relief"}, _VARIANTS, _ROWS, ("l1", "ssim", "swd"), 3
    ),
    # With --dataset=FOLDER.
    "photographs": Study(_MODERN, _VARIANTS, _ROWS, ("swd", "swd_64", "cycle_error"), 10),
    "resnet": Study(
        _MODERN | {"dataset": "earth_relief", "generator": "resnet", "image_size": 128},
        {name: _VARIANTS[name] for name in _FEW},
        tuple(row for row in _ROWS if row[1] in _FEW),
        ("l1", "ssim", "swd"),
        5,
    ),
}


def main() -> None:
    study = STUDIES[FLAGS.study]
    chosen = FLAGS.variants or list(study.variants)
    if not set(chosen) <= set(study.variants):
        raise UserError(f"variants={','.join(chosen)}: choose from {', '.join(study.variants)}")
    if FLAGS.study == "photographs" and not FLAGS.dataset:
        raise UserError("study=photographs: give dataset=FOLDER with photographs")
    if FLAGS.document:
        _with_table(Path(FLAGS.document), FLAGS.study, "")
    changes = {name: FLAGS[name].value for name in _CHANGES if FLAGS[name].value is not None}
    rows = [row for row in study.rows if row[1] in chosen]
    found: dict[str, list[dict[str, Any]]] = {label: [] for label, _, _ in rows}
    for seed, (label, variant, weights) in itertools.product(range(FLAGS.seeds), rows):
        run_folder = Path(FLAGS.workdir, FLAGS.study, f"{variant}_{seed}")
        settings = trial(study, variant, FLAGS.epochs or study.epochs, changes) | {"seed": seed}
        found[label].append(_scored(run_folder, settings, weights))
    written = table(found, study.scores)
    print(written)
    if FLAGS.document:
        document = Path(FLAGS.document)
        write_file(document, _with_table(document, FLAGS.study, written).encode())


def trial(study: Study, variant: str, epochs: int, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a run: as many epochs for each variant, which bring as many steps.

    Where a recipe lets its learning rate decay it does over the second half, as in the paper.
    """
    settings = {**study.common, **study.variants[variant], "epochs": epochs, **changes}
    if Config(settings["recipe"]).decay_start is not None:
        settings["decay_start"] = epochs // 2
    return settings


def _scored(folder: Path, settings: Mapping[str, Any], weights: str) -> dict[str, Any]:
    """What evaluate.py writes of a run, which is trained and scored unless it has been."""
    scores = folder.with_name(f"{folder.name}_{weights}.json")
    if scores.exists():
        print(f"{scores} is there", flush=True)
    else:
        _script("train.py", folder, *(_as_flag(*item) for item in settings.items()))
        averages = [f"--weights={weights}"] if Config(**settings).ema else []
        _script("evaluate.py", folder, "--noinception", f"--json={scores}", *averages)
    written: dict[str, Any] = json.loads(scores.read_text(encoding="utf-8"))
    return written


def _as_flag(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return f"--{name}" if value else f"--no{name}"
    return f"--{name}={value}"


def _script(name: str, workdir: Path, *arguments: str) -> None:
    command = [sys.executable, str(_SCRIPTS / name), f"--workdir={workdir}", *arguments]
    print(name, *command[2:], flush=True)
    if status := subprocess.run(command, check=False).returncode:
        raise UserError(f"{name} ended with status {status}; what is done stays, run again")


def table(found: Mapping[str, Sequence[Mapping[str, Any]]], scores: Sequence[str]) -> str:
    """Mean and standard deviation over the seeds, in Markdown: both directions in a cell.

    Args:
      found: by row, what evaluate.py wrote of each seed.
      scores: the columns.
    """
    with tensorflow_import.quiet():
        from tf_cyclegan.evaluation import summary

    entries = summary.labels(scores)
    headings = [label.strip() for label, _ in entries.values()]
    lines = ["| | " + " | ".join(headings) + " |", "|---" * (len(headings) + 1) + "|"]
    rows = [(label, [seed["scores"] for seed in seeds]) for label, seeds in found.items()]
    rows.append(("the input as it is", [next(iter(found.values()))[0]["untranslated"]]))
    for label, seeds in rows:
        cells = [_cell(seeds, name, decimals) for name, (_, decimals) in entries.items()]
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(seeds: Sequence[Mapping[str, Any]], score: str, decimals: int) -> str:
    by_direction = ([seed[d].get(score) for seed in seeds] for d in seeds[0])
    cells = [_mean_and_spread(sample, decimals) for sample in by_direction]
    return ", ".join(cell or "-" for cell in cells) if any(cells) else ""


def _mean_and_spread(sample: Sequence[float | None], decimals: int) -> str:
    values = [value for value in sample if value is not None]
    if len(values) < len(sample):
        return ""
    spread = f" ± {statistics.stdev(values):.{decimals}f}" if len(values) > 1 else ""
    return f"{statistics.fmean(values):.{decimals}f}{spread}"


def marks(study: str) -> tuple[str, str]:
    """Between which lines a document wants the table of a study."""
    return (
        f"<!-- scripts/quality.py {study} begins -->",
        f"<!-- scripts/quality.py {study} ends -->",
    )


def _with_table(document: Path, study: str, table: str) -> str:
    """The document's text with the table between its marks.

    Raises:
      UserError: it cannot be read, or has no such marks.
    """
    begin, end = marks(study)
    try:
        before, _, rest = document.read_text(encoding="utf-8").partition(begin)
    except (OSError, ValueError) as error:
        raise UserError(f"document={document}: {error}") from error
    _, found, after = rest.partition(end)
    if not found:
        raise UserError(f"document={document}: has no line {begin} with a line {end} after it")
    return f"{before}{begin}\n\n{table}\n\n{end}{after}"


def command() -> None:
    """Runs it."""
    flags.DEFINE_enum("study", "recipes", list(STUDIES), f"one of {', '.join(STUDIES)}")
    flags.DEFINE_list("variants", None, "which of its variants to train (default: all)")
    flags.DEFINE_integer("seeds", 3, "runs of each, from seed 0 on (default: 3)", lower_bound=1)
    flags.DEFINE_integer("epochs", None, "of each run (default: the study's own)", lower_bound=1)
    flags.DEFINE_string("workdir", "runs/quality", "where runs are kept (default: runs/quality)")
    flags.DEFINE_string("document", None, "put the table into this file, at the study's marks")
    flags.DEFINE_string("dataset", None, "other pictures than the study's")
    flags.DEFINE_string("data_dir", None, "as for train.py")
    flags.DEFINE_integer("image_size", None, "of all runs, instead of the study's")
    flags.DEFINE_integer("filters", None, "of all runs, instead of the study's")
    flags.DEFINE_integer("limit_train", None, "as for train.py")
    run(
        main,
        Usage(
            "Trains variants of settings with several seeds, and shows the spread of their scores.",
            (
                "python scripts/quality.py --study=drawings --document=docs/quality.md",
                "python scripts/quality.py --study=photographs --dataset=photos --variants=plain",
            ),
            {
                "Runs": ("study", "variants", "seeds", "epochs", "workdir", *_CHANGES),
                "Scores": ("document",),
            },
        ),
    )
