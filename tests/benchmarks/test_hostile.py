"""The frame of hostile trials: resuming, faults, what is a fault, the table."""

import json
import re

import pytest
import tensorflow as tf

from benchmarks.hostile import (
    campaign,
    commands,
    comparing,
    endurance,
    flag_values,
    outcomes,
    trials,
)
from benchmarks.hostile.commands import Ended
from benchmarks.hostile.footprints import Footprint
from benchmarks.hostile.trials import FaultError, Result, SkippedError, Trial
from helpers.processes import script


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


@pytest.mark.parametrize("command", ["train", "generate", "evaluate", "export", "import_weights"])
def test_every_flag_of_a_command_is_drawn(command, tmp_path):
    status, out, _ = script(f"{command}.py", "--helpfull", cwd=tmp_path)
    ours = out.partition("absl's logging:")[0]
    shown = set(re.findall(r"^  --(?:\[no\])?(\w+)", ours, re.MULTILINE))
    drawn = {**flag_values.FLAGS[command], **flag_values.FLAGS.get(f"{command}_files", {})}
    assert status == 0
    assert "workdir" in shown
    assert shown <= drawn.keys(), f"not drawn: {sorted(shown - drawn.keys())}"


@pytest.mark.parametrize(
    ("name", "told"), [("\udcff", "\\udcff"), ("ünï→", "\\xfcn\\xef\\u2192"), ("ünï", "ünï")]
)
def test_places_are_found_whatever_letters_the_output_has(tmp_path, name, told):
    check = outcomes.CHECKS["import_weights"]
    out = f"{told} translates, by a ResNet with 6 blocks and 2 filters.\n"
    with pytest.raises(FaultError, match="made nothing"):
        check(tmp_path, [], out)
    (tmp_path / name).mkdir()
    (tmp_path / name / "config.json").write_text("{}")
    check(tmp_path, [], out)


def looks(late):
    """Of a process: 3 files, now and then a fourth for a moment; `late` in its last quarter."""
    steady = [Footprint(100 * 2**20, 4 if number % 5 == 0 else 3, 7) for number in range(75)]
    return [*steady, *[late] * 25]


def test_a_file_that_is_open_for_a_moment_is_no_leak():
    assert "files 3 and 3, threads 7 and 7" in endurance.require_steady(
        looks(Footprint(104 * 2**20, 3, 7))
    )


@pytest.mark.parametrize("late", [(106, 3, 7), (100, 4, 7), (100, 3, 8)])
def test_what_grows_is_a_fault(late):
    mebibytes, files, threads = late
    with pytest.raises(FaultError, match="grew: 100 MiB early"):
        endurance.require_steady(looks(Footprint(mebibytes * 2**20, files, threads)))


def make_run(workdir, seed=0, **settings):
    """A finished run, whose last checkpoint holds these settings."""
    workdir.mkdir()
    (workdir / "history.csv").write_text("epoch,step,cycle\n1,6,2\n")
    (workdir / "report.html").write_text('<!DOCTYPE html>\n<html lang="en" data-finished="true">')
    config = json.dumps({"seed": seed, "max_steps": None, **settings})
    saved = tf.train.Checkpoint(config=tf.Variable(config), step=tf.Variable(6))
    saved.write(str(workdir / "checkpoints" / "ckpt-6"))
    return workdir


def test_runs_that_were_told_to_stop_elsewhere_are_the_same(tmp_path):
    whole = make_run(tmp_path / "whole")
    comparing.require_same(make_run(tmp_path / "stopped", max_steps=6), whole)
    with pytest.raises(FaultError, match="ckpt-6: 1 differ"):
        comparing.require_same(make_run(tmp_path / "other", seed=1), whole)
