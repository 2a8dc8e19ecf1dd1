"""Warnings about failures that the losses do not show."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from tf_cyclegan.evaluation.copying import correlation
from tf_cyclegan.monitoring import scalars
from tf_cyclegan.monitoring.samples import Translations

# Earlier translations say little about what the generators learn.
_MIN_STEPS = 500
# A discriminator has won when its loss stays below this part of chance for so many steps.
_WON_BELOW = 0.05
_WON_STEPS = 1000
# Brightness of input and translation, correlated over a picture: -1 is a negative.
_INVERTED_BELOW = -0.5


class Advice:
    """Warns of each failure once, with remedies.

    Args:
      say: called with each warning.
      adversarial_loss: the run's.
    """

    def __init__(self, say: Callable[[str], None], adversarial_loss: str):
        self._say = say
        self._chance = scalars.chance_level(adversarial_loss)
        self._told: set[str] = set()

    def look(self, history: Sequence[Mapping[str, float]], translated: Translations) -> None:
        """Checks the rows of history.csv and the test pictures at the end of the newest epoch."""
        if name := winner(history, self._chance):
            self._tell(
                f"Warning: {name} has separated real from fake without effort for over "
                f"{_WON_STEPS} steps, so the generator learns little from it; remedies: "
                f"adversarial_loss=lsgan, pool_size=50, a lower learning_rate, more varied pictures"
            )
        if history[-1]["step"] < _MIN_STEPS:
            return
        for direction, shown in (("AtoB", translated.a_to_b), ("BtoA", translated.b_to_a)):
            if is_inverted([s[0] for s in shown], [s[1] for s in shown]):
                self._tell(
                    f"Warning: the translations {direction} have inverted brightness (colour "
                    f"inversion), which training does not correct; remedies: another seed in "
                    f"another workdir, a higher identity_weight"
                )

    def _tell(self, line: str) -> None:
        if line not in self._told:
            self._told.add(line)
            self._say(line)


def winner(history: Sequence[Mapping[str, float]], chance: float | None) -> str | None:
    """The discriminator whose loss has been near zero for 1000 steps; None for neither.

    Args:
      history: a row for each epoch, with the `step` at its end and the mean losses.
      chance: the loss at chance level; None where the loss has none.
    """
    last = history[-1]["step"] if history else 0
    if chance is None or last < _WON_STEPS:
        return None
    recent = [row for row in history if row["step"] > last - _WON_STEPS]
    for name in ("discriminator_x", "discriminator_y"):
        if all(row[name] < _WON_BELOW * chance for row in recent):
            return name
    return None


def is_inverted(pictures: Sequence[np.ndarray], translations: Sequence[np.ndarray]) -> bool:
    """Whether translations are dark where pictures are bright, on average.

    Two generators that both invert have no cycle loss, so nothing corrects them.

    Args:
      pictures: uint8 arrays (height, width, channels).
      translations: of each, in the same height and width.
    """
    values = [
        correlation(picture.mean(axis=2), translation.mean(axis=2))
        for picture, translation in zip(pictures, translations, strict=True)
    ]
    return bool(values) and float(np.mean(values)) < _INVERTED_BELOW
