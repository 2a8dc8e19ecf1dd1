import dataclasses

import numpy as np
import pytest

from helpers.generators import GENERATORS, flat
from helpers.pictures import make_picture
from tf_cyclegan.config import Config
from tf_cyclegan.data import sources
from tf_cyclegan.data.pictures import Pictures, Truth
from tf_cyclegan.evaluation import judge
from tf_cyclegan.evaluation.judge import Judge
from tf_cyclegan.system.errors import UserError

CONFIG = Config(dataset="photos", image_size=32, evaluate_every=2)
PICTURES = Pictures(tuple(map(str, range(4))), lambda i: make_picture(i, 32, 32))
OTHERS = Pictures(tuple(map(str, range(4))), lambda i: make_picture(10 + i, 32, 32))


class Features:
    """What Inception-V3 would give, but three numbers and at once."""

    def __init__(self, weights):
        self.weights = weights

    def __call__(self, pictures):
        return np.stack([picture.mean(axis=(0, 1)) / 255 for picture in pictures])


def same(batch, training):
    assert not training
    return batch


def grey(batch, training):
    return batch * 0


@pytest.fixture
def no_network(monkeypatch):
    monkeypatch.setattr(judge, "InceptionFeatures", None)


def test_photographs_are_compared_by_kid_where_weights_are_given(monkeypatch):
    monkeypatch.setattr(judge, "InceptionFeatures", Features)
    config = dataclasses.replace(CONFIG, inception_weights="weights.h5")
    judged = Judge(config, PICTURES, PICTURES).scores({"AtoB": same, "BtoA": same})
    assert judged["kid_AtoB"] == judged["kid_BtoA"] == judged["overall"]
    worse = Judge(config, PICTURES, PICTURES).scores({"AtoB": grey, "BtoA": same})
    assert worse["kid_AtoB"] > worse["kid_BtoA"] == judged["kid_BtoA"]
    mean = (worse["kid_AtoB"] + worse["kid_BtoA"]) / 2
    assert worse["overall"] == pytest.approx(mean)
    assert judged["cycle_error_AtoB"] == judged["swd_AtoB"] == 0.0


def test_photographs_are_compared_by_swd_without_weights(no_network):
    judged = Judge(CONFIG, PICTURES, PICTURES).scores({"AtoB": same, "BtoA": same})
    assert judged["overall"] == 0.0
    worse = Judge(CONFIG, PICTURES, OTHERS).scores({"AtoB": grey, "BtoA": same})
    assert worse["swd_AtoB"] > worse["swd_BtoA"] > 0
    assert worse["overall"] == pytest.approx((worse["swd_AtoB"] + worse["swd_BtoA"]) / 2)
    levels = (worse["swd_32_AtoB"] + worse["swd_16_AtoB"]) / 2
    assert worse["swd_AtoB"] == pytest.approx(levels)
    assert not [name for name in worse if name.startswith(("kid", "l1"))]


@pytest.mark.parametrize("weights", [None, "unused.h5"])
def test_the_earth_is_compared_with_the_other_picture_of_a_place(no_network, weights):
    config = dataclasses.replace(CONFIG, dataset="earth", inception_weights=weights)
    judged = Judge(config, PICTURES, PICTURES).scores({"AtoB": same, "BtoA": same})
    assert judged["overall"] == judged["l1_AtoB"] == 0.0
    a, b = flat(10, 20, 30, 40), flat(35, 45, 55, 77)
    found = Judge(config, a, b).scores(GENERATORS)
    # 20 levels brighter, 5 and 17 are missing; 5 darker, 20 and 32 are left.
    assert found["l1_AtoB"] == pytest.approx((3 * 5 + 17) / 4)
    assert found["l1_BtoA"] == pytest.approx((3 * 20 + 32) / 4)
    assert found["overall"] == pytest.approx(15.5)


def test_drawings_are_compared_with_the_truth(no_network, monkeypatch):
    mask = np.zeros((32, 32, 1), np.uint8)
    mask[8:24, 8:24] = 255
    masks = Pictures(PICTURES.names, lambda i: np.repeat(mask, 3, axis=2))
    truths = {"testA": Truth(PICTURES, masks), "testB": Truth(OTHERS, masks)}
    monkeypatch.setattr(sources, "load_truth", lambda dataset, split, **_: truths[split])
    found = Judge(CONFIG, PICTURES, OTHERS).scores({"AtoB": same, "BtoA": grey})
    assert found["background_error_AtoB"] == found["coat_error_AtoB"] == 0.0
    grey_errors = found["background_error_BtoA"] + found["coat_error_BtoA"]
    assert grey_errors > 20
    assert found["overall"] == pytest.approx(grey_errors / 2)


def test_without_test_pictures_there_is_nothing_to_score():
    with pytest.raises(UserError, match="evaluate_every=2 scores test pictures, and photos has"):
        Judge(CONFIG, PICTURES, PICTURES.first(0))


def test_weights_that_cannot_be_used_are_refused(tmp_path):
    config = dataclasses.replace(CONFIG, inception_weights=str(tmp_path / "none.h5"))
    message = r"none\.h5: no such file; .*, or leave it out: epochs are then compared by SWD$"
    with pytest.raises(UserError, match=message):
        Judge(config, PICTURES, OTHERS)
