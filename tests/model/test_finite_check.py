import numpy as np
import pytest
import tensorflow as tf

from tf_cyclegan.config import Config
from tf_cyclegan.model import finite_check
from tf_cyclegan.model.cyclegan import NETWORKS, CycleGAN
from tf_cyclegan.model.finite_check import FiniteCheck


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_the_first_step_and_all_that_failed_in_it_are_remembered(bad):
    check = FiniteCheck(["a", "b", "c"])
    fine, broken = tf.constant([1.0, 2.0]), tf.constant([[0.0, bad]])
    check.note([fine, fine, fine])
    assert check.found() is None
    check.note([broken, fine, broken])
    check.note([fine, broken, fine])
    assert check.found() == (1, ["a", "c"])


@pytest.mark.parametrize("name", NETWORKS)
def test_a_gradient_that_is_not_finite_is_seen_though_the_losses_are(name, monkeypatch):
    model = CycleGAN(Config(image_size=32, filters=2))
    gradient = CycleGAN._gradient

    def broken(self, network, tape, loss):
        found = gradient(self, network, tape, loss)
        return [g if g is None else g * np.nan for g in found] if network == name else found

    monkeypatch.setattr(CycleGAN, "_gradient", broken)
    losses = model._train_step(*tf.zeros([2, 1, 32, 32, 3]))
    assert np.isfinite([float(loss) for loss in losses.values()]).all()
    assert model.finite_check.found() == (0, [name])
    networks = {each: getattr(model, each) for each in NETWORKS}
    assert finite_check.not_finite(networks) == [name]
