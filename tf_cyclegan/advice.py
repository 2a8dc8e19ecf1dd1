"""What a run is told about failures that its losses do not show as such."""

from collections.abc import Callable, Mapping, Sequence

from tf_cyclegan import divergence
from tf_cyclegan.monitoring import scalars
from tf_cyclegan.samples import Translations

# Before that a generator's pictures say little about what it is up to.
_LEAST_STEPS = 500


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
        if name := divergence.winner(history, self._chance):
            self._tell(
                f"Warning: {name} has told real from fake without effort for a long time, so that "
                f"the generator learns little from it; what helps: --adversarial_loss=lsgan, "
                f"--pool_size=50, a lower --learning_rate, more varied pictures"
            )
        if history[-1]["step"] < _LEAST_STEPS:
            return
        for direction, shown in (("AtoB", translated.a_to_b), ("BtoA", translated.b_to_a)):
            if divergence.is_inverted([s[0] for s in shown], [s[1] for s in shown]):
                self._tell(
                    f"Warning: the translations {direction} look like negatives, dark where the "
                    f"picture is bright, which does not mend itself; what helps: another --seed in "
                    f"another --workdir, a higher --identity_weight"
                )

    def _tell(self, line: str) -> None:
        if line not in self._told:
            self._told.add(line)
            self._say(line)
