"""The command: runs attacks, and makes the table of their results."""

import importlib
from collections.abc import Sequence
from pathlib import Path

from absl import flags

from benchmarks.hostile import trials
from tf_cyclegan.cli.help_text import Usage
from tf_cyclegan.cli.running import run
from tf_cyclegan.system.errors import UserError

# Modules beside this one, each with TITLE (for the table) and trials() -> Iterable[Trial].
ATTACKS = (
    "signals",
    "workdir_files",
    "random_flags",
    "endurance",
    "many_pictures",
    "full_disks",
    "memory_limits",
    "file_systems",
)

FLAGS = flags.FLAGS


def main() -> None:
    if not FLAGS.attacks or not set(FLAGS.attacks) <= set(ATTACKS):
        raise UserError(f"attacks={','.join(FLAGS.attacks)}: choose from {', '.join(ATTACKS)}")
    folder = Path(FLAGS.folder)
    folder.mkdir(parents=True, exist_ok=True)
    results = []
    for attack in FLAGS.attacks:
        module = importlib.import_module(f"benchmarks.hostile.{attack}")
        found = trials.run_all(
            attack, module.trials(), folder, lambda line: print(line, flush=True)
        )
        results.append((module.TITLE, found))
    print(table(results))
    if any(result.fault for _, found in results for result in found):
        raise UserError(f"{folder}: there are faults; each one's files are kept there")


def table(results: Sequence[tuple[str, Sequence[trials.Result]]]) -> str:
    """A Markdown table: a row for each attack, with its notes where trials are few."""
    rows = ["| attack | trials | faults | minutes |", "|---|---|---|---|"]
    for title, found in results:
        faults = sum(1 for result in found if result.fault)
        minutes = sum(result.seconds for result in found) / 60
        rows.append(f"| {title} | {len(found)} | {faults} | {minutes:.0f} |")
    return "\n".join(rows)


def command() -> None:
    """Runs it."""
    flags.DEFINE_list("attacks", list(ATTACKS), f"which: {', '.join(ATTACKS)} (default: all)")
    flags.DEFINE_string("folder", "runs/hostile", "where results are kept (default: runs/hostile)")
    run(
        main,
        Usage(
            "Attacks real runs from outside, for hours; started again, it goes on.",
            (
                "python scripts/hostile.py --attacks=signals,workdir_files",
                "python scripts/hostile.py --folder=week",
            ),
            {"The campaign": ("attacks", "folder")},
        ),
    )
