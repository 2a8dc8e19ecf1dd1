"""The table of speeds, and a small run of the script."""

import json

import pytest

from helpers.processes import refused, script
from tf_cyclegan.benchmark import child, speed
from tf_cyclegan.benchmark.processes import ROOT, Arrangement

TINY = {"recipe": "mini", "image_size": 32, "filters": 2}


def test_table():
    rows = [
        Arrangement("step, plain", "step", True, {}, seconds=[2.0], memory=10**9, first=7.25),
        Arrangement("step, float32", "step", False, {}, seconds=[1.5], plain_seconds=[2.0]),
        Arrangement("step, float16", "step", False, {}, error="no compiler"),
    ]
    assert speed.table(rows).splitlines() == [
        "                seconds  of plain        GB     first",
        "step, plain      2.0000                1.00       7.2",
        "step, float32    1.5000      0.75",
        "step, float16",
        "  failed: no compiler",
    ]


@pytest.mark.parametrize("plain", [True, False])
def test_translations_are_pictures(plain):
    (picture,) = child.prepare("translation", plain, TINY)()
    assert picture.shape == (32, 32, 3)


@pytest.mark.slow
def test_script_measures_this_version_and_another(tmp_path):
    (tmp_path / "other").symlink_to(ROOT)
    status, out, err = script(
        "benchmark.py",
        *("--recipes=mini", "--sizes=32", "--filters=2", "--precisions=float32", "--notranslate"),
        *("--repetitions=2", "--json=b.json", "--against=other"),
        cwd=tmp_path,
    )
    assert (status, err) == (0, "")
    (group,) = json.loads((tmp_path / "b.json").read_text())["groups"]
    assert (group["config"]["image_size"], group["config"]["filters"]) == (32, 2)
    plain, ours, other = group["measured"]
    names = ["step, plain", "step, float32", f"step, float32, {ROOT.name}"]
    assert [row["name"] for row in (plain, ours, other)] == names
    assert all(f"\n{name} " in out for name in names)
    assert ours["plain_seconds"] == other["plain_seconds"] == plain["seconds"]
    for row in (plain, ours, other):
        assert len(row["seconds"]) == 2
        assert row["error"] is None
        assert row["memory"] > 10**8
        assert row["first"] > max(row["seconds"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("argument", "told"),
    [
        ("--recipes=mini,paqer", "recipe=paqer: choose one of mini"),
        ("--precisions=float8", "precision=float8: choose one of auto"),
        ("--sizes=64,big", "--sizes=64,big: give whole numbers"),
        (f"--sizes=64,{'9' * 5000}", "9: give whole numbers"),
        ("--sizes=65", "image_size=65"),
        ("--batch_size=0", "--batch_size=0: give 1 or more"),
        ("--against=none", "--against=none: has no tf_cyclegan/benchmark/child.py"),
    ],
)
def test_mistakes_are_told_in_one_line(tmp_path, argument, told):
    assert told in refused("benchmark.py", argument, cwd=tmp_path)
