import os

import pytest

from tf_cyclegan.system import cores


@pytest.fixture(autouse=True)
def root(monkeypatch, tmp_path):
    """Hides the cgroups of the machine. Returns the folder that has its own."""
    monkeypatch.setattr(cores, "_CGROUPS", tmp_path / "cgroup")
    monkeypatch.setattr(cores, "_OWN_CGROUP", tmp_path / "own")
    return tmp_path


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="only Linux has it")
def test_cores_outside_the_affinity_mask_do_not_count():
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        assert (cores.usable(), cores.reading_threads()) == (1, 1)
    finally:
        os.sched_setaffinity(0, before)


def test_all_cores_count_without_affinity_masks(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    for count, usable, threads in ((64, 64, 8), (None, 1, 1)):
        monkeypatch.setattr(os, "cpu_count", lambda count=count: count)
        assert (cores.usable(), cores.reading_threads()) == (usable, threads)


V1 = ("cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us")


@pytest.mark.parametrize(
    ("own", "files", "usable"),
    [
        ("0::/", {"cpu.max": "200000 100000\n"}, 2),
        ("0::/", {"cpu.max": "150000 100000\n"}, 2),
        ("0::/", {"cpu.max": "10000 100000\n"}, 1),
        ("0::/", {"cpu.max": "max 100000\n"}, 64),
        ("0::/", {}, 64),
        ("0::/", {"cpu.max": "oops"}, 64),
        # A parent's quota.
        ("0::/docker/abc", {"docker/cpu.max": "300000 100000", "docker/abc/cpu.max": "max 1"}, 3),
        ("12:memory:/x\n4:cpu,cpuacct:/", {V1[0]: "400000\n", V1[1]: "100000\n"}, 4),
        ("4:cpu:/", {V1[0]: "-1", V1[1]: "100000"}, 64),
    ],
)
def test_a_containers_quota_counts(root, monkeypatch, own, files, usable):
    monkeypatch.setattr(cores, "allowed", lambda: 64)
    (root / "own").write_text(own)
    for name, text in files.items():
        path = root / "cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert cores.usable() == usable
