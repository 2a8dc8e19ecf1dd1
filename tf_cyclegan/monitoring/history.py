"""history.csv: the scalars of each epoch.

A column may begin late or have gaps, as a score does that is taken every few epochs: a row holds
what its epoch has, and the other cells are empty.
"""

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from tf_cyclegan.files import write_file

FILE = "history.csv"


def append(workdir: Path, row: Mapping[str, float]) -> None:
    """Adds one row; `epoch` is its first column. Columns that are new to the file go to its end."""
    _write(workdir, [*read(workdir), dict(row)])


def forget_after(workdir: Path, epoch: int) -> None:
    """Takes away the rows of epochs after this one, which training is about to repeat."""
    rows = read(workdir)
    kept = [row for row in rows if row["epoch"] <= epoch]
    if len(kept) < len(rows):
        _write(workdir, kept)


def read(workdir: Path) -> list[dict[str, float]]:
    """The rows: numbers by the name of their column, without the empty cells.

    Returns:
      No rows where nothing is written yet. Numbers may be NaN or infinite, as losses may be.
    """
    path = workdir / FILE
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [
            {name: float(value) for name, value in row.items() if value}
            for row in csv.DictReader(file)
        ]


def _write(workdir: Path, rows: list[dict[str, float]]) -> None:
    text = io.StringIO()
    if rows:
        columns = list(dict.fromkeys(name for row in rows for name in row))
        writer = csv.DictWriter(text, fieldnames=columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows({k: f"{v:.9g}" for k, v in row.items()} for row in rows)
    write_file(workdir / FILE, text.getvalue().encode())
