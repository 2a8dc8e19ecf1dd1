import os
import threading
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_cyclegan import Config, cores, first_values
from tf_cyclegan.cyclegan import NETWORKS, CycleGAN
from tf_cyclegan.first_values import (
    computed_meanwhile,
    first_value,
    untouched_zeros,
    zeros,
)
from tf_cyclegan.optimizers import FusedAdam

LARGE = (64, 64)
STATM = Path("/proc/self/statm")


def variable(compute, shape=LARGE):
    """As an initializer of Keras' makes one."""
    return tf.Variable(lambda: first_value(shape, "float32", compute))


def resident():
    """Bytes of memory that this process has."""
    return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_a_model_made_meanwhile_has_the_same_values_as_one_made_at_once():
    config = Config(image_size=32, filters=8, seed=3)
    with computed_meanwhile():
        later = CycleGAN(config)
        later.train_step.get_concrete_function()
    at_once = CycleGAN(config)
    for name in NETWORKS:
        pairs = zip(getattr(later, name).weights, getattr(at_once, name).weights, strict=True)
        for ours, theirs in pairs:
            np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))
        for slot in later.optimizers[name].variables[2:]:
            assert not np.asarray(slot).any()


def test_values_are_computed_while_other_work_goes_on():
    made = threading.Event()

    def compute(_):
        assert made.wait(60), "nothing else went on"
        return tf.ones(LARGE)

    with computed_meanwhile():
        ones = variable(compute)
        made.set()
    assert np.asarray(ones).all()


def test_small_values_are_computed_at_once():
    with computed_meanwhile():
        assert float(variable(lambda _: tf.ones((3,)), (3,))[0]) == 1.0


def test_values_that_are_no_variables_are_computed_at_once():
    with computed_meanwhile():
        assert np.asarray(first_value(LARGE, "float32", lambda _: tf.ones(LARGE))).all()


def test_at_once_all_cores_compute_and_meanwhile_one_for_each_value(monkeypatch):
    monkeypatch.setattr(cores, "usable", lambda: 3)
    threads = []

    def compute(number):
        threads.append(number)
        return tf.zeros(LARGE)

    with computed_meanwhile():
        variable(compute)
    variable(compute)
    assert threads == [1, 3]


def test_what_fails_meanwhile_is_told_at_the_end():
    def compute(_):
        raise MemoryError("none left")

    with pytest.raises(MemoryError, match="none left"), computed_meanwhile():
        variable(compute)


def test_an_initializer_may_make_variables_of_its_own():
    def initializer():
        value = first_value(LARGE, "float32", lambda _: tf.ones(LARGE))
        assert np.asarray(tf.Variable(tf.zeros(3))).sum() == 0
        return value

    with computed_meanwhile():
        ones = tf.Variable(initializer)
    assert np.asarray(ones).all()


def test_after_an_error_no_more_is_computed(monkeypatch):
    monkeypatch.setattr(cores, "usable", lambda: 2)
    begun, ended, computed = threading.Event(), threading.Event(), []

    def first(_):
        begun.set()
        assert ended.wait(60)
        return tf.zeros(LARGE)

    def second(_):
        computed.append(1)
        return tf.zeros(LARGE)

    def fail():
        with computed_meanwhile():
            variable(first)
            variable(second)
            assert begun.wait(60)
            # When the error has long been on its way.
            threading.Timer(1.0, ended.set).start()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert not computed
    assert np.asarray(variable(lambda _: tf.ones(LARGE))).all(), "at once again"


@pytest.mark.skipif(not STATM.exists(), reason="the system does not say in this way")
def test_untouched_zeros_take_memory_when_written_to():
    before = resident()
    nothing = tf.Variable(lambda: untouched_zeros((16, 2**20)))
    assert resident() - before < 2**20
    assert float(nothing[15, 2**20 - 1]) == 0.0
    nothing.assign_add(tf.ones_like(nothing))
    assert np.asarray(nothing).all()


@pytest.mark.parametrize(("rests", "wanted"), [(True, "untouched_zeros"), (False, "zeros")])
def test_adam_takes_no_memory_for_kernels_that_may_never_learn(rests, wanted, monkeypatch):
    make, made = getattr(first_values, wanted), []
    monkeypatch.setattr(first_values, wanted, lambda *a, **k: made.append(0) or make(*a, **k))
    kernel = keras.Variable(np.ones(LARGE, np.float32))
    kernel.may_rest = rests
    optimizer = FusedAdam(1.0, beta_1=0.5)
    optimizer.build([kernel])
    assert len(made) == 2
    # If it learns after all: the first step is as long as the rate, whatever the gradient.
    optimizer.apply([tf.ones_like(kernel)], [kernel])
    np.testing.assert_allclose(np.asarray(kernel), 0.0, atol=1e-4)


def test_zeros():
    assert zeros((2, 3)).dtype == tf.float32
    assert not np.asarray(zeros((2, 3))).any()
