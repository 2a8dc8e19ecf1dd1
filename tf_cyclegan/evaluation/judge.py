"""Scoring a run while it trains, down to one number that says which epoch was the best."""

from pathlib import Path

import numpy as np

from tf_cyclegan.config import Config
from tf_cyclegan.data import sources
from tf_cyclegan.data.pictures import Pictures
from tf_cyclegan.evaluation import kernel_distance, scoring
from tf_cyclegan.evaluation.evaluation_set import EvaluationSet
from tf_cyclegan.evaluation.inception import InceptionFeatures
from tf_cyclegan.evaluation.scoring import Generators, Scores
from tf_cyclegan.system.errors import UserError

_DIRECTIONS = ("AtoB", "BtoA")


class Judge:
    """Scores the generators on test pictures.

    Args:
      config: the run's settings.
      test_x, test_y: the test pictures of both domains.

    Raises:
      UserError: there are too few test pictures, or no Inception weights where they are needed.
    """

    def __init__(self, config: Config, test_x: Pictures, test_y: Pictures):
        where = f"evaluate_every={config.evaluate_every}"
        if min(len(test_x), len(test_y)) < kernel_distance.MIN_PICTURES:
            raise UserError(
                f"{where} scores test pictures, and {config.dataset} has {len(test_x)} of A and "
                f"{len(test_y)} of B: put in at least {kernel_distance.MIN_PICTURES}, or leave "
                f"it out"
            )
        pictures = {"A": test_x, "B": test_y}
        truth = {
            domain: sources.load_truth(
                config.dataset,
                f"test{domain}",
                image_size=config.image_size,
                data_dir=config.data_dir,
            )
            for domain in "AB"
        }
        known = {domain: each for domain, each in truth.items() if each is not None}
        self._scored = EvaluationSet(pictures, truth=known)
        self._config = config
        self._features: InceptionFeatures | None = None
        if not known:
            weights = config.inception_weights
            try:
                self._features = InceptionFeatures(Path(weights) if weights else None)
            except UserError as error:
                raise UserError(
                    f"{where} needs them to tell which epoch is best: {error}"
                ) from error
            self._real = {
                domain: self._features(scoring.as_shown(each, domain, config))
                for domain, each in pictures.items()
            }

    def scores(self, generators: Generators) -> Scores:
        """Every score, as `NAME_DIRECTION`, and `overall`, by which epochs are compared.

        That is, for drawings, the mean over both directions of background_error plus coat_error, in
        levels of 0 to 255; for all else the mean of both KIDs. Lower is better.
        """
        found = scoring.score(generators, self._config, self._scored, _DIRECTIONS)
        for direction, scores in found.items():
            if self._features is not None:
                scores["kid"] = self._kernel_distance(generators, direction)
        overall = [
            scores["kid"] if "kid" in scores else scores["background_error"] + scores["coat_error"]
            for scores in found.values()
        ]
        named = {f"{n}_{d}": value for d, scores in found.items() for n, value in scores.items()}
        return {"overall": float(np.mean(overall))} | named

    def _kernel_distance(self, generators: Generators, direction: str) -> float:
        assert self._features is not None
        source, target = direction.split("to")
        made = scoring.translations(
            generators[direction], self._scored.pictures[source], source, self._config
        )
        return kernel_distance.kernel_distance(self._features(made), self._real[target]).value
