"""What a run is told about failures that its losses do not show as such."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from tf_cyclegan.evaluation.copying import correlation
from tf_cyclegan.monitoring import scalars
from tf_cyclegan.monitoring.samples import Translations

# Before that a generator's pictures say little about what it is up to.
_LEAST_STEPS = 500
# A discriminator has won when its loss stays below this part of chance for so many steps.
_WON_BELOW = 0.05
_WON_STEPS = 1000
# Brightness of input and translation, correlated over a picture: -1 is a negative.
_INVERTED_BELOW = -0.5


class Advice:
    """Looks at each epoch, and tells each trouble once, with what helps.

    Args:
      say: is given a line.
      adversarial_loss: the run's.
    """

    def __init__(self, say: Callable[[str], None], adversarial_loss: str):
        self._say = say
        self._chance = scalars.chance_level(adversarial_loss)
        self._told: set[str] = set()

    def look(self, history: Sequence[Mapping[str, float]], translated: Translations) -> None:
        """Looks at the rows of history.csv and at test pictures at the end of the last of them."""
        if name := winner(history, self._chance):
            self._tell(
                f"Warning: {name} has told real from fake without effort for a long time, so that "
                f"the generator learns little from it; what helps: adversarial_loss=lsgan, "
                f"pool_size=50, a lower learning_rate, more varied pictures"
            )
        if history[-1]["step"] < _LEAST_STEPS:
            return
        for direction, shown in (("AtoB", translated.a_to_b), ("BtoA", translated.b_to_a)):
            if is_inverted([s[0] for s in shown], [s[1] for s in shown]):
                self._tell(
                    f"Warning: the translations {direction} look like negatives, dark where the "
                    f"picture is bright, which does not mend itself; what helps: another seed in "
                    f"another workdir, a higher identity_weight"
                )

    def _tell(self, line: str) -> None:
        if line not in self._told:
            self._told.add(line)
            self._say(line)


def winner(history: Sequence[Mapping[str, float]], chance: float | None) -> str | None:
    """The discriminator that has had no trouble with the fakes for a long time; None for neither.

    Args:
      history: a row for each epoch, with the `step` at its end and the mean losses.
      chance: the loss of a discriminator that cannot tell real from fake; None where the loss has
        no such value.
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
    """Whether the translations are dark where the pictures are bright, on the average of them all.

    A pair of generators that both invert has no cycle loss, so that nothing mends it.

    Args:
      pictures: uint8 arrays (height, width, channels).
      translations: of each, in the same height and width.
    """
    values = [
        correlation(picture.mean(axis=2), translation.mean(axis=2))
        for picture, translation in zip(pictures, translations, strict=True)
    ]
    return bool(values) and float(np.mean(values)) < _INVERTED_BELOW
