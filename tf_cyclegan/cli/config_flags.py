"""A flag for each field of Config, and the Config that they ask for."""

import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

from absl import flags

from tf_cyclegan.config import RECIPES, Config, from_recipe, json_file, resuming, settings
from tf_cyclegan.system import tensorflow_import
from tf_cyclegan.system.errors import UserError

_DEFINE = {
    str: flags.DEFINE_string,
    int: flags.DEFINE_integer,
    float: flags.DEFINE_float,
    bool: flags.DEFINE_boolean,
}


def define() -> None:
    """Defines the flags, and --workdir. Unset ones leave the recipe's value."""
    for field in fields(Config):
        kind, _ = settings.field_type(field.name)
        meaning, choices = field.metadata["meaning"], field.metadata["choices"]
        choices = tuple(RECIPES) if field.name == "recipe" else choices
        listed = f": {', '.join(choices)}" if choices else ""
        _DEFINE[kind](field.name, None, f"{meaning}{listed}")
    flags.DEFINE_string("workdir", None, "where the run is kept (default: runs/RECIPE)")


def recipe_values() -> dict[str, str]:
    """Behind each field's meaning: mini's value, and those of the recipes that differ from it."""
    mini, *others = (Config(recipe) for recipe in RECIPES)
    notes = {}
    for field in fields(Config):
        value = getattr(mini, field.name)
        if field.name == "recipe":
            continue
        differing = [
            f"{config.recipe} {_shown(getattr(config, field.name))}"
            for config in others
            if getattr(config, field.name) != value
        ]
        shown = [] if value is None else [f"mini {value}" if differing else str(value)]
        shown += differing
        notes[field.name] = f" [{'; '.join(shown)}]" if shown else ""
    return notes


def _shown(value: object) -> str:
    return "none" if value is None else str(value)


def read() -> tuple[Config, Path]:
    """The settings and the workdir that the command line asks for.

    A workdir that holds a run gives its settings, so that they need not be repeated.
    """
    values = flags.FLAGS
    changes: dict[str, Any] = {
        field.name: values[field.name].value
        for field in fields(Config)
        if field.name != "recipe" and values[field.name].value is not None
    }
    if "dataset" in changes:
        changes["dataset"] = located(changes["dataset"])
    workdir = Path(values.workdir or f"runs/{values.recipe or 'mini'}")
    if any((workdir / "checkpoints").rglob("*.index")):
        return resuming.resumed(_stored(workdir), values.recipe, changes), workdir
    return from_recipe(values.recipe or "mini", changes), workdir


def _stored(workdir: Path) -> Config:
    """The settings of a run: those of its file, or where that is damaged, of its checkpoints."""
    try:
        return json_file.read_json(workdir / json_file.CONFIG_FILE)
    except UserError as error:
        with tensorflow_import.quiet():
            from tf_cyclegan.checkpoints import files as checkpoint_files

        checkpoint, _ = checkpoint_files.newest_whole(workdir)
        config = checkpoint_files.config_in(checkpoint)
        print(f"{error}; resuming with the settings in {checkpoint}", file=sys.stderr)
        return config


def located(dataset: str) -> str:
    """The data set, a path as an absolute one, so that the run finds it again from any folder."""
    path = Path(dataset)
    return str(path.resolve()) if path.exists() else dataset
