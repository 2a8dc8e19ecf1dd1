"""The trials of an attack, one after the other. What is done stays done."""

import json
import shutil
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path


class FaultError(Exception):
    """What must not happen: a stack trace, something lost, work not done without a word."""


class SkippedError(Exception):
    """What this machine lacks for a trial."""


@dataclass(frozen=True)
class Trial:
    """One blow.

    Attributes:
      name: distinct within its attack, and the same in each run of the campaign.
      run: called with an empty folder; returns what is worth noting, such as a number. Raises a
        FaultError for a fault that was found, a SkippedError where it cannot be done here.
    """

    name: str
    run: Callable[[Path], str]


@dataclass(frozen=True)
class Result:
    """What came of a trial.

    Attributes:
      fault: what went wrong; None where nothing did.
      note: what the trial returned.
    """

    attack: str
    trial: str
    fault: str | None
    note: str
    seconds: float


def run_all(
    attack: str, trials: Iterable[Trial], folder: Path, say: Callable[[str], None]
) -> list[Result]:
    """Runs the trials that have no result in `folder` yet, and returns the results of all.

    Results are lines of `folder/ATTACK.jsonl`; remove a line, or the file, to repeat trials. The
    folder of a trial that found a fault stays under `folder/ATTACK/`.
    """
    path = folder / f"{attack}.jsonl"
    done = {result.trial: result for result in read(path)}
    for trial in trials:
        if trial.name not in done:
            done[trial.name] = result = _run(attack, trial, folder / attack)
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(result)) + "\n")
            say(f"{attack}: {trial.name}: {result.fault or result.note or 'held'}")
    return list(done.values())


def read(path: Path) -> Iterator[Result]:
    """The results in a file; none where it is missing."""
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            yield Result(**json.loads(line))


def _run(attack: str, trial: Trial, kept: Path) -> Result:
    began, fault, note = time.monotonic(), None, ""
    with tempfile.TemporaryDirectory(prefix="hostile_", ignore_cleanup_errors=True) as made:
        scratch = Path(made)
        try:
            note = trial.run(scratch)
        except FaultError as error:
            fault = str(error)
        except SkippedError as error:
            note = f"skipped: {error}"
        except Exception:
            # A trial that could not be done is not one that held.
            fault = f"the trial itself failed: {traceback.format_exc(limit=-2)}"
        if fault:
            target = kept / "".join(c if c.isalnum() or c in "-_." else "_" for c in trial.name)
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(scratch, target, symlinks=True, ignore=_not_regular)
    return Result(attack, trial.name, fault, note, round(time.monotonic() - began, 1))


def _not_regular(folder: str, names: list[str]) -> list[str]:
    """Pipes and devices, which cannot be copied."""
    paths = {name: Path(folder, name) for name in names}
    return [n for n, p in paths.items() if not (p.is_symlink() or p.is_file() or p.is_dir())]
