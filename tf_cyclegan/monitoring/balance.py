"""Whether each discriminator is in balance with its generator, in words."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from tf_cyclegan.monitoring import scalars

# Relative to the loss of guessing.
_GUESSING, _ALWAYS_RIGHT = 0.9, 0.1


@dataclass(frozen=True)
class Balance:
    """The state of one discriminator."""

    name: str  # The scalar of history.csv that shows it.
    title: str
    place: float  # From 0, always right, to 1, guessing; clipped.
    words: str  # What the value means, in one or two sentences.


def balances(row: Mapping[str, float], adversarial_loss: str) -> list[Balance]:
    """The balance of each discriminator in a row of history.csv, where its value is finite.

    Losses are relative to that of guessing, accuracies to a half.
    """
    chance = scalars.chance_level(adversarial_loss)
    found = []
    for name, value in row.items():
        kind = scalars.family(name)
        if not math.isfinite(value):
            continue
        if kind == "accuracy":
            place = 2 * (1 - value)
            words = f"It classifies {value:.0%} of the patches correctly; guessing gives 50%."
        elif kind == "discriminator" and chance is not None:
            place, kind = value / chance, "loss"
            words = f"Loss {value:.3g}; guessing gives {chance:.3g}. {_meaning(place)}"
        else:
            continue
        title = f"{scalars.label(name)}: {kind}"
        found.append(Balance(name, title, min(1.0, max(0.0, place)), words))
    return found


def _meaning(relative_loss: float) -> str:
    if relative_loss > 1.1:
        return "Worse than guessing: confidently wrong, as often in the first epochs."
    if relative_loss > _GUESSING:
        return (
            "It can hardly tell fake from real: the fakes are good, or it has not learned yet; the "
            "samples show which."
        )
    if relative_loss < _ALWAYS_RIGHT:
        return (
            "It spots nearly every fake, so its generator has little to learn from; if the samples "
            "stop changing, the discriminators are too strong."
        )
    return "It spots many fakes, but not all: both networks have something to learn."
