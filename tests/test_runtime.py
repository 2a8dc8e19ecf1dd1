"""What is asked of TensorFlow, on which machine."""

import pytest
import tensorflow as tf

from tf_cyclegan import cores, runtime


@pytest.fixture
def asked(monkeypatch):
    """The options that were set, by name."""
    options = {}
    for module, name in (
        (tf.config.threading, "set_intra_op_parallelism_threads"),
        (tf.config.optimizer, "set_experimental_options"),
    ):
        monkeypatch.setattr(module, name, lambda value, name=name: options.update({name: value}))
    monkeypatch.setattr(
        tf.config.experimental, "enable_op_determinism", lambda: options.update(deterministic=True)
    )
    return options


@pytest.mark.parametrize(
    ("count", "gpu", "threads"),
    [(2, False, 1), (1, False, None), (8, False, None), (2, True, None)],
)
def test_two_cores_get_an_operation_each(asked, monkeypatch, count, gpu, threads):
    monkeypatch.setattr(cores, "usable", lambda: count)
    monkeypatch.setattr(runtime, "_has_gpu", lambda: gpu)
    runtime.share_cores()
    assert asked.get("set_intra_op_parallelism_threads") == threads


@pytest.mark.parametrize("gpu", [False, True])
def test_the_graph_optimizer_is_left_out_on_a_cpu(asked, monkeypatch, gpu):
    monkeypatch.setattr(runtime, "_has_gpu", lambda: gpu)
    runtime.prepare_training(deterministic=True)
    expected = {} if gpu else {"set_experimental_options": {"disable_meta_optimizer": True}}
    assert asked == {"deterministic": True, **expected}
    asked.clear()
    runtime.prepare_training()
    assert asked == expected
