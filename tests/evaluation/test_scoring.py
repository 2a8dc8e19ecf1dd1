import dataclasses

import numpy as np
import pytest

from helpers.generators import BOTH, brighter, darker, flat
from helpers.pictures import make_picture
from tf_cyclegan import networks
from tf_cyclegan.config import Config
from tf_cyclegan.data import images
from tf_cyclegan.data.pictures import Pictures, Truth
from tf_cyclegan.data.sources.mini_horse2zebra import draw
from tf_cyclegan.evaluation import scoring
from tf_cyclegan.evaluation.evaluation_set import EvaluationSet
from tf_cyclegan.system.errors import UserError


@pytest.fixture
def config():
    return Config(image_size=32)


def test_means_by_hand(config):
    known = EvaluationSet({"A": flat(50, 60, 70), "B": flat(100, 246)})
    found = scoring.score({"AtoB": brighter, "BtoA": darker}, config, known, BOTH)
    # There and back adds 15. Of 246 only 9 levels are left to add on the way to 255.
    assert found["AtoB"]["cycle_error"] == pytest.approx(15)
    assert found["AtoB"]["identity_error"] == pytest.approx((20 + 9) / 2)
    assert found["AtoB"]["unchanged"] == 0.0
    assert found["BtoA"]["identity_error"] == pytest.approx(5)
    assert found["BtoA"]["unchanged"] == 1.0
    assert set(found["BtoA"]) == {"cycle_error", "identity_error", "unchanged", "correlation"}


def test_one_direction_is_scored_with_both_generators_and_with_one(config):
    known = EvaluationSet({"A": flat(50), "B": flat(100)})
    generators = {"AtoB": brighter, "BtoA": darker}
    found = scoring.score(generators, config, known, ["AtoB"])
    assert list(found) == ["AtoB"]
    assert "cycle_error" in found["AtoB"]
    assert "cycle_error" not in scoring.score({"AtoB": brighter}, config, known, ["AtoB"])["AtoB"]


def test_pairs_are_scored_in_the_networks_size(config):
    pictures = {"A": flat(50, 60, size=48), "B": flat(73, 85, size=40)}
    targets = {"A": pictures["B"], "B": pictures["A"]}
    known = EvaluationSet(pictures, targets)
    found = scoring.score({"AtoB": brighter, "BtoA": darker}, config, known, BOTH)
    assert found["AtoB"]["l1"] == pytest.approx((3 + 5) / 2)
    assert found["AtoB"]["accuracy_5"] == 0.5
    assert found["BtoA"]["l1"] == pytest.approx((18 + 20) / 2)


def test_pairs_of_different_sizes_are_named(config):
    own_sizes = dataclasses.replace(config, preprocess="none")
    pictures = {"A": flat(50, size=64), "B": flat(73, size=96)}
    known = EvaluationSet(pictures, {"A": pictures["B"]})
    with pytest.raises(UserError, match="50 of A and its pair 73 of B have different sizes"):
        scoring.score({"AtoB": brighter}, own_sizes, known, ["AtoB"])


def test_batches_give_what_single_pictures_give(config, monkeypatch):
    sizes = [(64, 64), (64, 64), (32, 64), (64, 64)]
    pictures = Pictures(tuple("abcd"), lambda i: make_picture(i, *sizes[i]))
    own_sizes = dataclasses.replace(config, preprocess="none")
    found = list(scoring.as_shown(pictures, "A", own_sizes))
    assert len(found) == 4
    for i, picture in enumerate(found):
        np.testing.assert_array_equal(picture, make_picture(i, *sizes[i]))
    shapes = [batch.shape[:3] for batch in scoring._batches(pictures, "A", own_sizes)]
    assert shapes == [(2, 64, 64), (1, 32, 64), (1, 64, 64)]
    monkeypatch.setattr(scoring, "_BATCH_PIXELS", 64 * 64)
    assert len(list(scoring._batches(pictures, "A", own_sizes))) == 4


def test_grey_and_colour_domains():
    config = Config(image_size=32, channels_y=1, identity_weight=0.0)
    known = EvaluationSet({"A": flat(50), "B": flat(100)}, {"A": flat(50), "B": flat(100)})

    def to_grey(batch, training):
        return batch[..., :1]

    def to_colour(batch, training):
        return np.repeat(batch, 3, axis=-1)

    found = scoring.score({"AtoB": to_grey, "BtoA": to_colour}, config, known, BOTH)
    assert found["AtoB"]["unchanged"] == found["BtoA"]["unchanged"] == 1.0
    assert found["AtoB"]["cycle_error"] == found["AtoB"]["l1"] == 0.0
    assert "identity_error" not in found["AtoB"]
    assert scoring.untranslated(config, known, BOTH) == {}


@pytest.fixture(scope="module")
def drawn():
    """Four scenes of each domain at 64 pixels, with their truth."""
    scenes = {d: [draw(f"test{d}", i, 64) for i in range(4)] for d in "AB"}

    def pictures(domain, name):
        return Pictures(tuple("0123"), lambda i: getattr(scenes[domain][i], name))

    def masks(domain):
        return Pictures(tuple("0123"), lambda i: scenes[domain][i].mask.repeat(3, axis=2))

    return EvaluationSet(
        {"A": pictures("A", "horse"), "B": pictures("B", "zebra")},
        truth={
            "A": Truth(pictures("A", "zebra"), masks("A")),
            "B": Truth(pictures("B", "horse"), masks("B")),
        },
    )


def test_drawings_are_scored_against_their_truth(drawn):
    config = Config()

    def perfect(domain):
        shown = [drawn.pictures[domain].read(i) for i in range(4)]
        true = [drawn.truth[domain].counterparts.read(i) for i in range(4)]
        known = {a.tobytes(): b for a, b in zip(shown, true, strict=True)}

        def generator(batch, training):
            made = [known.get(p.tobytes(), p) for p in images.to_uint8(batch)]
            return images.to_float(np.stack(made))

        return generator

    found = scoring.score({"AtoB": perfect("A"), "BtoA": perfect("B")}, config, drawn, BOTH)
    for direction in BOTH:
        for name in ("background_error", "silhouette_error", "coat_error", "identity_error"):
            assert found[direction][name] == 0.0
    assert found["AtoB"]["stripes"] > 0.85
    assert found["BtoA"]["stripes"] < 0.1

    kept = scoring.untranslated(config, drawn, BOTH)
    assert kept["AtoB"]["stripes"] < 0.1
    assert kept["BtoA"]["stripes"] > 0.85
    assert kept["AtoB"]["cycle_error"] == kept["AtoB"]["background_error"] == 0.0
    assert kept["AtoB"]["coat_error"] > 30


def test_truth_is_resized_as_the_pictures_are(drawn):
    config = Config(image_size=32)
    assert scoring.untranslated(config, drawn, BOTH)["AtoB"]["background_error"] == 0.0
    smooth = dataclasses.replace(config, interpolation="bicubic")
    assert scoring.untranslated(smooth, drawn, BOTH)["AtoB"]["background_error"] < 0.1


def test_an_untrained_network_draws_no_stripes(drawn):
    config = Config(filters=2)
    generators = {d: networks.build_generator(config, d, seed=0) for d in BOTH}
    found = scoring.score(generators, config, drawn, BOTH)
    for direction in BOTH:
        assert found[direction]["stripes"] < 0.05
        assert found[direction]["background_error"] > 20
        assert found[direction]["unchanged"] < 0.05
