"""A flag for each field of Config, and the Config that they ask for."""

import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

from absl import flags

from tf_cyclegan.config import RECIPES, Config, from_recipe, json_file, knobs, resuming
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
        kind, _ = knobs.field_type(Config, field.name)
        meaning, choices = field.metadata["meaning"], field.metadata["choices"]
        choices = tuple(RECIPES) if field.name == "recipe" else choices
        # Some meanings explain each choice.
        listed = not all(f"{choice}: " in meaning for choice in choices)
        _DEFINE[kind](field.name, None, f"{meaning}: {', '.join(choices)}" if listed else meaning)
    flags.DEFINE_string("workdir", None, "where the run is kept (default: runs/RECIPE)")


def recipe_values() -> dict[str, str]:
    """For the help: each field's value in `mini`, and in the recipes that differ from it."""
    configs = [Config(recipe) for recipe in RECIPES]
    notes = {}
    for field in fields(Config):
        recipes: dict[Any, list[str]] = {}
        for config in configs:
            recipes.setdefault(getattr(config, field.name), []).append(config.recipe)
        mini, *others = recipes
        if field.name == "recipe" or (mini is None and not others):
            continue
        shown = ["none" if mini is None else f"{mini}"]
        shown += [f"{', '.join(recipes[other])}: {other}" for other in others]
        notes[field.name] = f" [{'; '.join(shown)}]"
    return notes


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

        checkpoint, _ = checkpoint_files.newest_intact(workdir)
        config = checkpoint_files.config_in(checkpoint)
        print(f"{error}; resuming with the settings in {checkpoint}", file=sys.stderr)
        return config


def located(dataset: str) -> str:
    """The data set, a path as an absolute one, so that the run finds it again from any folder."""
    path = Path(dataset)
    return str(path.resolve()) if path.exists() else dataset
