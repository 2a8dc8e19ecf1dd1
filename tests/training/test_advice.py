"""Failures that the losses hide: recognised, and told once with the remedy."""

import numpy as np
import pytest

from helpers.pictures import make_picture
from tf_cyclegan.monitoring import scalars
from tf_cyclegan.monitoring.samples import Translations
from tf_cyclegan.training.advice import Advice, is_inverted, winner


def translated(by):
    shown = [[picture, by(picture), picture] for picture in map(make_picture, range(2))]
    return Translations(shown, shown)


def look(epochs, by, **losses):
    """What is told of so many epochs of 500 steps."""
    told, history = [], []
    advice = Advice(told.append, "lsgan")
    for epoch in range(1, epochs + 1):
        history += rows([500 * epoch], **losses)
        advice.look(history, translated(by))
    return told


def test_each_trouble_is_told_once_with_the_remedy():
    lines = look(3, lambda picture: 255 - picture, discriminator_y=0.01)
    assert len(lines) == 3
    for line, start, remedy in zip(
        sorted(lines),
        (
            "discriminator_y has separated",
            "the translations AtoB have",
            "the translations BtoA have",
        ),
        ("pool_size=50", "another seed", "identity_weight"),
        strict=True,
    ):
        assert line.startswith(f"Warning: {start}")
        assert remedy in line


def test_nothing_is_told_of_a_run_that_goes_well():
    assert look(3, lambda picture: picture // 2) == []


def rows(steps, **losses):
    return [{"step": s, "discriminator_x": 0.5, "discriminator_y": 0.5} | losses for s in steps]


def test_a_discriminator_that_has_won():
    bce = scalars.chance_level("bce")
    assert bce == pytest.approx(0.693147, abs=1e-6)
    early, late = range(200, 1001, 200), range(1200, 2001, 200)
    won = {"discriminator_y": 0.034}
    assert winner(rows(early) + rows(late, **won), bce) == "discriminator_y"
    assert winner(rows(late, discriminator_x=0.0), bce) == "discriminator_x"
    assert winner(rows([5000], **won), bce) == "discriminator_y", "one long epoch"


def test_a_discriminator_that_has_not():
    bce = scalars.chance_level("bce")
    won = {"discriminator_y": 0.01}
    assert winner([], bce) is None
    assert winner(rows([200, 400], **won), bce) is None, "not for long yet"
    assert winner(rows([1000]) + rows([1500, 1900], **won), bce) is None
    assert winner(rows([2000], discriminator_y=0.036), bce) is None
    assert winner(rows([2000], **won), scalars.chance_level("wgan_gp")) is None


def test_negatives_are_told_from_translations():
    pictures = [make_picture(i) for i in range(4)]
    negatives = [255 - picture for picture in pictures]
    recoloured = [picture[..., ::-1] for picture in pictures]
    assert is_inverted(pictures, negatives)
    assert is_inverted(pictures, [n // 2 for n in negatives])
    assert not is_inverted(pictures, pictures)
    assert not is_inverted(pictures, recoloured)
    assert not is_inverted(pictures, [np.full_like(p, 7) for p in pictures])
    assert not is_inverted([], [])
