"""history.csv: the scalars of each epoch.

Columns may start late and have gaps, such as a score that is taken every few epochs.
"""

import csv
import io
import os
from collections.abc import Mapping
from pathlib import Path

from tf_cyclegan.system.files import set_aside, write_file


class History:
    """The history.csv of a workdir, read once and written with each row.

    A file that is no history is renamed, with a warning, and a new one begun.

    Attributes:
      rows: numbers by column, without empty cells. Losses may be NaN or infinite.
    """

    def __init__(self, workdir: Path):
        self._path = workdir / "history.csv"
        self.rows: list[dict[str, float]] = []
        if os.path.lexists(self._path):
            try:
                self.rows = _read(self._path)
            except (OSError, ValueError, csv.Error) as error:
                set_aside(self._path, error)

    def append(self, row: Mapping[str, float]) -> None:
        """Adds a row, whose first column is `epoch`. New columns go to the end."""
        # Rounded as in the file, so that a resumed run has the same rows.
        self.rows.append({name: float(_cell(value)) for name, value in row.items()})
        self._write()

    def forget_after(self, epoch: int) -> None:
        """Drops the rows of later epochs, which training is about to repeat."""
        kept = [row for row in self.rows if row["epoch"] <= epoch]
        if len(kept) < len(self.rows):
            self.rows = kept
            self._write()

    def _write(self) -> None:
        text = io.StringIO()
        if self.rows:
            columns = list(dict.fromkeys(name for row in self.rows for name in row))
            writer = csv.DictWriter(text, fieldnames=columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows({k: _cell(v) for k, v in row.items()} for row in self.rows)
        write_file(self._path, text.getvalue().encode())


def _read(path: Path) -> list[dict[str, float]]:
    """Raises OSError, ValueError or csv.Error where the file is no history."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, restkey="more", strict=True))
    if any("more" in row or not (row.get("epoch") and row.get("step")) for row in rows):
        raise ValueError("it has rows without epoch and step, or more cells than columns")
    return [{name: float(value) for name, value in row.items() if value} for row in rows]


def _cell(value: float) -> str:
    return f"{value:.9g}"
