"""The numbers and words that report_page/page.html shows."""

import dataclasses
import itertools
import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from tf_cyclegan.checkpoints import files as checkpoint_files
from tf_cyclegan.config import Config
from tf_cyclegan.monitoring import balance, samples, scalars
from tf_cyclegan.monitoring.facts import Facts

_Rows = Sequence[Mapping[str, float]]

_NETWORKS = {
    "unet": "U-Net generators, PatchGAN discriminators",
    "resnet": "ResNet generators, PatchGAN discriminators",
    "resnet_keras": "ResNet generators and PatchGAN discriminators of the keras.io example",
}
_LOSSES = {
    "bce": "cross-entropy on logits",
    "lsgan": "least squares",
    "hinge": "hinge",
    "wgan_gp": "Wasserstein with gradient penalty",
}
_PREPROCESSING = {
    "resize_crop": "resized to {load}, random {size} crop, random horizontal flip",
    "crop": "random {size} crop, random horizontal flip",
    "resize": "resized to {size}, no augmentation",
    "none": "original size, no augmentation",
}
_FILES = (
    ("samples/", "full-size sample sheets"),
    ("checkpoints/", "checkpoints"),
    ("losses.png", "the curves as an image"),
    ("history.csv", "losses and scores of each epoch"),
    ("config.json", "the settings"),
    ("logs/", "TensorBoard logs"),
)


def gather(
    workdir: Path, config: Config, facts: Facts, rows: _Rows, finished: bool
) -> dict[str, Any]:
    """The variables of page.html. Takes the arguments of `report.write`."""
    newest = rows[-1] if rows else {"epoch": 0, "step": 0}
    # A run may end in mid-epoch, after its last row.
    step = facts.steps if finished else int(newest["step"])
    settings = _settings(config)
    return {
        "name": workdir.absolute().name,
        "config": config,
        "finished": finished,
        "epoch": int(newest["epoch"]),
        "percent": 100 * step / facts.steps,
        "figures": [
            ("Epoch", f"{newest['epoch']:.0f}", f"of {config.epochs}"),
            ("Step", f"{step:,}", f"of {facts.steps:,}"),
            *_speed(config, facts.steps - step, rows),
        ],
        "now": datetime.now(timezone.utc).replace(microsecond=0),
        "started": datetime.fromtimestamp(int(facts.started), timezone.utc),
        "broken": _broken(rows),
        "sheet_halves": [
            (source, target, min(samples.COUNT, facts.pictures[f"test{source}"]))
            for source, target in ("AB", "BA")
        ],
        "animations": [
            kind for kind in ("gif", "webp") if (workdir / f"samples/progress.{kind}").exists()
        ],
        "balances": balance.balances(newest, config.adversarial_loss),
        "scores": _scores(rows),
        "best": scalars.best(rows),
        "described": _described(config, facts),
        "settings": settings,
        "changed": [setting for setting in settings if setting["here"] != setting["recipe"]],
        "files": [(path, words) for path, words in _FILES if (workdir / path).exists()],
        "checkpoints": _checkpoints(workdir / "checkpoints", rows),
    }


def epoch_seconds(rows: _Rows) -> list[float]:
    """Each epoch's duration; 0 if its speed is missing."""
    steps = [0.0, *(row["step"] for row in rows)]
    speeds = [row.get("steps_per_second", math.nan) for row in rows]
    return [
        (after - before) / speed if speed > 0 else 0.0
        for (before, after), speed in zip(itertools.pairwise(steps), speeds, strict=True)
    ]


def _speed(config: Config, steps_left: int, rows: _Rows) -> list[tuple[str, str, str]]:
    speed = rows[-1].get("steps_per_second", math.nan) if rows else math.nan
    if not speed > 0:
        return []
    figures = [
        ("Speed", f"{2 * config.batch_size * speed:.3g}", "pictures a second"),
        ("Trained for", _duration(sum(epoch_seconds(rows))), ""),
    ]
    if steps_left:
        figures.append(("Time left", _duration(steps_left / speed), "at this speed"))
    return figures


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 1:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _broken(rows: _Rows) -> dict[str, Any] | None:
    """The newest epoch's scalars that are not finite, and the first epoch that had any."""
    names = [name for name, value in (rows[-1] if rows else {}).items() if not math.isfinite(value)]
    if not names:
        return None
    first = next(row for row in rows if not all(map(math.isfinite, row.values())))
    return {"names": names, "since": first["epoch"]}


def _scores(rows: _Rows) -> list[tuple[str, float, float]]:
    """Each score's name, newest value, and the epoch of that value."""
    newest = {
        scalars.score_name(name): (value, row["epoch"])
        for row in rows
        for name, value in row.items()
        if scalars.family(name) == "score"
    }
    return [(name, *found) for name, found in newest.items()]


def _described(config: Config, facts: Facts) -> list[tuple[str, str]]:
    def count(split: str) -> str:
        a, b = (facts.pictures[split + domain] for domain in "AB")
        return f"{a:,} of A, {b:,} of B"

    load, size = (f"{side}x{side}" for side in (config.resize_to, config.image_size))
    cycle = f"{config.cycle_weight:g} (cycle + {config.identity_weight:g} identity)"
    parameters = (
        f"{number / 1e6:.2f} M ({scalars.label(name).partition(',')[0]})"
        for name, number in facts.parameters.items()
    )
    return [
        ("Data set", config.dataset),
        ("Training pictures", count("train")),
        ("Test pictures", count("test")),
        ("Preprocessing", _PREPROCESSING[config.preprocess].format(load=load, size=size)),
        ("Networks", f"{_NETWORKS[config.generator]}, {config.filters} filters"),
        ("Parameters", " + ".join(parameters)),
        ("Loss", f"{_LOSSES[config.adversarial_loss]} + {cycle}"),
        ("Device", facts.device),
    ]


def _settings(config: Config) -> list[dict[str, str]]:
    recipe = Config(recipe=config.recipe)
    return [
        {
            "name": field.name,
            "here": _value(getattr(config, field.name)),
            "recipe": _value(getattr(recipe, field.name)),
            "meaning": field.metadata["meaning"],
        }
        for field in dataclasses.fields(config)
    ]


def _value(value: object) -> str:
    return "none" if value is None else str(value)


def _checkpoints(folder: Path, rows: _Rows) -> list[dict[str, Any]]:
    """The folder's checkpoints, newest first."""
    epochs = {int(row["step"]): f"{row['epoch']:.0f}" for row in rows}
    found = []
    for path in reversed(checkpoint_files.find_in(folder)):
        found.append(
            {
                "name": path.name,
                "epoch": epochs.get(checkpoint_files.step_of(path), "mid-epoch"),
                "megabytes": checkpoint_files.size_of(path) / 1e6,
                "files": [file.name for file in checkpoint_files.files_of(path)],
            }
        )
    return found
