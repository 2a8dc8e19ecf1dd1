"""Whether a run that was attacked ends as one that was not."""

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from benchmarks.hostile.trials import FaultError
from tf_cyclegan.checkpoints import files as checkpoint_files
from tf_cyclegan.monitoring import report

# In a checkpoint, what tells the number of saves and not the state of training.
_UNCOMPARED = {"_CHECKPOINTABLE_OBJECT_GRAPH", "save_counter/.ATTRIBUTES/VARIABLE_VALUE"}
_SETTINGS = "config/.ATTRIBUTES/VARIABLE_VALUE"
_LEFTOVERS = ("*.partial", "*.tempstate*", "*_temp", "*.index.*", "*.data-*-of-*.*")


def require_same(run: Path, whole: Path, epochs: Iterable[int] | None = None) -> None:
    """Compares last checkpoints, histories, sample sheets; looks for what must not be left.

    Args:
      run: the workdir of the run that was attacked.
      whole: that of the other one.
      epochs: those whose sheets are compared; None for all.

    Raises:
      FaultError: something differs, is missing or left over, or the report is not finished.
    """
    faults = [*_checkpoint_faults(run, whole), *_history_faults(run, whole)]
    sheets = {path.name for path in (whole / "samples").glob("epoch_*.png")}
    if epochs is not None:
        sheets &= {f"epoch_{number:04}.png" for number in epochs}
    for name in sorted(sheets):
        if not (path := run / "samples" / name).is_file():
            faults.append(f"samples/{name} is missing")
        elif path.read_bytes() != (whole / "samples" / name).read_bytes():
            faults.append(f"samples/{name} differs")
    if not report.is_finished(run):
        faults.append("report.html is not finished")
    left = [path.name for pattern in _LEFTOVERS for path in run.rglob(pattern)]
    if left:
        faults.append(f"left over: {', '.join(left)}")
    if faults:
        raise FaultError(f"not as the whole run: {'; '.join(faults)}")


def require_intact(run: Path) -> str:
    """Reads every checkpoint of a run, and returns the step of the last one, or 'none'.

    Raises:
      FaultError: one is damaged.
    """
    paths = checkpoint_files.find_all(run)
    for path in paths:
        if fault := checkpoint_files.find_fault(path):
            raise FaultError(f"{path} {fault}")
    return str(checkpoint_files.step_of(paths[-1])) if paths else "none"


def _checkpoint_faults(run: Path, whole: Path) -> list[str]:
    ours, theirs = checkpoint_files.find_all(run), checkpoint_files.find_all(whole)
    if not ours or ours[-1].name != theirs[-1].name:
        return [f"the last checkpoint is {ours[-1].name if ours else 'missing'}"]
    mine, right = (tf.train.load_checkpoint(str(path)) for path in (ours[-1], theirs[-1]))
    names = set(right.get_variable_to_shape_map())
    if names != set(mine.get_variable_to_shape_map()):
        return [f"{ours[-1].name} holds other variables"]
    different = [
        name
        for name in sorted(names - _UNCOMPARED)
        if not np.array_equal(_value(mine, name), _value(right, name))
    ]
    return [f"{ours[-1].name}: {len(different)} differ: {different[:3]}"] if different else []


def _value(reader: Any, name: str) -> Any:
    """A variable's value. Of the settings without max_steps, where one call was told to stop."""
    value = reader.get_tensor(name)
    if name != _SETTINGS:
        return value
    return {field: each for field, each in json.loads(value).items() if field != "max_steps"}


def _history_faults(run: Path, whole: Path) -> list[str]:
    try:
        mine, right = _untimed_rows(run), _untimed_rows(whole)
    except (OSError, ValueError, csv.Error) as error:
        return [f"history.csv: {error}"]
    if mine == right:
        return []
    return [f"history.csv differs: it has {len(mine)} rows, {len(right)} are right"]


def _untimed_rows(run: Path) -> list[dict[str, str]]:
    with (run / "history.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    timed = ("_second", "_seconds")
    return [{k: v for k, v in row.items() if not str(k).endswith(timed)} for row in rows]
