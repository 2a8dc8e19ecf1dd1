"""A real run, stopped by each signal at random moments, against one that nothing stopped."""

import random
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow as tf

from helpers.pictures import make_folder
from helpers.processes import ROOT, environment, script
from tf_cyclegan.checkpoints import files as checkpoint_files
from tf_cyclegan.monitoring.history import History

pytestmark = pytest.mark.slow

FLAGS = (
    *("--image_size=32", "--filters=2", "--dropout=0.5"),
    *("--deterministic", "--epochs=60", "--max_steps=120"),
    *("--checkpoint_every=3steps", "--max_to_keep=2", "--keep_every=2"),
)


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    return make_folder(
        tmp_path_factory.mktemp("data") / "photos", trainA=20, trainB=22, testA=1, testB=1
    )


@pytest.fixture(scope="module")
def whole(photos, tmp_path_factory):
    """A folder with runs/whole, which nothing stopped."""
    cwd = tmp_path_factory.mktemp("killed")
    status, _, err = script("train.py", f"--dataset={photos}", *FLAGS, "--workdir=whole", cwd=cwd)
    assert status == 0, err
    return cwd


def steps(workdir):
    return [checkpoint_files.step_of(path) for path in checkpoint_files.find_all(workdir)]


def interrupt(cwd, photos, number, seconds):
    """Trains until something is saved, and some seconds more, and sends the signal."""
    command = [sys.executable, ROOT / "scripts" / "train.py", f"--dataset={photos}", *FLAGS]
    before = steps(cwd / "parts")
    process = subprocess.Popen(
        [*command, "--workdir=parts"],
        cwd=cwd,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 120
    while steps(cwd / "parts") == before and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    time.sleep(seconds)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


@pytest.mark.usefixtures("in_foreground")
def test_a_run_stopped_by_each_signal_ends_bit_for_bit_as_one_that_was_not(whole, photos):
    cwd, seed = whole, time.time_ns()
    print("seed", seed)  # Shown when the test fails.
    rng = random.Random(seed)
    numbers = [signal.SIGINT, signal.SIGTERM, signal.SIGKILL]
    rng.shuffle(numbers)
    for number in numbers:
        status, out, err = interrupt(cwd, photos, number, rng.uniform(0, 0.5))
        if number == signal.SIGKILL:
            assert status == -number
            continue
        assert status == 128 + number, err
        assert "Traceback" not in err
        stopped = re.search(rf"Stopped by {number.name} after step (\d+), which is saved", out)
        assert steps(cwd / "parts")[-1] == int(stopped[1])
        assert "python scripts/train.py --workdir=parts" in out
    status, out, err = script("train.py", "--workdir=parts", "--max_steps=120", cwd=cwd)
    assert (status, "120 steps" in out) == (0, True), err
    assert_same_run(cwd / "parts", cwd / "whole")


def assert_same_run(parts, whole):
    ours, theirs = (
        tf.train.load_checkpoint(str(run / "checkpoints" / "ckpt-120")) for run in (parts, whole)
    )
    names = set(theirs.get_variable_to_shape_map())
    assert names == set(ours.get_variable_to_shape_map())
    # Four networks, two slots for each weight, steps, learning rates, dropout, training state.
    assert len([name for name in names if "dropout" in name]) == 2
    assert len([name for name in names if "_optimizer/_variables" in name]) > 100
    assert {"state/step", "state/loss_sums"} <= {name.split("/.A")[0] for name in names}
    different = {"_CHECKPOINTABLE_OBJECT_GRAPH", "save_counter/.ATTRIBUTES/VARIABLE_VALUE"}
    for name in names - different:
        np.testing.assert_array_equal(ours.get_tensor(name), theirs.get_tensor(name), err_msg=name)
    for sheet in (whole / "samples").glob("*.png"):
        assert sheet.read_bytes() == (parts / "samples" / sheet.name).read_bytes()
    assert untimed_history(parts) == untimed_history(whole)
    assert steps(parts)[-2:] == steps(whole)[-2:] == [117, 120]
    left = {path.name.split(".")[0] for path in (parts / "checkpoints").iterdir()}
    assert left == {"checkpoint", "ckpt-117", "ckpt-120", "kept"}


def untimed_history(run):
    """The rows of history.csv without what depends on the machine's speed."""
    return [
        {name: value for name, value in row.items() if not name.endswith(("_second", "_seconds"))}
        for row in History(run).rows
    ]


def test_sigterm_before_training_starts_ends_in_one_line(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW_START],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "started\n"
    process.terminate()
    _, err = process.communicate(timeout=30)
    assert process.returncode == 128 + signal.SIGTERM
    assert err.strip() == "Stopped. What was saved is kept; the same command resumes."


SLOW_START = """
import time
from tf_cyclegan.cli.help_text import Usage
from tf_cyclegan.cli.running import run
def main():
    print("started", flush=True)
    time.sleep(30)
run(main, Usage("", (), {}))
"""
