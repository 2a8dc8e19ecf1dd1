"""Whether each discriminator and its generator are in balance, in words."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from tf_cyclegan.monitoring import scalars

# Shares of the loss of guessing above and below which a discriminator guesses or is always right.
_GUESSES, _KNOWS = 0.9, 0.1


@dataclass(frozen=True)
class Balance:
    """How one discriminator does.

    Attributes:
      name: the scalar of history.csv that tells.
      title: that scalar in words.
      place: from 0, always right, to 1, guessing; clipped.
      words: what the value means, in one or two sentences.
    """

    name: str
    title: str
    place: float
    words: str


def balances(row: Mapping[str, float], adversarial_loss: str) -> list[Balance]:
    """What an epoch's row of history.csv says of each discriminator, where its values are finite.

    Losses are measured against that of guessing, accuracies against a half.
    """
    chance = scalars.chance_level(adversarial_loss)
    found = []
    for name, value in row.items():
        kind = scalars.family(name)
        if not math.isfinite(value):
            continue
        if kind == "accuracy":
            part = 2 * (1 - value)
            words = f"It classifies {value:.0%} of the patches correctly; guessing gives 50%."
        elif kind == "discriminator" and chance is not None:
            part, kind = value / chance, "loss"
            words = f"Loss {value:.3g}; guessing gives {chance:.3g}. {_meaning(part)}"
        else:
            continue
        title = f"{scalars.label(name)}: {kind}"
        found.append(Balance(name, title, min(1.0, max(0.0, part)), words))
    return found


def _meaning(part: float) -> str:
    if part > 1.1:
        return "Worse than guessing: confidently wrong, as often in the first epochs."
    if part > _GUESSES:
        return (
            "It can hardly tell fake from real: the fakes are good, or it has not learned yet; the "
            "samples show which."
        )
    if part < _KNOWS:
        return (
            "It spots nearly every fake, so its generator has little to learn from; if the samples "
            "stop changing, the discriminators are too strong."
        )
    return "It spots many fakes, but not all: both networks have something to learn."
