"""Which settings a run may be resumed with."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from tf_cyclegan.config.settings import Config, from_recipe
from tf_cyclegan.system.errors import UserError


def resumed(stored: Config, recipe: str | None, changes: Mapping[str, Any]) -> Config:
    """The settings to resume a run with: its `stored` ones, with `changes` in place of them.

    A recipe that is named must agree as its settings would: it replaces the stored settings, and
    `refuse_other_run` then tells what differs. `max_steps` ends one call and is not inherited.
    """
    if recipe is not None and recipe != stored.recipe:
        return from_recipe(recipe, changes)
    return Config(**{**stored.to_dict(), "max_steps": None, **changes})


def refuse_other_run(stored: Config, asked: Config, where: str) -> None:
    """Refuses to resume a run with settings that would make it another one.

    Raises:
      UserError: names each field that differs, both values, and the way out.
    """
    differing = [
        f"{field.name} (there {getattr(stored, field.name)}, now {getattr(asked, field.name)})"
        for field in dataclasses.fields(Config)
        if not field.metadata["resumable"]
        and getattr(stored, field.name) != getattr(asked, field.name)
    ]
    if differing:
        raise UserError(
            f"{where} holds a run with other settings: {', '.join(differing)}; leave these as they "
            f"were to resume it, or start a new one in another workdir"
        )
