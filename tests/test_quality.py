"""The benchmark of quality: its table by hand, and a short run of the script."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tf_cyclegan.benchmark import quality

SCRIPT = Path(__file__).parent.parent / "scripts" / "quality.py"


def done(folder, recipe, seed, stripes, kid=None):
    trial = quality.Trial(recipe, seed, folder)
    scores = {"stripes": stripes, **({} if kid is None else {"kid": kid})}
    trial.scores.write_text(
        json.dumps({"scores": {"AtoB": scores}, "untranslated": {"AtoB": {"stripes": 0.1}}})
    )
    return trial


def test_table_by_hand(tmp_path):
    # Mean 0.4; deviations 0.1, 0, 0.1; their squares' sum over 3 - 1 is 0.01, its root 0.1.
    trials = [done(tmp_path, "mini", seed, stripes) for seed, stripes in enumerate([0.3, 0.4, 0.5])]
    trials += [done(tmp_path, "keras", seed, 1.0) for seed in range(3)]
    assert quality.table(trials).splitlines() == [
        "| | | `mini` | `keras` | the input as it is |",
        "|---|---|---|---|---|",
        "| stripes: zebras 1, horses 0 | AtoB | 0.400 ± 0.100 | 1.000 ± 0.000 | 0.100 |",
    ]


def test_one_seed_has_no_spread_and_a_missing_score_no_mean(tmp_path):
    trials = [done(tmp_path, "mini", 0, 0.25, kid=0.5), done(tmp_path, "paper", 0, None, kid=0.25)]
    rows = quality.table(trials).splitlines()[2:]
    assert rows == [
        "| KID, lower is better | AtoB | 0.5000 | 0.2500 |  |",
        "| stripes: zebras 1, horses 0 | AtoB | 0.250 |  | 0.100 |",
    ]


def test_recipes_train_for_as_many_epochs_and_decay_over_the_second_half():
    flags = {r: quality.Trial(r, 2, Path("q")).flags(20, {}) for r in quality.RECIPES}
    assert flags["mini"] == ["--recipe=mini", "--seed=2", "--epochs=20", "--decay_start=10"]
    assert flags["paper"][-4:] == ["--image_size=64", "--filters=32", *flags["mini"][2:]]
    assert flags["keras"][-3:] == ["--image_size=64", "--filters=32", "--epochs=20"]


def test_the_table_takes_the_old_ones_place():
    text = f"before\n{quality.BEGIN}\nold\n{quality.END}\nafter\n"
    assert quality.put(text, "new") == f"before\n{quality.BEGIN}\n\nnew\n\n{quality.END}\nafter\n"
    with pytest.raises(ValueError, match="has no line"):
        quality.put(f"{quality.END} {quality.BEGIN}", "new")


def run(folder, *arguments):
    return subprocess.run(
        [sys.executable, SCRIPT, *arguments],
        cwd=folder,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_script_trains_scores_and_writes_the_table(tmp_path, photos):
    document = tmp_path / "quality.md"
    document.write_text(f"# Quality\n{quality.BEGIN}\n{quality.END}\n")
    arguments = ["--recipes=mini", "--seeds=1", "--epochs=1", "--limit_train=2", "--noinception"]
    arguments += ["--image_size=32", "--filters=2", f"--dataset={photos}"]
    arguments += ["--document=quality.md", "--workdir=q"]
    first = run(tmp_path, *arguments)
    assert first.returncode == 0, first.stderr
    (row,) = (
        line for line in document.read_text().splitlines() if "cycle error, of 255 | AtoB" in line
    )
    assert row in first.stdout
    assert (tmp_path / "q" / "mini_0" / "samples" / "epoch_0001.png").exists()
    again = run(tmp_path, *arguments)
    assert again.stdout.startswith("q/mini_0.json is there\n")
    assert first.stdout.endswith(again.stdout.partition("\n")[2])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--recipes=mini,mimi"], "--recipes=mimi: choose from mini, paper, keras"),
        (["--document=none.md"], "--document=none.md: "),
    ],
)
def test_mistakes_are_told_before_anything_is_trained(tmp_path, arguments, message):
    finished = run(tmp_path, *arguments)
    assert finished.returncode != 0
    assert message in finished.stderr
    assert "Traceback" not in finished.stderr
    assert not list(tmp_path.iterdir())
