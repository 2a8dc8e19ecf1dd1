import pytest

from tf_cyclegan.training import stopwatch
from tf_cyclegan.training.stopwatch import Stopwatch


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass only as a test says."""
    now = [100.0]
    monkeypatch.setattr(stopwatch.time, "monotonic", lambda: now[0])
    return now


def step(watch, clock, wait, work, after=0.0):
    clock[0] += wait
    watch.step_begins()
    clock[0] += work
    read = watch.read()
    clock[0] += after
    watch.step_ends()
    return read


def test_the_first_step_is_not_counted_and_waiting_is_told_apart(clock):
    watch = Stopwatch()
    assert step(watch, clock, wait=5, work=30) == {}
    assert step(watch, clock, wait=1, work=3) == {
        "steps_per_second": 0.25,
        "step_seconds": 4.0,
        "data_seconds": 1.0,
    }
    assert step(watch, clock, wait=0, work=2) == {
        "steps_per_second": pytest.approx(1 / 3),
        "step_seconds": 3.0,
        "data_seconds": 0.5,
    }


def test_an_epoch_begins_anew(clock):
    watch = Stopwatch()
    step(watch, clock, wait=5, work=30)
    step(watch, clock, wait=1, work=3, after=10)
    watch.start()
    assert step(watch, clock, wait=0, work=2)["step_seconds"] == 2.0
