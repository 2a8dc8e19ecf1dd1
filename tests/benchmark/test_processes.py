"""Turns, with a stand-in for the child that says what it is told to."""

import pytest

from tf_cyclegan.benchmark import processes
from tf_cyclegan.benchmark.processes import Arrangement, take_turns

CHILD = """
import json, os, signal, sys, time
settings = json.loads(sys.argv[1])["settings"]
for line in sys.stdin:
    with open("asked", "a") as file:
        file.write(f"{settings['name']} {line}")
    exec(settings.get("do", ""))
    answer = {"seconds": settings["seconds"], "memory": 10**9, "gpu_memory": None}
    print(json.dumps(answer), flush=True)
"""


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "tf_cyclegan" / "benchmark"
    folder.mkdir(parents=True)
    (folder / "child.py").write_text(CHILD)
    return tmp_path


def arrangement(root, name, seconds, **settings):
    settings |= {"name": name, "seconds": seconds}
    return Arrangement(name, "step", name == "plain", settings, root)


def test_groups_take_turns_with_the_plain_one(root):
    seconds = {"plain": 4.0, "a": 1.0, "b": 2.0, "c": 6.0}
    plain, a, b, c = (arrangement(root, *each) for each in seconds.items())
    take_turns(plain, [[a, b], [c]], repetitions=2, steps=3)
    started = ["plain 1", "plain 1", "a 1", "a 1", "b 1", "b 1"]
    turns = 2 * ["plain 3", "a 3", "b 3"] + ["c 1", "c 1"] + 2 * ["plain 3", "c 3"]
    assert (root / "asked").read_text().splitlines() == started + turns
    assert [each.seconds for each in (plain, a, c)] == [[4.0] * 4, [1.0] * 2, [6.0] * 2]
    assert [each.ratio for each in (plain, a, b, c)] == [None, 0.25, 0.5, 1.5]
    assert a.memory == 10**9
    assert 0 < a.first < 60


def test_ratio_is_of_the_same_turn():
    found = Arrangement("a", "step", False, {}, seconds=[1, 30, 3], plain_seconds=[2, 40, 12])
    assert (found.median, found.ratio) == (3, 0.5)


@pytest.mark.parametrize(
    ("do", "told"),
    [
        ("sys.exit('bad luck')", "ended with status 1: bad luck"),
        ("os._exit(3)", "ended with status 3: without a word"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "was killed: out of memory?"),
        ("time.sleep(60)", "gave no answer in 4 seconds"),
        ("print(json.dumps({'error': 'no compiler'})); sys.exit()", "no compiler"),
    ],
)
def test_what_fails_is_told_and_the_others_go_on(root, monkeypatch, do, told):
    monkeypatch.setattr(processes, "_PATIENCE", 4.0)
    plain, ours = arrangement(root, "plain", 4.0), arrangement(root, "ours", 1.0, do=do)
    take_turns(plain, [[ours]], repetitions=2, steps=1)
    assert (ours.error, ours.first, ours.ratio) == (told, None, None)
    assert plain.seconds == [4.0, 4.0]


def test_ours_without_the_plain_one(root):
    plain, ours = arrangement(root, "plain", 4.0, do="sys.exit(1)"), arrangement(root, "ours", 1.0)
    take_turns(plain, [[ours]], repetitions=2, steps=1)
    assert plain.error
    assert (ours.seconds, ours.ratio) == ([1.0, 1.0], None)
