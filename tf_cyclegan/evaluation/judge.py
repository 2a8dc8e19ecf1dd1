"""Scoring a run while it trains, down to one number that says which epoch was the best."""

from pathlib import Path

import numpy as np

from tf_cyclegan.config import Config
from tf_cyclegan.data.pictures import Pictures
from tf_cyclegan.evaluation import evaluation_set, kernel_distance, scoring, sliced_wasserstein
from tf_cyclegan.evaluation.inception import InceptionFeatures
from tf_cyclegan.evaluation.scoring import Generators, Scores
from tf_cyclegan.system.errors import UserError

_DIRECTIONS = ("AtoB", "BtoA")
_MIN_PICTURES = max(kernel_distance.MIN_PICTURES, sliced_wasserstein.MIN_PICTURES)


class Judge:
    """Scores the generators on test pictures.

    Inception-V3's features are computed only with weights that the user names.

    Args:
      config: the run's settings.
      test_x, test_y: the test pictures of both domains.

    Raises:
      UserError: there are too few test pictures, or `inception_weights` cannot be used.
    """

    def __init__(self, config: Config, test_x: Pictures, test_y: Pictures):
        if min(len(test_x), len(test_y)) < _MIN_PICTURES:
            raise UserError(
                f"evaluate_every={config.evaluate_every} scores test pictures, and "
                f"{config.dataset} has {len(test_x)} of A and {len(test_y)} of B: put in at least "
                f"{_MIN_PICTURES}, or leave it out"
            )
        self._config = config
        self._scored = evaluation_set.of({"A": test_x, "B": test_y}, config, "test", config.dataset)
        self._features: InceptionFeatures | None = None
        if self._scored.truth or self._scored.targets:
            return
        if config.inception_weights:
            self._features = _features(config.inception_weights)
            self._real = {
                domain: self._features(scoring.as_shown(each, domain, config))
                for domain, each in self._scored.pictures.items()
            }

    def scores(self, generators: Generators) -> Scores:
        """Every score, as `NAME_DIRECTION`, and `overall`, by which epochs are compared.

        That is the mean over both directions, lower is better, of

        - for drawings, background_error plus coat_error, in levels of 0 to 255;
        - for pictures whose true translations are known, l1, in levels of 0 to 255;
        - for all else kid where `inception_weights` is set, and swd where it is not.
        """
        found = scoring.score(generators, self._config, self._scored, _DIRECTIONS)
        if self._features is not None:
            for direction, scores in found.items():
                scores["kid"] = self._kernel_distance(generators, direction)
        overall = float(np.mean([_overall(scores) for scores in found.values()]))
        named = {f"{n}_{d}": value for d, scores in found.items() for n, value in scores.items()}
        return {"overall": overall} | named

    def _kernel_distance(self, generators: Generators, direction: str) -> float:
        assert self._features is not None
        source, target = direction.split("to")
        made = scoring.translations(
            generators[direction], self._scored.pictures[source], source, self._config
        )
        return kernel_distance.kernel_distance(self._features(made), self._real[target]).value


def _features(weights: str) -> InceptionFeatures:
    try:
        return InceptionFeatures(Path(weights))
    except UserError as error:
        raise UserError(f"{error}, or leave it out: epochs are then compared by SWD") from error


def _overall(scores: Scores) -> float:
    if "coat_error" in scores:
        return scores["background_error"] + scores["coat_error"]
    return next(scores[name] for name in ("l1", "kid", "swd") if name in scores)
