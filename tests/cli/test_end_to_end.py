"""The main job in real processes: train, resume, generate."""

import json
import re
import signal
import subprocess
import sys

import pytest

from helpers.processes import ROOT, environment, script
from tf_cyclegan.evaluation import inception

pytestmark = pytest.mark.slow

SMALL = ("--image_size=32", "--filters=2", "--dropout=0.5", "--deterministic", "--max_to_keep=1")


def train(cwd, photos, *arguments):
    status, out, err = script("train.py", f"--dataset={photos}", *SMALL, *arguments, cwd=cwd)
    assert status == 0, err
    assert "WARNING" not in err
    assert "deprecat" not in err
    return out, err


@pytest.fixture(scope="module")
def runs(photos, tmp_path_factory):
    """2 + 2 epochs in two processes, with what was printed."""
    cwd = tmp_path_factory.mktemp("end_to_end")
    first = train(cwd, photos, "--epochs=2", "--workdir=runs/parts")
    second = train(cwd, photos, "--epochs=4", "--workdir=runs/parts")
    return cwd, first, second


def test_training_tells_where_it_runs_and_what_comes_next(runs):
    out, err = runs[2]
    assert "Training on the CPU" in err
    assert "tracing the training step" in err
    assert "drawings" not in err
    assert re.search(r"step 16/16: G \d.*pictures/s, 00:00 left", err)
    assert "Trained 4 epochs, 16 steps." in out
    assert "python scripts/generate.py --workdir=runs/parts --split=test" in out
    assert re.search(r"Resuming from step 8, .*ckpt-8", err)
    assert "Resuming" not in runs[1][1]


def test_a_finished_run_says_so(runs, photos):
    out, _ = train(runs[0], photos, "--epochs=4", "--workdir=runs/parts")
    assert "This run is finished: 4 epochs, 16 steps." in out


def test_a_run_is_continued_without_repeating_its_flags_and_refuses_others(runs):
    status, out, err = script("train.py", "--workdir=runs/parts", cwd=runs[0])
    assert (status, "This run is finished" in out) == (0, True), err
    status, _, err = script("train.py", "--workdir=runs/parts", "--filters=4", cwd=runs[0])
    assert status == 1
    assert "filters (there 2, now 4)" in err
    assert err.count("\n") == 1


def test_a_damaged_config_is_taken_from_the_checkpoint_and_told(runs):
    settings = runs[0] / "runs" / "parts" / "config.json"
    text = settings.read_text()
    settings.write_text("{")
    status, out, err = script("train.py", "--workdir=runs/parts", cwd=runs[0])
    settings.write_text(text)
    assert (status, "This run is finished" in out) == (0, True), err
    assert re.search(r"config\.json: is not JSON.*; resuming with the settings in .*ckpt-16", err)


def test_generate_translates_the_last_run(runs):
    cwd = runs[0]
    status, out, err = script("generate.py", "--split=test", cwd=cwd)
    assert (status, err) == (0, "")
    assert "runs/parts" in out
    run = re.search(r"(runs/\w+)/checkpoints", out)[1]
    folder = cwd / run / "generated" / "test"
    names = {p.relative_to(folder).as_posix() for p in folder.rglob("*.png")}
    expected = {f"AtoB/{i}.png" for i in range(3)} | {f"BtoA/{i}.png" for i in range(2)}
    assert names == expected | {"AtoB.png", "BtoA.png"}


def test_evaluate_scores_both_directions(runs, monkeypatch):
    cwd = runs[0]
    # Damaged weights where Keras keeps them: without them the network would be asked.
    cached = cwd / "keras" / "models" / inception.WEIGHTS_FILE
    cached.parent.mkdir(parents=True)
    cached.write_text("not weights")
    monkeypatch.setenv("KERAS_HOME", str(cwd / "keras"))
    arguments = ("--workdir=runs/parts", "--json=scores.json", "--split=train", "--limit=4")
    status, out, err = script("evaluate.py", *arguments, cwd=cwd)
    assert (status, err) == (0, "")
    assert "Scoring runs/parts/checkpoints/ckpt-16" in out
    assert re.search(r"A to B +B to A +A as it is +B as it is\nSWD, lower is better", out)
    assert re.search(r"\ncorrelation with the input( +-?\d\.\d{3}){2}( +1\.000){2}\n", out)
    assert f"FID and KID are left out: {cached}: cannot be read as Keras weights" in out
    scores = json.loads((cwd / "scores.json").read_text())["scores"]
    assert set(scores) == {"AtoB", "BtoA"}
    assert 0 < scores["AtoB"]["cycle_error"] < 255


def test_generate_takes_its_options(runs):
    cwd = runs[0]
    arguments = ("--split=train", "--direction=BtoA", "--limit=2", "--output=out")
    status, out, err = script(
        "generate.py", "--workdir=runs/parts", "--checkpoint=16", *arguments, cwd=cwd
    )
    assert status == 0, err
    assert "BtoA: 2 pictures in out/BtoA" in out
    assert sorted(p.relative_to(cwd).as_posix() for p in (cwd / "out").rglob("*.png")) == [
        "out/BtoA.png",
        "out/BtoA/0.png",
        "out/BtoA/1.png",
    ]


def test_a_reader_that_has_seen_enough_ends_it_without_a_trace(runs):
    """As `| head` does."""
    command = [sys.executable, ROOT / "scripts" / "generate.py", "--workdir=runs/parts"]
    with subprocess.Popen(
        [*command, "--output=piped"],
        cwd=runs[0],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        process.stdout.close()
        err = process.stderr.read()
        assert (process.wait(timeout=60), err) == (128 + signal.SIGPIPE, "")
