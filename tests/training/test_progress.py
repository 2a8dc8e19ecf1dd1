import io
import re

import pytest

from tf_cyclegan.training import progress
from tf_cyclegan.training.progress import Progress

LOSSES = {"total_g": 1.0, "total_f": 2.0, "discriminator_x": 0.5, "discriminator_y": 0.25, "z": 9}


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass only as a test says."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def run(shown, clock, steps, seconds):
    shown.start(done=10, total=10 + steps, steps_per_epoch=10, pictures_per_step=2)
    for _ in range(steps):
        clock[0] += seconds
        shown.step(LOSSES, 1 / seconds)
    shown.stop()


def test_plain_lines_come_at_intervals_and_at_the_end(clock):
    stream = io.StringIO()
    run(Progress(stream), clock, steps=20, seconds=4.0)
    lines = stream.getvalue().splitlines()
    assert [int(re.search(r"step (\d+)/30", line)[1]) for line in lines] == [18, 26, 30]
    assert lines[0] == (
        "epoch 2, step 18/30: G 1.000 F 2.000 D_X 0.500 D_Y 0.250, 0.5 pictures/s, 00:48 left"
    )


def test_the_first_step_says_nothing_of_the_speed(clock):
    stream = io.StringIO()
    shown = Progress(stream)
    shown.start(done=0, total=2, steps_per_epoch=10, pictures_per_step=2)
    clock[0] += 50.0
    shown.step(LOSSES, None)
    clock[0] += 1.0
    shown.step(LOSSES, 1.5)
    first, last = stream.getvalue().splitlines()
    assert "pictures/s" not in first
    assert "3.0 pictures/s" in last


def test_a_line_is_spelled_as_it_is_told_to(clock):
    stream = io.StringIO()
    Progress(stream, lambda line: line.replace("seed", "--seed")).say("another seed")
    assert stream.getvalue() == "another --seed\n"


def test_one_single_step_is_shown(clock):
    stream = io.StringIO()
    run(Progress(stream), clock, steps=1, seconds=1.0)
    assert stream.getvalue().splitlines()[-1].endswith("? left")


def test_a_terminal_gets_a_bar(clock):
    stream = Terminal()
    shown = Progress(stream)
    shown.say("before")
    run(shown, clock, steps=3, seconds=1.0)
    text = stream.getvalue()
    assert text.startswith("before\n")
    last = text.split("\r")[-1]
    assert "epoch 2" in last
    assert "13/13" in last
    assert "D_X 0.500" in last
    assert "pictures/s" in last
    assert text.endswith("\n")


def test_without_a_stream_it_is_silent_and_never_looks_at_the_losses(clock, capsys):
    shown = Progress()
    shown.say("nothing")
    shown.start(done=0, total=5, steps_per_epoch=5, pictures_per_step=2)
    for _ in range(5):
        clock[0] += 100.0
        shown.step({"total_g": object()}, None)
    shown.stop()
    assert capsys.readouterr() == ("", "")
