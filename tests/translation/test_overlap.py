import threading

import pytest

from tf_cyclegan.system.errors import UserError
from tf_cyclegan.translation.overlap import overlapped


def test_everything_is_read_made_and_written_in_order():
    read, written = [], []
    done = overlapped(
        range(9),
        lambda i: read.append(i) or 10 * i,
        lambda i, found: (i, found + 1),
        lambda i, made: written.append((i, made)),
    )
    assert list(done) == [(i, None) for i in range(9)]
    assert read == list(range(9))
    assert written == [(i, (i, 10 * i + 1)) for i in range(9)]
    assert list(overlapped([], read, read, written)) == []


def test_the_next_is_read_and_the_last_written_while_one_is_made():
    read, made = [threading.Event() for _ in range(6)], [threading.Event() for _ in range(6)]

    def make(i, _):
        if i + 1 < 6:
            assert read[i + 1].wait(10), "the next is read meanwhile"
        made[i].set()

    def write(i, _):
        if i + 1 < 6:
            assert made[i + 1].wait(10), "the next is made meanwhile"

    done = overlapped(range(6), lambda i: read[i].set(), make, write)
    assert [i for i, _ in done] == list(range(6))


def test_little_is_read_ahead_and_little_waits_to_be_written():
    read, written, ahead, waiting = [], [], [], []

    def make(i, _):
        ahead.append(len(read) - i)
        waiting.append(i - len(written))

    for _ in overlapped(range(30), read.append, make, lambda i, _: written.append(i)):
        pass
    assert max(ahead) <= 3
    assert max(waiting) <= 3


def test_what_cannot_be_read_or_made_is_told_and_the_rest_goes_on():
    written = []

    def read(i):
        if i == 1:
            raise UserError("unreadable")

    def make(i, _):
        if i == 2:
            raise UserError("too large")

    done = dict(overlapped(range(5), read, make, lambda i, _: written.append(i)))
    assert written == [0, 3, 4]
    assert {i: str(error) for i, error in done.items() if error} == {
        1: "unreadable",
        2: "too large",
    }
    assert sorted(done) == list(range(5))


def test_an_error_of_writing_ends_it():
    def write(i, _):
        if i == 1:
            raise OSError(28, "No space left on device", "b.png")

    made = []
    with pytest.raises(OSError, match=r"b\.png"):
        for _ in overlapped(range(50), lambda i: i, lambda i, _: made.append(i), write):
            pass
    assert len(made) < 10
