"""What a benchmark found, as a table and as JSON."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tf_cyclegan.benchmark.arrangements import TRANSLATION
from tf_cyclegan.benchmark.measuring import Measured
from tf_cyclegan.config import Config

# Each column's heading, the name of its number, what that is multiplied by, and decimals.
_COLUMNS: Sequence[tuple[str, str, float, int]] = (
    ("seconds", "seconds", 1, 4),
    ("smallest", "smallest", 1, 4),
    ("ours/plain", "ratio", 1, 2),
    ("processor", "processor_seconds", 1, 3),
    ("pictures/s", "pictures_per_second", 1, 3),
    ("% of matmul", "share", 100, 1),
    ("GB", "memory", 1e-9, 2),
    ("GPU GB", "gpu_memory", 1e-9, 2),
    ("first", "first_seconds", 1, 1),
    ("tracing", "trace_seconds", 1, 1),
    ("operations", "operations", 1, 0),
)
_NAME_WIDTH = 27


@dataclass(frozen=True)
class Group:
    """The arrangements of one recipe and size, steps and translations.

    Attributes:
      config: what all have in common.
      facts: as `child.Child.facts` gives them.
      measured: of each arrangement.
    """

    config: Config
    facts: dict[str, Any]
    measured: Sequence[Measured]


def summary(each: Measured, facts: dict[str, Any], rates: dict[str, float]) -> dict[str, Any]:
    """The numbers of an arrangement, None where there are none.

    Args:
      each: what was measured.
      facts: of its group.
      rates: the machine's rate of matrix products, operations a second, by precision.

    Returns:
      Medians over the repetitions: `seconds` and `processor_seconds` of a step (or picture), with
      the `smallest` of the seconds; `ratio`, the median of ours to plain in the same repetition;
      `pictures_per_second`, of a domain where it is a step; `share`, of the machine's rate of
      matrix products in that precision. And what `Measured` has.
    """
    arrangement = each.arrangement
    seconds = statistics.median(each.wall) if each.wall else None
    pictures = 1 if arrangement.task == TRANSLATION else arrangement.config.batch_size
    rate = rates[arrangement.config.precision]
    pairs = zip(each.wall, each.plain_wall, strict=False)
    return {
        "name": arrangement.name,
        "seconds": seconds,
        "smallest": min(each.wall, default=None),
        "ratio": statistics.median(w / p for w, p in pairs) if each.plain_wall else None,
        "processor_seconds": statistics.median(each.processor) if each.processor else None,
        "pictures_per_second": pictures / seconds if seconds else None,
        "share": facts["flops"][arrangement.task] / seconds / rate if seconds else None,
        "memory": each.memory,
        "gpu_memory": each.gpu_memory,
        "first_seconds": each.first_seconds,
        "trace_seconds": each.trace_seconds,
        "operations": each.operations,
        "error": each.error,
    }


def machine_lines(machine: dict[str, Any]) -> str:
    """What the numbers were measured on."""
    rates = ", ".join(
        f"{precision} {rate / 1e9:.0f}"
        for precision, rate in machine["matrix_product_rates"].items()
    )
    return (
        f"{machine['cpu']}, {machine['cores']} cores; GPU: {machine['gpu'] or 'none'}; "
        f"TensorFlow {machine['tensorflow']}, Keras {machine['keras']}\n"
        f"Matrix products, billions of operations a second: {rates}"
    )


def table(group: Group, machine: dict[str, Any]) -> str:
    """The group's arrangements in rows, under a line that says what they have in common."""
    config, flops, data = group.config, group.facts["flops"], group.facts["data_seconds"]
    lines = [
        f"{config.recipe}: {config.generator}, filters {config.filters}, {config.image_size} px, "
        f"batch {config.batch_size}, without an image pool; billions of operations: "
        f"{flops['step'] / 1e9:.4g} a step, {flops['translation'] / 1e9:.4g} a translation",
        f"Data: {data['first']:.4f} s a batch in the first epoch, {data['later']:.4f} s later, "
        f"made ahead in other threads",
    ]
    rates = machine["matrix_product_rates"]
    rows = [summary(each, group.facts, rates) for each in group.measured]
    columns = [c for c in _COLUMNS if any(row[c[1]] is not None for row in rows)]
    lines.append(" " * _NAME_WIDTH + "".join(f"  {heading:>7}" for heading, *_ in columns))
    for row in rows:
        cells = (
            f"  {_cell(row[name], factor, decimals):>{max(7, len(heading))}}"
            for heading, name, factor, decimals in columns
        )
        lines.append(f"{row['name']:{_NAME_WIDTH}}{''.join(cells)}".rstrip())
        if row["error"]:
            lines.append(f"  failed: {row['error']}")
    return "\n".join(lines)


def _cell(value: float | None, factor: float, decimals: int) -> str:
    return "" if value is None else f"{factor * value:.{decimals}f}"


def to_json(groups: Sequence[Group], machine: dict[str, Any]) -> str:
    """Everything, with each repetition's times, as JSON text."""
    rates = machine["matrix_product_rates"]
    whole = {
        "machine": machine,
        "groups": [
            {"config": group.config.to_dict(), **group.facts}
            | {
                "measured": [
                    summary(each, group.facts, rates) | asdict(each) for each in group.measured
                ]
            }
            for group in groups
        ],
    }
    return json.dumps(whole, indent=2, allow_nan=False) + "\n"


EXPLANATION = (
    "Seconds of a step (a picture in translation): the median of the repetitions, which took "
    "turns, and the smallest; ours/plain is the median of the ratios within a repetition. The "
    "plain step is the tutorial's arrangement, in float32; recipes with an image pool or another "
    "order of updates are measured without. Processor seconds are of all threads. Operations of a "
    "step: convolutions and matrix products of all passes, times three for their gradients; "
    "of matmul: their rate, to that of large matrix products in the same precision. First: from "
    "the start of the process to the end of the first step. Memory: the most that the process had."
)
