import pytest

from tf_cyclegan.config import intervals
from tf_cyclegan.config.intervals import Interval
from tf_cyclegan.system.errors import UserError


@pytest.mark.parametrize(
    ("text", "interval"),
    [
        ("5", Interval(5, "epochs")),
        ("1epochs", Interval(1, "epochs")),
        ("500steps", Interval(500, "steps")),
        ("10min", Interval(10, "min")),
    ],
)
def test_texts_that_name_one(text, interval):
    assert intervals.parse(text, "checkpoint_every") == interval


@pytest.mark.parametrize("text", ["", "0", "-5", "1.5", "5 steps", "ten", "10h", "steps", "5\n"])
def test_texts_that_do_not(text):
    with pytest.raises(UserError, match=r"checkpoint_every=.*500steps"):
        intervals.parse(text, "checkpoint_every")


def test_when_they_are_over():
    def due(text, **now):
        return intervals.parse(text, "x").is_due(steps_per_epoch=7, **now)

    assert [step for step in range(1, 30) if due("2", step=step, seconds=0)] == [14, 28]
    assert [step for step in range(1, 12) if due("4steps", step=step, seconds=0)] == [4, 8]
    assert not due("10min", step=7, seconds=599.9)
    assert due("10min", step=3, seconds=600)
