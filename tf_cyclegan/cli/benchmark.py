"""benchmark: measures training steps and translation."""

import itertools
import json
import textwrap
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

from absl import flags

from tf_cyclegan.benchmark import speed
from tf_cyclegan.cli.help_text import Usage
from tf_cyclegan.cli.running import run
from tf_cyclegan.config import Config, whole_numbers
from tf_cyclegan.system import tensorflow_import
from tf_cyclegan.system.errors import UserError
from tf_cyclegan.system.files import write_file

_RECIPES = flags.DEFINE_list("recipes", ["tutorial", "paper"], "default: tutorial,paper")
_SIZES = flags.DEFINE_list("sizes", [], "image sizes in pixels (default: the recipe's own)")
_BATCH_SIZE = flags.DEFINE_integer("batch_size", 1, "pictures of each domain in a step")
_FILTERS = flags.DEFINE_integer("filters", None, "width of the networks (default: the recipe's)")
_TRANSLATE = flags.DEFINE_bool("translate", True, "translation as well")
_PRECISIONS = flags.DEFINE_list("precisions", ["float32", "bfloat16"], "default: float32,bfloat16")
_XLA = flags.DEFINE_bool("xla", None, "our steps compiled as well (default: on a GPU)")
_RECOMPUTE = flags.DEFINE_bool("recompute", False, "our steps with recompute as well")
_AGAINST = flags.DEFINE_string(
    "against", None, "the checkout of another version, in turn with ours"
)
_REPETITIONS = flags.DEFINE_integer("repetitions", 5, "turns of each", lower_bound=1)
_STEPS = flags.DEFINE_integer("steps", 1, "steps, or pictures, in a turn", lower_bound=1)
_JSON = flags.DEFINE_string("json", None, "write every repetition into this file as well")


def main() -> None:
    groups = _settings()
    against = Path(_AGAINST.value).resolve() if _AGAINST.value else None
    if against and not (against / "tf_cyclegan" / "benchmark" / "child.py").is_file():
        raise UserError(
            f"against={_AGAINST.value}: has no tf_cyclegan/benchmark/child.py; name a checkout"
        )
    with tensorflow_import.quiet():
        from tf_cyclegan.system import devices

    versions = [f"{name} {metadata.version(name)}" for name in ("tensorflow", "keras")]
    machine = [speed.cpu(), devices.describe(), ", ".join(versions)]
    print(*machine, sep="\n", flush=True)
    options: list[dict[str, Any]] = [{}]
    if devices.has_gpu() if _XLA.value is None else _XLA.value:
        options.append({"xla": True})
    if _RECOMPUTE.value:
        options.append({"recompute": True})
    found: list[dict[str, Any]] = []
    for settings in groups:
        variants = [
            {"precision": precision, **option}
            for precision, option in itertools.product(_PRECISIONS.value, options)
        ]
        often = (_REPETITIONS.value, _STEPS.value, against)
        measured = speed.measure("step", settings, variants, *often)
        if _TRANSLATE.value:
            # The package translates in float32.
            measured += speed.measure("translation", settings, [{"precision": "float32"}], *often)
        config = Config(**settings)
        size = f"{config.filters} filters, {config.image_size} px, batch {config.batch_size}"
        print(f"\n{config.recipe}: {config.generator}, {size}\n{speed.table(measured)}", flush=True)
        rows = [asdict(each) | {"ratio": each.ratio} for each in measured]
        found.append({"config": config.to_dict(), "measured": rows})
        if _JSON.value:
            text = json.dumps({"machine": machine, "groups": found}, indent=2, default=str)
            write_file(Path(_JSON.value), f"{text}\n".encode())
    print("\n" + textwrap.fill(speed.EXPLANATION, 100))


def _settings() -> list[dict[str, Any]]:
    """Those of each recipe and size, as the plain arrangement can have them, too."""
    numbers = [whole_numbers.parse(size) for size in _SIZES.value]
    if None in numbers:
        raise UserError(f"sizes={','.join(_SIZES.value)}: give whole numbers, such as 128,256")
    sizes = [{"image_size": number, "load_size": None} for number in numbers] or [{}]
    common = {"batch_size": _BATCH_SIZE.value, "pool_size": 0, "update_order": "simultaneous"}
    if _FILTERS.value is not None:
        common["filters"] = _FILTERS.value
    groups = [{"recipe": recipe, **common, **size} for recipe in _RECIPES.value for size in sizes]
    for settings in groups:
        for precision in _PRECISIONS.value:
            # Refuses what there is not, before anything is measured.
            Config(**settings, precision=precision)
    return groups


def command() -> None:
    """Runs it."""
    run(
        main,
        Usage(
            "Measures training steps and translation: the tutorial's and ours, in turn.",
            (
                "python scripts/benchmark.py",
                "python scripts/benchmark.py --recipes=mini --steps=10 --json=mini.json",
            ),
            {
                "What": ("recipes", "sizes", "batch_size", "filters", "translate"),
                "Ours, beside the plain arrangement": ("precisions", "xla", "recompute", "against"),
                "How often": ("repetitions", "steps", "json"),
            },
        ),
    )
