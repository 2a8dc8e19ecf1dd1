"""A table of how fast training and translation are, beside the tutorial's plain arrangement."""

import itertools
import platform
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tf_cyclegan.benchmark.processes import ROOT, Arrangement, take_turns

# Of the table: each heading, the name of its number, its unit and its decimals.
_COLUMNS: Sequence[tuple[str, str, float, int]] = (
    ("seconds", "median", 1, 4),
    ("of plain", "ratio", 1, 2),
    ("GB", "memory", 1e9, 2),
    ("GPU GB", "gpu_memory", 1e9, 2),
    ("first", "first", 1, 1),
)
EXPLANATION = (
    "Seconds: of a training step, or of translating a picture; the median of the turns. Of plain: "
    "the median of the ratios within a turn to the tutorial's arrangement, in float32 and without "
    "an image pool. GB: the most memory that the process had. First: seconds from the start of the "
    "process to its first step's end."
)


def measure(
    task: str,
    settings: dict[str, Any],
    variants: Sequence[dict[str, Any]],
    repetitions: int,
    steps: int,
    against: Path | None = None,
) -> list[Arrangement]:
    """Measures the plain arrangement and, in each variant, ours and another version's.

    Args:
      task: as for `child.prepare`.
      settings: of the Config.
      variants: settings that change, such as {"precision": "bfloat16", "xla": True}.
      repetitions: turns of each.
      steps: steps, or pictures, in a turn.
      against: the checkout of the other version.
    """
    versions = {"": ROOT} | ({f", {against.name}": against} if against else {})
    plain = Arrangement(f"{task}, plain", task, True, {**settings, "precision": "float32"})
    others = []
    for variant in variants:
        options = [name for name in variant if name != "precision"]
        name = ", ".join([task, variant["precision"], *options])
        changed = {**settings, **variant}
        others.append(
            [Arrangement(name + v, task, False, changed, root) for v, root in versions.items()]
        )
    take_turns(plain, others, repetitions, steps)
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


def cpu() -> str:
    """The processor's name."""
    info = Path("/proc/cpuinfo")
    text = info.read_text(encoding="utf-8") if info.exists() else ""
    return next(iter(re.findall(r"model name\s*: (.+)", text)), platform.machine())
