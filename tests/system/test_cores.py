import os

import pytest

from tf_cyclegan.system import cores


@pytest.fixture(autouse=True)
def without_quota(monkeypatch, tmp_path):
    """Whatever container the tests run in. Returns where control groups are looked for."""
    monkeypatch.setattr(cores, "_CGROUPS", tmp_path / "cgroup")
    monkeypatch.setattr(cores, "_OWN_CGROUP", tmp_path / "own")
    return tmp_path


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


@pytest.mark.parametrize(
    ("own", "files", "usable"),
    [
        ("0::/", {"cpu.max": "200000 100000\n"}, 2),
        ("0::/", {"cpu.max": "150000 100000\n"}, 2),
        ("0::/", {"cpu.max": "10000 100000\n"}, 1),
        ("0::/", {"cpu.max": "max 100000\n"}, 64),
        ("0::/", {}, 64),
        ("0::/", {"cpu.max": "oops"}, 64),
        # The quota of a group around it counts too.
        ("0::/docker/abc", {"docker/cpu.max": "300000 100000", "docker/abc/cpu.max": "max 1"}, 3),
        # Version 1.
        (
            "12:memory:/x\n4:cpu,cpuacct:/",
            {"cpu/cpu.cfs_quota_us": "400000\n", "cpu/cpu.cfs_period_us": "100000\n"},
            4,
        ),
        ("4:cpu:/", {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, 64),
    ],
)
def test_a_containers_quota_counts(without_quota, monkeypatch, own, files, usable):
    monkeypatch.setattr(cores, "allowed", lambda: 64)
    (without_quota / "own").write_text(own)
    for name, text in files.items():
        path = without_quota / "cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert cores.usable() == usable
