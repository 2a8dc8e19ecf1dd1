import os

import pytest

from tf_cyclegan import cores


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="Linux alone has it")
def test_cores_that_the_process_may_not_use_do_not_count():
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        assert (cores.usable(), cores.reading_threads()) == (1, 1)
    finally:
        os.sched_setaffinity(0, before)


def test_all_cores_count_where_that_cannot_be_told(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    for there, usable, reading in ((64, 64, 8), (None, 1, 1)):
        monkeypatch.setattr(os, "cpu_count", lambda there=there: there)
        assert (cores.usable(), cores.reading_threads()) == (usable, reading)
