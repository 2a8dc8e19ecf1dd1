"""Whether discriminators and generators keep up with each other, in plain words."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from tf_cyclegan.monitoring import scalars

# Parts of the loss of guessing.
_GUESSES, _KNOWS = 0.9, 0.1


@dataclass(frozen=True)
class Balance:
    """How one discriminator does.

    Attributes:
      name: the scalar that tells, of history.csv.
      place: 0 where the discriminator knows all, 1 where it guesses; in between, clipped.
      words: what the number means, one or two sentences.
    """

    name: str
    place: float
    words: str


def balances(row: Mapping[str, float], adversarial_loss: str) -> list[Balance]:
    """What an epoch's row of history.csv says of each discriminator; nothing of what is not there.

    Losses are measured against that of guessing, accuracies against a half.
    """
    chance = scalars.chance_level(adversarial_loss)
    found = []
    for name, value in row.items():
        kind = scalars.family(name)
        if not math.isfinite(value):
            continue
        if kind == "accuracy":
            place = min(1.0, max(0.0, 2 * (1 - value)))
            words = f"It judges {value:.0%} of the patches rightly; guessing makes 50%."
            found.append(Balance(name, place, words))
        elif kind == "discriminator" and chance is not None:
            place = min(1.0, max(0.0, value / chance))
            words = f"Loss {value:.3g}, guessing makes {chance:.3g}. {_meaning(value / chance)}"
            found.append(Balance(name, place, words))
    return found


def _meaning(part: float) -> str:
    if part > 1.1:
        return "Worse than guessing: it is sure and wrong, as happens at the very start."
    if part > _GUESSES:
        return (
            "It can hardly tell the two apart: the translations are good, or it has not learned "
            "yet; the samples show which."
        )
    if part < _KNOWS:
        return (
            "It knows nearly every translation, so the generator gets little to learn from; if "
            "the samples stand still, the discriminators are too strong."
        )
    return "It tells many apart, not all: both sides have something to learn."
