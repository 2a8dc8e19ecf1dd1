import dataclasses

import numpy as np
import pytest

from helpers.generators import BOTH, GENERATORS, brighter, flat
from helpers.pictures import make_picture
from tf_cyclegan import networks
from tf_cyclegan.config import Config
from tf_cyclegan.data import images
from tf_cyclegan.data.pictures import Pictures, Truth
from tf_cyclegan.data.sources.mini_horse2zebra import draw
from tf_cyclegan.evaluation import scoring, sliced_wasserstein
from tf_cyclegan.evaluation.evaluation_set import EvaluationSet
from tf_cyclegan.system.errors import UserError

CONFIG = Config(image_size=32)
OWN_SIZES = dataclasses.replace(CONFIG, preprocess="none")


def test_means_by_hand():
    known = EvaluationSet({"A": flat(50, 60, 70), "B": flat(100, 246)})
    found = scoring.score(GENERATORS, CONFIG, known, BOTH)
    # There and back adds 15. Only 9 levels above 246 are left for the identity error.
    assert found["AtoB"]["cycle_error"] == pytest.approx(15)
    assert found["AtoB"]["identity_error"] == pytest.approx((20 + 9) / 2)
    assert found["AtoB"]["unchanged"] == 0.0
    assert found["BtoA"]["identity_error"] == pytest.approx(5)
    assert found["BtoA"]["unchanged"] == 1.0
    assert set(found["BtoA"]) == {"cycle_error", "identity_error", "unchanged", "correlation"}


def test_the_cycle_error_needs_both_generators():
    known = EvaluationSet({"A": flat(50), "B": flat(100)})
    for generators in (GENERATORS, {"AtoB": brighter}):
        found = scoring.score(generators, CONFIG, known, ["AtoB"])
        assert list(found) == ["AtoB"]
        assert ("cycle_error" in found["AtoB"]) is (len(generators) == 2)


def test_pairs_are_scored_at_the_networks_size():
    pictures = {"A": flat(50, 60, size=48), "B": flat(73, 85, size=40)}
    known = EvaluationSet(pictures, {"A": pictures["B"], "B": pictures["A"]})
    found = scoring.score(GENERATORS, CONFIG, known, BOTH)
    assert found["AtoB"]["l1"] == pytest.approx((3 + 5) / 2)
    assert found["AtoB"]["accuracy_5"] == 0.5
    assert found["BtoA"]["l1"] == pytest.approx((18 + 20) / 2)


def test_pairs_of_different_sizes_are_refused():
    pictures = {"A": flat(50, size=64), "B": flat(73, size=96)}
    known = EvaluationSet(pictures, {"A": pictures["B"]})
    with pytest.raises(UserError, match="50 of A and its pair 73 of B differ in size"):
        scoring.score({"AtoB": brighter}, OWN_SIZES, known, ["AtoB"])


def photographs(first, *sizes):
    names = tuple(map(str, range(len(sizes))))
    return Pictures(names, lambda i: make_picture(first + i, *sizes[i]))


def test_swd_is_between_translations_and_the_other_domain():
    a, b = photographs(0, *[(32, 32)] * 4), photographs(9, *[(32, 32)] * 6)
    found = scoring.score(GENERATORS, CONFIG, EvaluationSet({"A": a, "B": b}), BOTH)
    for direction, sources, targets in (("AtoB", a, b), ("BtoA", b, a)):
        sets = []
        for pictures, change in ((sources, {"AtoB": 20, "BtoA": -5}[direction]), (targets, 0)):
            # 128 from each picture of the smaller domain.
            collected = sliced_wasserstein.Descriptors(len(pictures), 4 * 128, 2)
            for i in range(len(pictures)):
                changed = np.clip(pictures.read(i).astype(int) + change, 0, 255)
                collected.add(changed.astype(np.uint8))
            sets.append(collected)
        expected = sliced_wasserstein.scores(*sets, (32, 16))
        assert {name: found[direction][name] for name in expected} == pytest.approx(expected)
        assert expected["swd"] > 50
    same = scoring.untranslated(CONFIG, EvaluationSet({"A": a, "B": a}), BOTH)
    assert same["AtoB"]["swd"] == same["BtoA"]["swd"] == 0.0


def test_swd_has_the_levels_of_the_smallest_picture():
    a, b = photographs(0, *[(96, 64)] * 4), photographs(9, *[(64, 96)] * 3, (96, 32))
    known = EvaluationSet({"A": a, "B": b})
    assert scoring.level_sizes(OWN_SIZES, known) == (32, 16)
    assert scoring.level_sizes(Config(image_size=128), known) == (128, 64, 32, 16)
    found = scoring.score(GENERATORS, OWN_SIZES, known, ["AtoB"])["AtoB"]
    assert [name for name in found if "swd" in name] == ["swd", "swd_32", "swd_16"]


def test_few_pictures_have_no_swd():
    a, few = photographs(0, *[(32, 32)] * 4), photographs(9, *[(32, 32)] * 3)
    assert scoring.level_sizes(CONFIG, EvaluationSet({"A": a, "B": few})) == ()


def test_batches_hold_consecutive_pictures_of_equal_size(monkeypatch):
    sizes = [(64, 64), (64, 64), (32, 64), (64, 64)]
    pictures = Pictures(tuple("abcd"), lambda i: make_picture(i, *sizes[i]))
    found = list(scoring.as_shown(pictures, "A", OWN_SIZES))
    assert len(found) == 4
    for i, picture in enumerate(found):
        np.testing.assert_array_equal(picture, make_picture(i, *sizes[i]))
    shapes = [batch.shape[:3] for batch in scoring._batches(pictures, "A", OWN_SIZES)]
    assert shapes == [(2, 64, 64), (1, 32, 64), (1, 64, 64)]
    monkeypatch.setattr(scoring, "_MAX_BATCH_PIXELS", 64 * 64)
    assert len(list(scoring._batches(pictures, "A", OWN_SIZES))) == 4


def test_grey_and_colour_domains():
    config = Config(image_size=32, channels_y=1, identity_weight=0.0, attention_mask=False)
    known = EvaluationSet({"A": flat(50), "B": flat(100)}, {"A": flat(50), "B": flat(100)})
    generators = {
        "AtoB": lambda batch, training: batch[..., :1],
        "BtoA": lambda batch, training: np.repeat(batch, 3, axis=-1),
    }
    found = scoring.score(generators, config, known, BOTH)
    assert found["AtoB"]["unchanged"] == found["BtoA"]["unchanged"] == 1.0
    assert found["AtoB"]["cycle_error"] == found["AtoB"]["l1"] == 0.0
    assert "identity_error" not in found["AtoB"]
    assert scoring.untranslated(config, known, BOTH) == {}


@pytest.fixture(scope="module")
def drawings():
    """Four scenes of each domain at 64 pixels, with their ground truth."""
    scenes = {d: [draw(f"test{d}", i, 64) for i in range(4)] for d in "AB"}

    def pictures(domain, name):
        return Pictures(tuple("0123"), lambda i: getattr(scenes[domain][i], name))

    animals = {"A": ("horse", "zebra"), "B": ("zebra", "horse")}
    return EvaluationSet(
        {d: pictures(d, animal) for d, (animal, _) in animals.items()},
        truth={
            d: Truth(pictures(d, other), pictures(d, "mask")) for d, (_, other) in animals.items()
        },
    )


def test_drawings_are_scored_against_their_truth(drawings):
    def perfect(domain):
        shown, true = drawings.pictures[domain], drawings.truth[domain].counterparts
        known = {shown.read(i).tobytes(): true.read(i) for i in range(4)}

        def generator(batch, training):
            made = [known.get(p.tobytes(), p) for p in images.to_uint8(batch)]
            return images.to_float(np.stack(made))

        return generator

    generators = {"AtoB": perfect("A"), "BtoA": perfect("B")}
    found = scoring.score(generators, Config(), drawings, BOTH)
    for direction in BOTH:
        for name in ("background_error", "silhouette_error", "coat_error", "identity_error"):
            assert found[direction][name] == 0.0
    assert found["AtoB"]["stripes"] > 0.85
    assert found["BtoA"]["stripes"] < 0.1

    copied = scoring.untranslated(Config(), drawings, BOTH)
    assert copied["AtoB"]["stripes"] < 0.1
    assert copied["BtoA"]["stripes"] > 0.85
    assert copied["AtoB"]["cycle_error"] == copied["AtoB"]["background_error"] == 0.0
    assert copied["AtoB"]["coat_error"] > 30


@pytest.mark.parametrize(("interpolation", "error"), [("bilinear", 1e-9), ("bicubic", 0.1)])
def test_truth_is_resized_like_the_pictures(drawings, interpolation, error):
    config = dataclasses.replace(CONFIG, interpolation=interpolation)
    assert scoring.untranslated(config, drawings, BOTH)["AtoB"]["background_error"] < error


def test_an_untrained_network_draws_no_stripes(drawings):
    config = Config(filters=2, attention_mask=False)
    generators = {d: networks.build_generator(config, d, seed=0) for d in BOTH}
    found = scoring.score(generators, config, drawings, BOTH)
    for direction in BOTH:
        assert found[direction]["stripes"] < 0.05
        assert found[direction]["background_error"] > 20
        assert found[direction]["unchanged"] < 0.05
