"""history.csv: the scalars of each epoch.

A column may begin late or have gaps, as a score does that is taken every few epochs: a row holds
what its epoch has, and the other cells are empty.
"""

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from tf_cyclegan.system.files import write_file

FILE = "history.csv"


class History:
    """The history.csv of a workdir, which is read once and written with each row.

    Attributes:
      rows: numbers by the name of their column, without the empty cells. They may be NaN or
        infinite, as losses may be.
    """

    def __init__(self, workdir: Path):
        self._path = workdir / FILE
        self.rows: list[dict[str, float]] = _read(self._path)

    def append(self, row: Mapping[str, float]) -> None:
        """Adds one row; `epoch` is its first column. New columns go to the file's end."""
        # As the file has it, in which a resumed run will read it.
        self.rows.append({name: float(_cell(value)) for name, value in row.items()})
        self._write()

    def forget_after(self, epoch: int) -> None:
        """Takes away the rows of epochs after this one, which training is about to repeat."""
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
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [
            {name: float(value) for name, value in row.items() if value}
            for row in csv.DictReader(file)
        ]


def _cell(value: float) -> str:
    return f"{value:.9g}"
