"""How often a run saves: after so many epochs, steps or minutes."""

import re
from dataclasses import dataclass

from tf_cyclegan.system.errors import UserError

_TEXT = re.compile(r"([1-9]\d{0,8})(epochs|steps|min|)")


@dataclass(frozen=True)
class Interval:
    """A `count` of a `unit`: epochs, steps or min."""

    count: int
    unit: str

    def is_due(self, step: int, steps_per_epoch: int, seconds: float) -> bool:
        """Whether it is over.

        Args:
          step: training steps done in all.
          steps_per_epoch: steps that an epoch takes.
          seconds: time since it last was.
        """
        if self.unit == "min":
            return seconds >= 60 * self.count
        return step % (self.count * (1 if self.unit == "steps" else steps_per_epoch)) == 0


def parse(text: str, field: str) -> Interval:
    """The interval that a text such as 5, 5epochs, 500steps or 10min names.

    Raises:
      UserError: it names none. `field` is named.
    """
    parts = _TEXT.fullmatch(text)
    if not parts:
        raise UserError(
            f"{field}={text}: give a number of epochs such as 5, of steps such as 500steps, or "
            f"of minutes such as 10min"
        )
    return Interval(int(parts[1]), parts[2] or "epochs")
