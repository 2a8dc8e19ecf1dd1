"""How fast training and translation are, beside the tutorial's plain arrangement."""

import itertools
import json
import platform
import re
import textwrap
from collections.abc import Sequence
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

from absl import flags

from benchmarks.processes import ROOT, Arrangement, take_turns
from tf_cyclegan.cli.help_text import Usage
from tf_cyclegan.cli.running import run
from tf_cyclegan.config import Config
from tf_cyclegan.system import tensorflow_import
from tf_cyclegan.system.errors import UserError
from tf_cyclegan.system.files import write_file

FLAGS = flags.FLAGS

# Of the table: each heading, the name of its number, its unit and its decimals.
_COLUMNS: Sequence[tuple[str, str, float, int]] = (
    ("seconds", "median", 1, 4),
    ("of plain", "ratio", 1, 2),
    ("GB", "memory", 1e9, 2),
    ("GPU GB", "gpu_memory", 1e9, 2),
    ("first", "first", 1, 1),
)
_EXPLANATION = (
    "Seconds: of a training step, or of translating a picture; the median of the turns. Of plain: "
    "the median of the ratios within a turn to the tutorial's arrangement, in float32 and without "
    "an image pool. GB: the most memory that the process had. First: seconds from the start of the "
    "process to its first step's end."
)


def main() -> None:
    groups = _settings()
    if FLAGS.against and not Path(FLAGS.against, "benchmarks", "child.py").is_file():
        raise UserError(f"against={FLAGS.against}: has no benchmarks/child.py; name a checkout")
    with tensorflow_import.quiet():
        from tf_cyclegan.system import devices

    versions = [f"{name} {metadata.version(name)}" for name in ("tensorflow", "keras")]
    machine = [_cpu(), devices.describe(), ", ".join(versions)]
    print(*machine, sep="\n", flush=True)
    options: list[dict[str, Any]] = [{}]
    if devices.has_gpu() if FLAGS.xla is None else FLAGS.xla:
        options.append({"xla": True})
    if FLAGS.recompute:
        options.append({"recompute": True})
    found: list[dict[str, Any]] = []
    for settings in groups:
        measured = _measure("step", settings, FLAGS.precisions, options)
        if FLAGS.translate:
            # The package translates in float32.
            measured += _measure("translation", settings, ["float32"], [{}])
        config = Config(**settings)
        size = f"{config.filters} filters, {config.image_size} px, batch {config.batch_size}"
        print(f"\n{config.recipe}: {config.generator}, {size}\n{table(measured)}", flush=True)
        rows = [asdict(each) | {"ratio": each.ratio} for each in measured]
        found.append({"config": config.to_dict(), "measured": rows})
        if FLAGS.json:
            text = json.dumps({"machine": machine, "groups": found}, indent=2, default=str)
            write_file(Path(FLAGS.json), f"{text}\n".encode())
    print("\n" + textwrap.fill(_EXPLANATION, 100))


def _settings() -> list[dict[str, Any]]:
    """Those of each recipe and size, as the plain arrangement can have them, too."""
    if not all(size.isdecimal() for size in FLAGS.sizes):
        raise UserError(f"sizes={','.join(FLAGS.sizes)}: give whole numbers, such as 128,256")
    sizes = [{"image_size": int(size), "load_size": None} for size in FLAGS.sizes] or [{}]
    common = {"batch_size": FLAGS.batch_size, "pool_size": 0, "update_order": "simultaneous"}
    if FLAGS.filters is not None:
        common["filters"] = FLAGS.filters
    groups = [{"recipe": recipe, **common, **size} for recipe in FLAGS.recipes for size in sizes]
    for settings in groups:
        for precision in FLAGS.precisions:
            # Refuses what there is not, before anything is measured.
            Config(**settings, precision=precision)
    return groups


def _measure(
    task: str, settings: dict[str, Any], precisions: list[str], options: list[dict[str, Any]]
) -> list[Arrangement]:
    """The plain arrangement and, in each variant, ours and the other version's."""
    versions = {"": ROOT}
    if FLAGS.against:
        other = Path(FLAGS.against).resolve()
        versions[f", {other.name}"] = other
    plain = Arrangement(f"{task}, plain", task, True, {**settings, "precision": "float32"})
    others = []
    for precision, option in itertools.product(precisions, options):
        name = ", ".join([task, precision, *option])
        changed = {**settings, "precision": precision, **option}
        each = versions.items()
        others.append([Arrangement(name + v, task, False, changed, root) for v, root in each])
    take_turns(plain, others, FLAGS.repetitions, FLAGS.steps)
    return [plain, *itertools.chain(*others)]


def table(measured: Sequence[Arrangement]) -> str:
    """The arrangements in rows; columns that hold nothing are left out."""
    columns = [c for c in _COLUMNS if any(getattr(each, c[1]) is not None for each in measured)]
    width = max(len(each.name) for each in measured)
    lines = [" " * width + "".join(f"{heading:>10}" for heading, *_ in columns)]
    for each in measured:
        row = f"{each.name:{width}}"
        for _, number, unit, decimals in columns:
            value = getattr(each, number)
            row += " " * 10 if value is None else f"{value / unit:10.{decimals}f}"
        lines.append(row.rstrip())
        if each.error:
            lines.append(f"  failed: {each.error}")
    return "\n".join(lines)


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    text = info.read_text(encoding="utf-8") if info.exists() else ""
    return next(iter(re.findall(r"model name\s*: (.+)", text)), platform.machine())


def command() -> None:
    """Runs it."""
    flags.DEFINE_list("recipes", ["tutorial", "paper"], "default: tutorial,paper")
    flags.DEFINE_list("sizes", [], "image sizes in pixels (default: the recipe's own)")
    flags.DEFINE_integer("batch_size", 1, "pictures of each domain in a step (default: 1)")
    flags.DEFINE_integer("filters", None, "width of the networks (default: the recipe's)")
    flags.DEFINE_bool("translate", True, "translation as well")
    flags.DEFINE_list("precisions", ["float32", "bfloat16"], "default: float32,bfloat16")
    flags.DEFINE_bool("xla", None, "our steps compiled as well (default: on a GPU)")
    flags.DEFINE_bool("recompute", False, "our steps with recompute as well")
    flags.DEFINE_string("against", None, "the checkout of another version, in turn with ours")
    flags.DEFINE_integer("repetitions", 5, "turns of each (default: 5)", lower_bound=1)
    flags.DEFINE_integer("steps", 1, "steps, or pictures, in a turn (default: 1)", lower_bound=1)
    flags.DEFINE_string("json", None, "write every repetition into this file as well")
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
