import dataclasses

import numpy as np
import pytest

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


def test_photographs_are_compared_by_kid(monkeypatch):
    monkeypatch.setattr(judge, "InceptionFeatures", Features)
    judged = Judge(CONFIG, PICTURES, PICTURES).scores({"AtoB": same, "BtoA": same})
    assert judged["kid_AtoB"] == judged["kid_BtoA"] == judged["overall"]
    worse = Judge(CONFIG, PICTURES, PICTURES).scores({"AtoB": grey, "BtoA": same})
    assert worse["kid_AtoB"] > worse["kid_BtoA"] == judged["kid_BtoA"]
    mean = (worse["kid_AtoB"] + worse["kid_BtoA"]) / 2
    assert worse["overall"] == pytest.approx(mean)
    assert judged["cycle_error_AtoB"] == 0.0


def test_drawings_are_compared_with_the_truth(monkeypatch):
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


def test_without_weights_the_best_cannot_be_told(tmp_path):
    config = dataclasses.replace(CONFIG, inception_weights=str(tmp_path / "none.h5"))
    with pytest.raises(UserError, match=r"evaluate_every=2 needs them .*none\.h5: no such file"):
        Judge(config, PICTURES, OTHERS)
