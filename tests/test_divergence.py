import numpy as np
import pytest
import tensorflow as tf
from conftest import make_picture

from tf_cyclegan import divergence
from tf_cyclegan.config import Config
from tf_cyclegan.cyclegan import NETWORKS, CycleGAN
from tf_cyclegan.divergence import FiniteCheck
from tf_cyclegan.monitoring import scalars


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
    assert divergence.not_finite(networks) == [name]


def rows(steps, **losses):
    return [{"step": s, "discriminator_x": 0.5, "discriminator_y": 0.5} | losses for s in steps]


def test_a_discriminator_that_has_won():
    bce = scalars.chance_level("bce")
    assert bce == pytest.approx(0.693147, abs=1e-6)
    early, late = range(200, 1001, 200), range(1200, 2001, 200)
    won = {"discriminator_y": 0.034}
    assert divergence.winner(rows(early) + rows(late, **won), bce) == "discriminator_y"
    assert divergence.winner(rows(late, discriminator_x=0.0), bce) == "discriminator_x"
    assert divergence.winner(rows([5000], **won), bce) == "discriminator_y", "one long epoch"


def test_a_discriminator_that_has_not():
    bce = scalars.chance_level("bce")
    won = {"discriminator_y": 0.01}
    assert divergence.winner([], bce) is None
    assert divergence.winner(rows([200, 400], **won), bce) is None, "not for long yet"
    assert divergence.winner(rows([1000]) + rows([1500, 1900], **won), bce) is None
    assert divergence.winner(rows([2000], discriminator_y=0.036), bce) is None
    assert divergence.winner(rows([2000], **won), scalars.chance_level("wgan_gp")) is None


def test_negatives_are_told_from_translations():
    pictures = [make_picture(i) for i in range(4)]
    negatives = [255 - picture for picture in pictures]
    recoloured = [picture[..., ::-1] for picture in pictures]
    assert divergence.is_inverted(pictures, negatives)
    assert divergence.is_inverted(pictures, [n // 2 for n in negatives])
    assert not divergence.is_inverted(pictures, pictures)
    assert not divergence.is_inverted(pictures, recoloured)
    assert not divergence.is_inverted(pictures, [np.full_like(p, 7) for p in pictures])
    assert not divergence.is_inverted([], [])
