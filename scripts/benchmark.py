"""Measures training steps and translation: python scripts/benchmark.py. docs/performance.md."""

import textwrap
from pathlib import Path
from typing import Any

from absl import flags

import command_line
from tf_cyclegan.benchmark import arrangements, results
from tf_cyclegan.benchmark.child_process import ChildError, ChildProcess
from tf_cyclegan.benchmark.measuring import Effort, measure
from tf_cyclegan.errors import UserError
from tf_cyclegan.files import write_file

_RECIPES = flags.DEFINE_list("recipes", ["tutorial", "paper"], "which to measure")
_SIZES = flags.DEFINE_list("sizes", [], "image sizes in pixels (default: the recipe's own)")
_PRECISIONS = flags.DEFINE_list("precisions", ["float32", "bfloat16"], "or float16, of our steps")
_XLA = flags.DEFINE_bool("xla", None, "our steps compiled as well (default: on a GPU)")
_RECOMPUTE = flags.DEFINE_bool("recompute", False, "our steps with --recompute as well")
_TRANSLATE = flags.DEFINE_bool("translate", True, "translation as well")
_REPETITIONS = flags.DEFINE_integer("repetitions", 5, "turns of each", lower_bound=1)
_STEPS = flags.DEFINE_integer("steps", 1, "steps, or pictures, in each turn", lower_bound=1)
_BATCH_SIZE = flags.DEFINE_integer("batch_size", 1, "pictures of each domain in a step")
_FILTERS = flags.DEFINE_integer("filters", None, "width of the networks (default: the recipe's)")
_AT_ONCE = flags.DEFINE_integer(
    "at_once", None, "processes beside the plain one (default: what fits)", lower_bound=1
)
_PATIENCE = flags.DEFINE_integer("patience", 1200, "seconds to wait for anything", lower_bound=1)
_JSON = flags.DEFINE_string("json", None, "write all that is measured into this file as well")


def main() -> None:
    effort = Effort(_REPETITIONS.value, _STEPS.value, _AT_ONCE.value, _PATIENCE.value)
    configs = [
        arrangements.settings(recipe, changes)
        for recipe in _RECIPES.value
        for changes in _changes()
    ]
    for config in configs:
        # Refuses precisions that there are not, before anything is measured.
        arrangements.of_steps(config, _PRECISIONS.value, xla=False, recompute=False)
    groups: list[results.Group] = []
    with ChildProcess(_PATIENCE.value) as observer:
        try:
            precisions = list(dict.fromkeys(["float32", *_PRECISIONS.value]))
            machine = observer.ask("machine", precisions=precisions)
            xla = _XLA.value if _XLA.value is not None else machine["gpu"] is not None
            print(results.machine_lines(machine), flush=True)
            for config in configs:
                facts = observer.ask("facts", config=config.to_dict())
                steps = arrangements.of_steps(
                    config, _PRECISIONS.value, xla=xla, recompute=_RECOMPUTE.value
                )
                measured = measure(steps, effort)
                if _TRANSLATE.value:
                    measured += measure(arrangements.of_translations(config), effort)
                groups.append(results.Group(config, facts, measured))
                print(f"\n{results.table(groups[-1], machine)}", flush=True)
                if _JSON.value:
                    write_file(Path(_JSON.value), results.to_json(groups, machine).encode())
        except ChildError as error:
            raise UserError(f"the machine cannot be measured: {error}") from error
    print("\n" + textwrap.fill(results.EXPLANATION, 100))


def _changes() -> list[dict[str, Any]]:
    """The settings that the flags change, for each size."""
    changes = {"batch_size": _BATCH_SIZE.value}
    if _FILTERS.value is not None:
        changes["filters"] = _FILTERS.value
    if not all(size.isdecimal() for size in _SIZES.value):
        raise UserError(f"--sizes={','.join(_SIZES.value)}: give whole numbers, such as 128,256")
    return [{**changes, "image_size": int(size)} for size in _SIZES.value] or [changes]


if __name__ == "__main__":
    command_line.run(main)
