"""history.csv: the mean losses of each epoch."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from tf_cyclegan.files import write_file

_FILE = "history.csv"


def append(workdir: Path, row: Mapping[str, float]) -> None:
    """Adds one row; `epoch` is its first column."""
    _write(workdir, [*read(workdir), dict(row)])


def forget_after(workdir: Path, epoch: int) -> None:
    """Takes away the rows of epochs after this one, which training is about to repeat."""
    rows = read(workdir)
    kept = [row for row in rows if row["epoch"] <= epoch]
    if len(kept) < len(rows):
        _write(workdir, kept)


def read(workdir: Path) -> list[dict[str, float]]:
    """The rows, numbers by the name of their column; none where nothing is written yet."""
    path = workdir / _FILE
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def _write(workdir: Path, rows: list[dict[str, float]]) -> None:
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, fieldnames=list(rows[-1]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({k: f"{v:.9g}" for k, v in row.items()} for row in rows)
    write_file(workdir / _FILE, text.getvalue().encode())
