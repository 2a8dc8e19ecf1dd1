"""A run's scalars: their families, labels and charts.

A scalar has the same name in history.csv and everywhere else. Its family follows from the name, by
prefixes such as `accuracy_`, `gradient_norm_` and `score_`.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# The score that ranks epochs; lower is better.
OVERALL = "score_overall"

# A guessing discriminator's loss, halved as in losses.py. The Wasserstein critic's has no scale.
_CHANCE_LEVELS = {"bce": math.log(2), "lsgan": 0.25, "hinge": 1.0}

# Title and caption of each family's chart.
_FAMILIES = {
    "total": ("Generators, total loss", "What each generator minimizes: the sum of its losses."),
    "cycle": ("Cycle and identity loss", "How far a picture is from itself, there and back again."),
    "adversarial": (
        "Generators, adversarial loss",
        "Low where it fools its discriminator. It may well rise: discriminators learn.",
    ),
    "discriminator": ("Discriminator loss", "Low where it tells real from generated."),
    "accuracy": ("Discriminator accuracy", "Share of patches classified correctly."),
    "score": ("Scores", "Measured on test pictures."),
    "learning_rate": ("Learning rate", "Adam's step size."),
    "gradient_norm": ("Gradient norms", "A sudden jump, or zero, means that training fails."),
    "time": ("Speed", "Should stay level, with little waiting for data."),
    "other": ("Other", ""),
}
_LOSSES = ("total", "cycle", "adversarial", "discriminator")
# A logarithmic scale would lose their zero, their straight lines or the level of guessing.
_LINEAR = ("discriminator", "accuracy", "learning_rate", "time")
# Ratio of values above which the scale is logarithmic, lest the smaller curves are flat.
_MIN_LOG_RATIO = 10.0

# Distinguishable colours. The first is that of A to B and its discriminator, the second of B to A.
_COLOURS = 6
_DIRECTION_COLOURS = {"g": 0, "y": 0, "AtoB": 0, "f": 1, "x": 1, "BtoA": 1}

_LABELS = {
    "g": "G, A to B",
    "f": "F, B to A",
    "x": "D_X, on A",
    "y": "D_Y, on B",
    "generator_g": "G, A to B",
    "generator_f": "F, B to A",
    "discriminator_x": "D_X, on A",
    "discriminator_y": "D_Y, on B",
    "AtoB": "A to B",
    "BtoA": "B to A",
    "steps_per_second": "steps a second",
    "step_seconds": "seconds a step",
    "data_seconds": "of which waiting for data",
}


@dataclass(frozen=True)
class Panel:
    """One chart."""

    family: str  # Of its scalars.
    title: str
    meaning: str  # A caption of one line.
    names: tuple[str, ...]  # Of its scalars.
    colours: tuple[int, ...]  # The index of each scalar's colour: one for each direction.
    log: bool = False  # Whether the scale is logarithmic.
    level: float | None = None  # A reference value, such as that of guessing.


def family(name: str) -> str:
    """A scalar's family: "place" for epoch and step, else a `Panel.family`."""
    if name in ("epoch", "step"):
        return "place"
    if name in ("steps_per_second", "step_seconds", "data_seconds"):
        return "time"
    if name.startswith("identity_"):
        return "cycle"
    return next((f for f in _FAMILIES if name == f or name.startswith(f + "_")), "other")


def tag(name: str) -> str:
    """A scalar's name in TensorBoard, which groups charts by what precedes the slash."""
    kind = family(name)
    return f"{'loss' if kind in _LOSSES else kind}/{name}"


def label(name: str) -> str:
    """A scalar's label in the chart of its family."""
    if name in _LABELS:
        return _LABELS[name]
    kind = family(name)
    rest = name.removeprefix(kind + "_")
    if kind == "score" and (direction := _score(name)[1]):
        return _LABELS[direction]
    if name.startswith("identity_"):
        return f"identity of {name.removeprefix('identity_').upper()}"
    return _LABELS.get(rest, rest.replace("_", " "))


def score_name(name: str) -> str:
    """A score's label outside charts."""
    words, direction = _score(name)
    return f"{words}, {_LABELS[direction]}" if direction else words


def _score(name: str) -> tuple[str, str]:
    """A score in words, and its direction; empty if it covers both."""
    rest = name.removeprefix("score_")
    what, _, direction = rest.rpartition("_")
    if direction not in ("AtoB", "BtoA"):
        what, direction = rest, ""
    return what.replace("_", " "), direction


def chance_level(adversarial_loss: str) -> float | None:
    """A guessing discriminator's loss; None for the Wasserstein critic, which has none."""
    return _CHANCE_LEVELS.get(adversarial_loss)


def best(rows: Sequence[Mapping[str, float]]) -> Mapping[str, float] | None:
    """The row with the best overall score; None if no epoch was scored.

    A run that is resumed with `inception_weights`, or without them, goes on with another overall
    score: KID, or another. Only rows with that of the newest one are compared.
    """
    scored = [row for row in rows if OVERALL in row]
    alike = [row for row in scored if _has_kid(row) == _has_kid(scored[-1])]
    return min(alike, key=lambda row: row[OVERALL], default=None)


def _has_kid(row: Mapping[str, float]) -> bool:
    return any(name.startswith("score_kid_") for name in row)


def panels(rows: Sequence[Mapping[str, float]], adversarial_loss: str) -> list[Panel]:
    """The charts of a history, family by family."""
    names = dict.fromkeys(name for row in rows for name in row)
    if "step_seconds" in names:
        names.pop("steps_per_second", None)  # The same on another scale.
    levels = {"discriminator": chance_level(adversarial_loss), "accuracy": 0.5}
    found = []
    for kind, (family_title, meaning) in _FAMILIES.items():
        groups: dict[str, list[str]] = {}
        for name in names:
            if family(name) == kind:
                # Scores have different scales.
                title = f"Score: {_score(name)[0]}" if kind == "score" else family_title
                groups.setdefault(title, []).append(name)
        for title, group in groups.items():
            values = [row[name] for row in rows for name in group if name in row]
            log = kind not in _LINEAR and _has_wide_range(values)
            colours, level = _colours(group), levels.get(kind)
            found.append(Panel(kind, title, meaning, tuple(group), colours, log, level))
    return found


def _colours(names: Sequence[str]) -> tuple[int, ...]:
    taken: list[int] = []
    for name in names:
        wanted = _DIRECTION_COLOURS.get(name.rpartition("_")[2])
        if wanted is None or wanted in taken:
            wanted = next((c for c in range(2, _COLOURS) if c not in taken), len(taken) % _COLOURS)
        taken.append(wanted)
    return tuple(taken)


def _has_wide_range(values: Sequence[float]) -> bool:
    values = [value for value in values if math.isfinite(value)]
    return bool(values) and min(values) > 0 and max(values) > _MIN_LOG_RATIO * min(values)
