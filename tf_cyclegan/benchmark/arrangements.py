"""What is measured side by side: the plain arrangement, and ours in its variants."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from tf_cyclegan import recipes
from tf_cyclegan.config import Config
from tf_cyclegan.errors import UserError

STEP, TRANSLATION = "step", "translation"


@dataclasses.dataclass(frozen=True)
class Arrangement:
    """One way to do one task.

    Attributes:
      task: STEP, of training, or TRANSLATION of a picture.
      plain: as the tutorial arranges it (`plain_step`), not as this package does.
      config: the settings, with the precision.
    """

    task: str
    plain: bool
    config: Config

    @property
    def name(self) -> str:
        """What the table calls it."""
        name = f"plain {self.task}" if self.plain else f"{self.task}, {self.config.precision}"
        name += ", XLA" * self.config.xla
        return name + ", recompute" * self.config.recompute


def settings(recipe: str, changes: dict[str, Any]) -> Config:
    """A recipe's settings as both arrangements can have them.

    The tutorial's step has no image pool and updates simultaneously, so neither has ours here.

    Raises:
      UserError: no such recipe, or `changes` are refused.
    """
    changes = {"pool_size": 0, "update_order": "simultaneous", "precision": "float32", **changes}
    if "image_size" in changes:
        changes["load_size"] = None
    return recipes.from_recipe(recipe, changes)


def of_steps(
    config: Config, precisions: Sequence[str], *, xla: bool, recompute: bool
) -> list[Arrangement]:
    """The plain step, and ours in each precision: as it is, compiled, and recomputing.

    Raises:
      UserError: there is no such precision.
    """
    for precision in precisions:
        if precision not in ("float32", "bfloat16", "float16"):
            raise UserError(f"--precisions={precision}: choose from float32, bfloat16, float16")
    variants: list[dict[str, Any]] = [
        {},
        *([{"xla": True}] * xla),
        *([{"recompute": True}] * recompute),
    ]
    return [Arrangement(STEP, True, config)] + [
        Arrangement(STEP, False, dataclasses.replace(config, precision=precision, **variant))
        for precision in precisions
        for variant in variants
    ]


def of_translations(config: Config) -> list[Arrangement]:
    """The plain networks, and ours; both in float32, in which this package translates."""
    return [Arrangement(TRANSLATION, plain, config) for plain in (True, False)]
