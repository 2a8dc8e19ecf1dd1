"""A run's scalars: which belong together, what they are called, how they are best drawn.

Whatever training measures is known by one name, in history.csv and everywhere else. A name's kind
is in the name: `accuracy_`, `gradient_norm_` and `score_` begin those of a family that may grow.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# The score by which epochs are compared: lower is better.
OVERALL = "score_overall"

# Of a discriminator's loss, halved as in losses.py, where it cannot tell real from generated. The
# Wasserstein critic has none: its loss is a difference without a scale of its own.
_CHANCE = {"bce": math.log(2), "lsgan": 0.25, "hinge": 1.0}

# Each with its title and what to make of it.
_FAMILIES = {
    "total": ("Generators, total loss", "What each generator makes small: the sum of the rest."),
    "cycle": ("Cycle and identity loss", "How far a picture is from itself, there and back again."),
    "adversarial": (
        "Generators, adversarial loss",
        "Low where it fools its discriminator. It may well rise: discriminators learn.",
    ),
    "discriminator": ("Discriminator loss", "Low where it tells real from generated."),
    "accuracy": ("Discriminator accuracy", "The share of patches that it judges rightly."),
    "score": ("Scores", "Measured on test pictures."),
    "learning_rate": ("Learning rate", "How far each step goes."),
    "gradient_norm": ("Gradient norms", "A sudden jump, or zero, means that training breaks."),
    "time": ("Speed", "It should stay level, and waiting for data be a small part of it."),
    "other": ("Other", ""),
}
_LOSSES = ("total", "cycle", "adversarial", "discriminator")
# Their zero, a straight line or a level to compare with would be lost on a logarithmic scale.
_LINEAR = ("discriminator", "accuracy", "learning_rate", "time")
# A wider range than this would press the smaller curves flat on a linear scale.
_WIDE = 10.0

# How many colours can be told apart. The first two are those of the directions A to B, with the
# discriminator that judges it, and B to A.
COLOURS = 6
_DIRECTIONS = {"g": 0, "y": 0, "AtoB": 0, "f": 1, "x": 1, "BtoA": 1}

_WORDS = {
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
    """Scalars that are drawn into one chart.

    Attributes:
      family: which, in one word.
      title: what they are.
      meaning: what to make of them, one line.
      names: the scalars.
      colours: of each of them, from 0; the same for a direction wherever it is alone in a panel.
      log: whether a logarithmic scale shows more.
      level: a value to compare them with, such as that of guessing; None for none.
    """

    family: str
    title: str
    meaning: str
    names: tuple[str, ...]
    colours: tuple[int, ...]
    log: bool = False
    level: float | None = None


def family(name: str) -> str:
    """Which scalars one belongs with: a key of those that `panels` goes by."""
    if name in ("epoch", "step"):
        return "place"
    if name in ("steps_per_second", "step_seconds", "data_seconds"):
        return "time"
    if name.startswith("identity_"):
        return "cycle"
    return next((f for f in _FAMILIES if name == f or name.startswith(f + "_")), "other")


def tag(name: str) -> str:
    """The scalar's name in TensorBoard, which makes a section of what stands before the slash."""
    kind = family(name)
    return f"{'loss' if kind in _LOSSES else kind}/{name}"


def label(name: str) -> str:
    """The scalar's name in plain words, as short as its panel's title allows."""
    if name in _WORDS:
        return _WORDS[name]
    kind = family(name)
    rest = name.removeprefix(kind + "_")
    if kind == "score" and (direction := _score(name)[1]):
        return _WORDS[direction]
    if name.startswith("identity_"):
        return f"identity of {name.removeprefix('identity_').upper()}"
    return _WORDS.get(rest, rest.replace("_", " "))


def score_name(name: str) -> str:
    """What a score is called where it stands by itself."""
    words, direction = _score(name)
    return f"{words}, {_WORDS[direction]}" if direction else words


def _score(name: str) -> tuple[str, str]:
    """Which score it is, in words, and of which direction; empty for one of both."""
    rest = name.removeprefix("score_")
    what, _, direction = rest.rpartition("_")
    if direction not in ("AtoB", "BtoA"):
        what, direction = rest, ""
    return what.replace("_", " "), direction


def chance_level(adversarial_loss: str) -> float | None:
    """A discriminator's loss where it guesses; None where there is no such value."""
    return _CHANCE.get(adversarial_loss)


def best(rows: Sequence[Mapping[str, float]]) -> Mapping[str, float] | None:
    """The row with the best overall score; None where no epoch was scored."""
    scored = [row for row in rows if OVERALL in row]
    return min(scored, key=lambda row: row[OVERALL]) if scored else None


def panels(rows: Sequence[Mapping[str, float]], adversarial_loss: str) -> list[Panel]:
    """What there is to draw of a history, family by family; nothing of what it does not hold."""
    present = list(dict.fromkeys(name for row in rows for name in row))
    levels = {"discriminator": chance_level(adversarial_loss), "accuracy": 0.5}
    found = []
    for kind, words in _FAMILIES.items():
        names = tuple(name for name in present if family(name) == kind)
        # Steps a second say the same as seconds a step, on another scale.
        if "step_seconds" in names:
            names = tuple(name for name in names if name != "steps_per_second")
        for title, group in _groups(kind, words[0], names).items():
            values = [row[name] for row in rows for name in group if name in row]
            log = kind not in _LINEAR and _spans_widely(values)
            colours = _colours(group)
            found.append(Panel(kind, title, words[1], group, colours, log, levels.get(kind)))
    return found


def _groups(kind: str, title: str, names: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """The names that share a panel, by its title. Each score has a scale of its own."""
    if kind != "score":
        return {title: names} if names else {}
    groups: dict[str, tuple[str, ...]] = {}
    for name in names:
        title = f"Score: {_score(name)[0]}"
        groups[title] = (*groups.get(title, ()), name)
    return groups


def _colours(names: Sequence[str]) -> tuple[int, ...]:
    taken: list[int] = []
    for name in names:
        wanted = _DIRECTIONS.get(name.rpartition("_")[2])
        if wanted is None or wanted in taken:
            wanted = next((c for c in range(2, COLOURS) if c not in taken), len(taken) % COLOURS)
        taken.append(wanted)
    return tuple(taken)


def _spans_widely(values: Sequence[float]) -> bool:
    values = [value for value in values if math.isfinite(value)]
    return bool(values) and min(values) > 0 and max(values) > _WIDE * min(values)
