import json
from pathlib import Path

import numpy as np
import pytest

from helpers.generators import BOTH, brighter, darker, flat
from tf_cyclegan.config import Config
from tf_cyclegan.evaluation import summary
from tf_cyclegan.evaluation.evaluation_set import EvaluationSet
from tf_cyclegan.evaluation.frechet import frechet_distance
from tf_cyclegan.evaluation.summary import Evaluation

LEVELS = {"A": (40, 50, 70, 90), "B": (60, 80, 100, 140, 150)}


class MeanLevel:
    """One feature: a picture's mean."""

    weights = "none"

    def __call__(self, pictures):
        return np.array([[picture.mean()] for picture in pictures])


@pytest.fixture(scope="module")
def known():
    pictures = {domain: flat(*levels) for domain, levels in LEVELS.items()}
    return EvaluationSet(pictures, name="some greys")


def evaluate(known, features, directions=BOTH):
    generators = {"AtoB": brighter, "BtoA": darker}
    return summary.evaluate(generators, Config(image_size=32), known, directions, features)


def test_distances_are_between_translations_and_the_other_domain(known):
    found = evaluate(known, MeanLevel())
    a, b = (np.array(LEVELS[domain], float)[:, None] for domain in "AB")
    assert found.scores["AtoB"]["fid"] == pytest.approx(frechet_distance(a + 20, b))
    assert found.scores["BtoA"]["fid"] == pytest.approx(frechet_distance(b - 5, a))
    for direction in BOTH:
        assert found.untranslated[direction]["fid"] == pytest.approx(frechet_distance(a, b))
        assert found.scores[direction]["kid_error"] > 0
    assert found.untranslated["AtoB"]["kid"] > found.scores["AtoB"]["kid"]


def test_the_protocol_tells_what_the_scores_are_of(known):
    told = "\n".join(evaluate(known, MeanLevel()).protocol)
    assert "some greys, 4 of A and 5 of B, resized to 32x32 (bilinear)" in told
    assert "299x299 by Pillow's bicubic filter" in told
    assert "with the weights none" in told
    assert "100 subsets of 2" in told
    assert "FID of 4 pictures, fewer than its 2048 features, comes out too high" in told


def test_why_there_is_no_fid_is_told(known):
    found = evaluate(known, "no weights here", ["AtoB"])
    assert "FID and KID are left out: no weights here" in found.protocol
    assert list(found.scores) == list(found.untranslated) == ["AtoB"]
    assert not {"fid", "kid", "kid_error"} & set(found.scores["AtoB"])


def test_too_few_pictures_leave_fid_out():
    few = EvaluationSet({"A": flat(1, 2, 3), "B": flat(4, 5, 6, 7)})
    found = evaluate(few, MeanLevel())
    assert "FID and KID are left out: 3 pictures are too few" in found.protocol
    assert "fid" not in found.scores["AtoB"]


def test_pairs_are_told():
    pictures = {"A": flat(1, 2), "B": flat(4, 5)}
    targets = {"A": pictures["B"], "B": pictures["A"]}
    pairs = EvaluationSet(pictures, targets, paired_by="order")
    assert "Pairs are told by order." in evaluate(pairs, "left out").protocol


def test_every_score_has_a_label(known):
    paired = EvaluationSet(known.pictures, {d: known.pictures[d] for d in "AB"})
    found = evaluate(paired, MeanLevel())
    of_drawings = {"background_error", "silhouette_error", "coat_error", "stripes"}
    assert set(found.scores["AtoB"]) | of_drawings == set(summary.LABELS)


def test_the_table():
    scores = {"AtoB": {"ssim": 0.5, "l1": 3.14159}, "BtoA": {"l1": 10.0}}
    text = summary.table(Evaluation(scores, {"AtoB": {"l1": 2.0}}, ["as is"]))
    assert text.splitlines() == [
        "                                    A to B      B to A  A as it is",
        "L1 to the pair, of 255                3.14       10.00        2.00",
        "SSIM, higher is better               0.500",
    ]


def test_json_holds_everything_and_is_valid():
    evaluation = Evaluation({"AtoB": {"psnr": np.inf, "l1": 0.0}}, {}, ["as it is"])
    text = summary.to_json(evaluation, Path("runs/x/checkpoints/ckpt-5"))
    assert json.loads(text) == {
        "checkpoint": "runs/x/checkpoints/ckpt-5",
        "scores": {"AtoB": {"psnr": None, "l1": 0.0}},
        "untranslated": {},
        "protocol": ["as it is"],
    }
