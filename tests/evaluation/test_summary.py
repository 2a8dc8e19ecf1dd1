import json
from pathlib import Path

import numpy as np
import pytest

from helpers.generators import BOTH, GENERATORS, flat
from tf_cyclegan.config import Config
from tf_cyclegan.evaluation import summary
from tf_cyclegan.evaluation.evaluation_set import EvaluationSet
from tf_cyclegan.evaluation.frechet import frechet_distance
from tf_cyclegan.evaluation.summary import Evaluation

LEVELS = {"A": (40, 50, 70, 90), "B": (60, 80, 100, 140, 150)}
PICTURES = {domain: flat(*levels) for domain, levels in LEVELS.items()}
GREYS = EvaluationSet(PICTURES, name="some greys")


class MeanLevel:
    """One feature: a picture's mean."""

    weights = "none"

    def __call__(self, pictures):
        return np.array([[picture.mean()] for picture in pictures])


def evaluate(known, features, directions=BOTH):
    return summary.evaluate(GENERATORS, Config(image_size=32), known, directions, features)


def test_distances_are_between_translations_and_the_other_domain():
    found = evaluate(GREYS, MeanLevel())
    a, b = (np.array(LEVELS[domain], float)[:, None] for domain in "AB")
    assert found.scores["AtoB"]["fid"] == pytest.approx(frechet_distance(a + 20, b))
    assert found.scores["BtoA"]["fid"] == pytest.approx(frechet_distance(b - 5, a))
    for direction in BOTH:
        assert found.untranslated[direction]["fid"] == pytest.approx(frechet_distance(a, b))
        assert found.scores[direction]["kid_error"] > 0
    assert found.untranslated["AtoB"]["kid"] > found.scores["AtoB"]["kid"]


def test_the_protocol_says_how_scores_were_computed():
    protocol = "\n".join(evaluate(GREYS, MeanLevel()).protocol)
    for words in (
        "some greys, 4 of A and 5 of B, resized to 32x32 (bilinear)",
        "299x299 by Pillow's bicubic filter",
        "with the weights none",
        "100 subsets of 2",
        "FID of 4 pictures, fewer than its 2048 features, is biased upwards",
        "other domain: 512 neighbourhoods of 7x7 pixels in each level",
    ):
        assert words in protocol


def test_the_protocol_says_why_swd_is_left_out():
    pictures = flat(*range(3))
    config = Config(image_size=32)
    known = EvaluationSet({"A": pictures, "B": pictures})
    found = summary.evaluate(GENERATORS, config, known, BOTH, "none")
    reason = "SWD is left out: it needs 4 pictures of each domain"
    assert reason in found.protocol
    assert "swd" not in found.scores["AtoB"]


@pytest.mark.parametrize(
    ("known", "features", "reason"),
    [
        (GREYS, "no weights here", "no weights here"),
        (EvaluationSet({"A": flat(1, 2, 3), "B": flat(4, 5, 6, 7)}), MeanLevel(), "3 pictures are"),
    ],
)
def test_the_protocol_says_why_fid_is_left_out(known, features, reason):
    found = evaluate(known, features, ["AtoB"])
    assert f"FID and KID are left out: {reason}" in "\n".join(found.protocol)
    assert list(found.scores) == list(found.untranslated) == ["AtoB"]
    assert not {"fid", "kid", "kid_error"} & set(found.scores["AtoB"])


def test_every_score_has_a_label_and_pairs_are_in_the_protocol():
    found = evaluate(EvaluationSet(PICTURES, PICTURES, paired_by="order"), MeanLevel())
    of_drawings = {"background_error", "silhouette_error", "coat_error", "stripes"}
    levels = {"swd_32", "swd_16"}
    assert set(found.scores["AtoB"]) | of_drawings == set(summary.LABELS) | levels
    assert set(summary.labels(found.scores["AtoB"])) == set(found.scores["AtoB"])
    assert "Pairs are matched by order." in found.protocol


def test_the_table():
    scores = {"AtoB": {"ssim": 0.5, "l1": 3.14159}, "BtoA": {"l1": 10.0}}
    text = summary.table(Evaluation(scores, {"AtoB": {"l1": 2.0}}, []))
    assert text.splitlines() == [
        "                                    A to B      B to A  A as it is",
        "L1 to the pair, of 255                3.14       10.00        2.00",
        "SSIM, higher is better               0.500",
    ]


def test_the_levels_of_swd_are_rows_from_fine_to_coarse():
    scores = {"AtoB": {"swd_16": 1.0, "l1": 4.0, "swd_128": 3.0, "swd_64": 2.0, "swd": 2.0}}
    assert summary.table(Evaluation(scores, {}, [])).splitlines() == [
        "                                    A to B",
        "SWD, lower is better                   2.0",
        "  at 128 pixels                        3.0",
        "  at 64 pixels                         2.0",
        "  at 16 pixels                         1.0",
        "L1 to the pair, of 255                4.00",
    ]


def test_json_is_valid_and_complete():
    evaluation = Evaluation({"AtoB": {"psnr": np.inf, "l1": 0.0}}, {}, ["a line"])
    assert json.loads(summary.to_json(evaluation, Path("checkpoints/ckpt-5"))) == {
        "checkpoint": "checkpoints/ckpt-5",
        "scores": {"AtoB": {"psnr": None, "l1": 0.0}},
        "untranslated": {},
        "protocol": ["a line"],
    }
