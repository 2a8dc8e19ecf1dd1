"""What is asked of TensorFlow, on which machine."""

import pytest
import tensorflow as tf

from tf_cyclegan.system import cores, devices


@pytest.fixture
def asked(monkeypatch):
    """The options that were set, by name."""
    options = {}
    for module, name in (
        (tf.config.threading, "set_intra_op_parallelism_threads"),
        (tf.config.threading, "set_inter_op_parallelism_threads"),
        (tf.config.optimizer, "set_experimental_options"),
    ):
        monkeypatch.setattr(module, name, lambda value, name=name: options.update({name: value}))
    monkeypatch.setattr(
        tf.config.experimental, "enable_op_determinism", lambda: options.update(deterministic=True)
    )
    return options


@pytest.mark.parametrize(
    ("usable", "allowed", "gpu", "intra", "inter"),
    [
        (2, 2, False, 1, None),
        (1, 1, False, None, None),
        (8, 8, False, None, None),
        (2, 2, True, None, None),
        # A container's quota.
        (2, 64, False, 1, 2),
        (4, 64, False, 4, 4),
    ],
)
def test_cores_are_shared_out(asked, monkeypatch, usable, allowed, gpu, intra, inter):
    monkeypatch.setattr(cores, "usable", lambda: usable)
    monkeypatch.setattr(cores, "allowed", lambda: allowed)
    monkeypatch.setattr(devices, "has_gpu", lambda: gpu)
    devices.share_cores()
    assert asked.get("set_intra_op_parallelism_threads") == intra
    assert asked.get("set_inter_op_parallelism_threads") == inter


@pytest.mark.parametrize(
    ("flags", "computes"),
    [("fpu amx_bf16 sse", True), ("fpu avx512_bf16", True), ("fpu avx512f bf16", False)],
)
def test_instructions_for_bfloat16_are_seen(tmp_path, monkeypatch, flags, computes):
    (tmp_path / "cpuinfo").write_text(f"processor\t: 0\nflags\t\t: {flags}\n")
    monkeypatch.setattr(devices, "Path", lambda path: tmp_path / "cpuinfo")
    assert devices.cpu_computes_bfloat16.__wrapped__() is computes
    monkeypatch.setattr(devices, "Path", lambda path: tmp_path / "nowhere")
    assert devices.cpu_computes_bfloat16.__wrapped__() is False


def test_hidden_gpus_do_not_count(monkeypatch):
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: [])
    assert not devices.has_gpu()
    assert devices.describe().startswith("the CPU, ")


@pytest.mark.parametrize("gpu", [False, True])
def test_the_graph_optimizer_is_left_out_on_a_cpu(asked, monkeypatch, gpu):
    monkeypatch.setattr(devices, "has_gpu", lambda: gpu)
    devices.prepare_training(deterministic=True)
    expected = {} if gpu else {"set_experimental_options": {"disable_meta_optimizer": True}}
    assert asked == {"deterministic": True, **expected}
    asked.clear()
    devices.prepare_training()
    assert asked == expected
