"""history.csv: the scalars of each epoch.

Columns may start late and have gaps, such as a score that is taken every few epochs. Checkpoints
hold the rows as well, since scores decide which checkpoint stays.
"""

import csv
import io
import os
from collections.abc import Mapping
from pathlib import Path

from absl import logging

from tf_cyclegan.monitoring import scalars
from tf_cyclegan.system.files import set_aside, write_output

FILE = "history.csv"
# What a file that is no history raises.
_READ_ERRORS = (OSError, ValueError, csv.Error)


class History:
    """The history.csv of a workdir, read once and written with each row.

    A file that is no history is renamed, with a warning.

    Attributes:
      rows: numbers by column, without empty cells. Losses may be NaN or infinite.
    """

    def __init__(self, workdir: Path):
        self._path = workdir / FILE
        self.rows: list[dict[str, float]] = []
        self._was_read = False
        if os.path.lexists(self._path):
            try:
                self.rows = _read(self._path)
                self._was_read = True
            except _READ_ERRORS as error:
                set_aside(self._path, error)

    def append(self, row: Mapping[str, float]) -> None:
        """Adds a row, whose first column is `epoch`. New columns go to the end."""
        # Rounded as in the file, so that a resumed run has the same rows.
        self.rows.append({name: float(_cell(value)) for name, value in row.items()})
        self._write()

    def to_save(self) -> str:
        """The rows for a checkpoint: CSV, without speeds, so that equal runs save the same."""
        return _text(
            [{n: v for n, v in row.items() if scalars.family(n) != "time"} for row in self.rows]
        )

    def resume(self, epoch: int, saved: str) -> None:
        """Goes back to the end of an epoch: training is about to repeat later ones.

        Rows that the file should have and has not are told in one warning.

        Args:
          epoch: the number of epochs done.
          saved: the rows in the checkpoint, which count; the file adds speeds. Empty in checkpoints
            of earlier versions.
        """
        rows = [row for row in self.rows if row["epoch"] <= epoch]
        if saved:
            timed = {row["epoch"]: row for row in rows}
            rows = [timed.get(row["epoch"], {}) | row for row in _parse(saved)]
            lacking = sum(row["epoch"] not in timed for row in rows)
            if lacking and self._was_read:
                logging.warning(
                    "%s: lacks %d of %d epochs; the checkpoint has them, but for their speeds",
                    self._path,
                    lacking,
                    len(rows),
                )
        if rows != self.rows:
            self.rows = rows
            self._write()

    def _write(self) -> None:
        write_output(self._path, _text(self.rows).encode())


def rows_of(workdir: Path) -> list[dict[str, float]]:
    """The rows of a run's history.csv; none where it is missing or damaged. Renames nothing."""
    try:
        return _read(workdir / FILE)
    except _READ_ERRORS:
        return []


def _read(path: Path) -> list[dict[str, float]]:
    return _parse(path.read_text(encoding="utf-8"))


def _text(rows: list[dict[str, float]]) -> str:
    text = io.StringIO()
    if rows:
        columns = list(dict.fromkeys(name for row in rows for name in row))
        writer = csv.DictWriter(text, fieldnames=columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows({k: _cell(v) for k, v in row.items()} for row in rows)
    return text.getvalue()


def _parse(text: str) -> list[dict[str, float]]:
    """Raises ValueError or csv.Error where the text is no history."""
    reader = csv.DictReader(io.StringIO(text, newline=""), restkey="more", strict=True)
    rows = list(reader)
    if reader.fieldnames and not {"epoch", "step"} <= set(reader.fieldnames):
        raise ValueError("it has no columns epoch and step")
    if any("more" in row or not (row.get("epoch") and row.get("step")) for row in rows):
        raise ValueError("it has rows without epoch and step, or more cells than columns")
    read = [{name: float(value) for name, value in row.items() if value} for row in rows]
    if not all(row[name].is_integer() for row in read for name in ("epoch", "step")):
        raise ValueError("it has epochs or steps that are no whole numbers")
    return read


def _cell(value: float) -> str:
    return f"{value:.9g}"
