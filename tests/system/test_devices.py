import pytest
import tensorflow as tf

from tf_cyclegan.system import cores, devices


@pytest.fixture
def options(monkeypatch):
    """The options that were set, by name."""
    found = {}
    for module, name in (
        (tf.config.threading, "set_intra_op_parallelism_threads"),
        (tf.config.threading, "set_inter_op_parallelism_threads"),
        (tf.config.optimizer, "set_experimental_options"),
        (tf.config.experimental, "enable_op_determinism"),
    ):
        monkeypatch.setattr(module, name, lambda value=True, name=name: found.update({name: value}))
    return found


@pytest.mark.parametrize(
    ("usable", "allowed", "gpu", "intra", "inter"),
    [
        (2, 2, False, 1, None),
        (1, 1, False, None, None),
        (8, 8, False, None, None),
        (2, 2, True, None, None),
        # With a container's quota.
        (2, 64, False, 1, 2),
        (4, 64, False, 4, 4),
    ],
)
def test_thread_counts(options, monkeypatch, usable, allowed, gpu, intra, inter):
    monkeypatch.setattr(cores, "usable", lambda: usable)
    monkeypatch.setattr(cores, "allowed", lambda: allowed)
    monkeypatch.setattr(devices, "has_gpu", lambda: gpu)
    devices.set_thread_counts()
    assert options.get("set_intra_op_parallelism_threads") == intra
    assert options.get("set_inter_op_parallelism_threads") == inter


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("fpu amx_bf16 sse", True),
        ("fpu avx512_bf16", True),
        ("fpu avx512f bf16", False),
        (None, False),
    ],
)
def test_bfloat16_instructions_are_detected(tmp_path, monkeypatch, flags, expected):
    if flags:
        (tmp_path / "cpuinfo").write_text(f"processor\t: 0\nflags\t\t: {flags}\n")
    monkeypatch.setattr(devices, "Path", lambda path: tmp_path / "cpuinfo")
    assert devices.cpu_computes_bfloat16.__wrapped__() is expected


def test_hidden_gpus_do_not_count(monkeypatch):
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: [])
    assert not devices.has_gpu()
    assert devices.describe().startswith("the CPU, ")


@pytest.mark.parametrize("gpu", [False, True])
def test_the_graph_optimizer_is_disabled_on_cpus(options, monkeypatch, gpu):
    monkeypatch.setattr(devices, "has_gpu", lambda: gpu)
    expected = {} if gpu else {"set_experimental_options": {"disable_meta_optimizer": True}}
    devices.prepare_training()
    assert options == expected
    devices.prepare_training(deterministic=True)
    assert options == {"enable_op_determinism": True, **expected}
