"""Whether a command did what its exit status 0 says. Each check raises a FaultError if not.

A check takes the folder that the command ran in, its flags, and its standard output.
"""

import csv
import json
import re
from collections.abc import Sequence
from pathlib import Path

from benchmarks.hostile.trials import FaultError

_ESCAPED = re.compile(r"\\(?:x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})")


def _place(folder: Path, told: str) -> Path:
    """A path that a command told, whose output escapes what its encoding lacks."""
    return folder / _ESCAPED.sub(lambda found: chr(int(found[0][2:], 16)), told)


def _trained(folder: Path, _: Sequence[str], out: str) -> None:
    ended = re.search(r"(?:Trained|finished:) (\d+) epochs, (\d+) steps", out)
    place = re.search(r"^  checkpoints  ((?s:.*))\nNext", out, re.MULTILINE)
    if not ended or not place:
        raise FaultError("trained nothing")
    checkpoints, (epochs, steps) = _place(folder, place[1]), map(int, ended.groups())
    config = json.loads((checkpoints.parent / "config.json").read_text(encoding="utf-8"))
    history = checkpoints.parent / "history.csv"
    rows = list(csv.DictReader(history.open(encoding="utf-8"))) if history.exists() else []
    if not (checkpoints / f"ckpt-{steps}.index").exists() or len(rows) != epochs:
        raise FaultError(f"no checkpoint of step {steps}, or {len(rows)} rows for {epochs} epochs")
    if epochs < config["epochs"] and steps < (config["max_steps"] or 0):
        raise FaultError(f"ended after {steps} steps")


def _generated(folder: Path, _: Sequence[str], out: str) -> None:
    line = r"^\w{4}: (\d+) pictures in (.*?), (?:all|the first \d+) of them side by side in (.*?)$"
    said = re.findall(line, out, re.MULTILINE | re.DOTALL)
    if not said:
        raise FaultError("generated nothing")
    for count, pictures, sheet in said:
        found = len(list(_place(folder, pictures).glob("*.png")))
        if found < int(count) or not _place(folder, sheet).is_file():
            raise FaultError(f"pictures are missing in {pictures}")


def _translated(folder: Path, _: Sequence[str], out: str) -> None:
    line = r"^\w{4}: (\d+) files in (.*?)(?:, (\d+) kept that exist.*)?; [\d.]+ a second$"
    said = re.findall(line, out, re.MULTILINE | re.DOTALL)
    if not said:
        raise FaultError("translated nothing")
    for count, place, kept in said:
        found = sum(1 for path in _place(folder, place).rglob("*") if path.is_file())
        if not 0 < int(count) + int(kept or 0) <= found:
            raise FaultError(f"files are missing in {place}")


def _exported(folder: Path, _: Sequence[str], out: str) -> None:
    said = re.findall(r"^\w{4}: (.*?), [\d.]+ MB; differs", out, re.MULTILINE | re.DOTALL)
    if not said or not all(_place(folder, place).exists() for place in said):
        raise FaultError("exported nothing")


def _evaluated(folder: Path, drawn: Sequence[str], out: str) -> None:
    names = [argument.partition("json=")[2] for argument in drawn if "-json=" in argument]
    if "cycle error" not in out or (names and names[-1] and not (folder / names[-1]).is_file()):
        raise FaultError("scored or wrote nothing")


def _imported(folder: Path, _: Sequence[str], out: str) -> None:
    place = re.search(r"((?s:.*)) translates, by a ", out)
    if not place or not (_place(folder, place[1]) / "config.json").is_file():
        raise FaultError("made nothing")


CHECKS = {
    "train": _trained,
    "generate": _generated,
    "generate_files": _translated,
    "export": _exported,
    "evaluate": _evaluated,
    "import_weights": _imported,
}
