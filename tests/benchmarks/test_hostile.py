"""The frame of hostile trials: resuming, faults, what is a fault, the table."""

import pytest

from benchmarks.hostile import campaign, commands, trials
from benchmarks.hostile.commands import Ended
from benchmarks.hostile.trials import FaultError, Result, SkippedError, Trial


def hold(scratch):
    return "a note"


def find_fault(scratch):
    (scratch / "file").write_text("evidence")
    raise FaultError("a fault")


def skip(scratch):
    raise SkippedError("nothing here")


def break_down(scratch):
    raise ZeroDivisionError("in the trial")


def run_all(folder, **named):
    said = []
    found = trials.run_all("attack", [Trial(*each) for each in named.items()], folder, said.append)
    return found, said


def test_results_are_told_and_recorded(tmp_path):
    found, said = run_all(tmp_path, one=hold, two=skip)
    assert [(r.trial, r.fault, r.note) for r in found] == [
        ("one", None, "a note"),
        ("two", None, "skipped: nothing here"),
    ]
    assert said == ["attack: one: a note", "attack: two: skipped: nothing here"]
    assert list(trials.read(tmp_path / "attack.jsonl")) == found
    assert [path.name for path in tmp_path.iterdir()] == ["attack.jsonl"]


def test_what_is_done_stays_done(tmp_path):
    run_all(tmp_path, one=hold)
    found, said = run_all(tmp_path, one=break_down, two=hold)
    assert [(r.trial, r.fault) for r in found] == [("one", None), ("two", None)]
    assert said == ["attack: two: a note"]


def test_a_trial_without_its_line_is_repeated(tmp_path):
    run_all(tmp_path, one=hold, two=find_fault)
    path = tmp_path / "attack.jsonl"
    path.write_text(path.read_text().splitlines(keepends=True)[0])
    found, said = run_all(tmp_path, one=hold, two=hold)
    assert said == ["attack: two: a note"]
    assert [r.fault for r in found] == [None, None]


def test_files_of_a_fault_are_kept(tmp_path):
    found, _ = run_all(tmp_path, **{"KILL: 17": find_fault})
    assert found[0].fault == "a fault"
    assert (tmp_path / "attack" / "KILL__17" / "file").read_text() == "evidence"


def test_a_trial_that_breaks_down_is_a_fault(tmp_path):
    found, _ = run_all(tmp_path, one=break_down)
    assert "the trial itself failed" in found[0].fault
    assert "ZeroDivisionError: in the trial" in found[0].fault


def ended(status, err="", out=""):
    return Ended("train.py", status, out, err, 1.0)


ERROR = "train.py: error: photos: missing\n"


@pytest.mark.parametrize(
    ("good", "statuses"),
    [
        (ended(0, "a warning\n"), ()),
        (ended(1, f"a warning\n{ERROR}"), ()),
        (ended(-9), (-9,)),
        (ended(130, "Stopped.\n"), (130, -2)),
    ],
)
def test_a_right_end_is_returned(good, statuses):
    assert commands.check(good, *statuses) is good


@pytest.mark.parametrize(
    ("bad", "statuses", "words"),
    [
        (ended(1, "Traceback (most recent call last):\n  x\nKeyError: 1\n"), (), "KeyError: 1"),
        (ended(0, out="Exception ignored in: <x>\n"), (), "Exception ignored"),
        (ended(-11, "core dumped\n"), (), "status -11: core dumped"),
        (ended(1, ERROR), (0,), "status 1"),
        (ended(0), (1,), "status 0"),
        (ended(1), (), "status 1 with 0 lines"),
        (ended(1, ERROR * 2), (), "status 1 with 2 lines"),
        (ended(0, ERROR), (), "status 0 with 1 lines"),
    ],
)
def test_a_wrong_end_is_a_fault(bad, statuses, words):
    with pytest.raises(FaultError, match=words):
        commands.check(bad, *statuses)


def test_the_table_has_a_row_for_each_attack():
    results = [Result("a", "one", None, "", 90.0), Result("a", "two", "a fault", "", 30.0)]
    assert campaign.table([("signals", results), ("flags", [])]).splitlines() == [
        "| attack | trials | faults | minutes |",
        "|---|---|---|---|",
        "| signals | 2 | 1 | 2 |",
        "| flags | 0 | 0 | 0 |",
    ]
