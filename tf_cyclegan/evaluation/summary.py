"""All scores of a run with their protocol, as a table and as JSON."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from tf_cyclegan.config import Config
from tf_cyclegan.evaluation import frechet, inception, kernel_distance, scoring, sliced_wasserstein
from tf_cyclegan.evaluation.evaluation_set import EvaluationSet
from tf_cyclegan.evaluation.scoring import Generators, Scores


class Features(Protocol):
    """A feature extractor for FID and KID, such as `inception.InceptionFeatures`."""

    weights: str  # A description of its weights.

    def __call__(self, pictures: Iterable[np.ndarray]) -> np.ndarray:
        """uint8 pictures (height, width, channels) to floats (pictures, d)."""


# For each score its label in the table and its decimals. `labels` adds SWD's levels.
LABELS: Mapping[str, tuple[str, int]] = {
    "fid": ("FID, lower is better", 2),
    "kid": ("KID, lower is better", 4),
    "kid_error": ("  its standard error", 4),
    "swd": ("SWD, lower is better", 1),
    "cycle_error": ("cycle error, of 255", 2),
    "identity_error": ("identity error, of 255", 2),
    "unchanged": ("pixels unchanged, share", 3),
    "correlation": ("correlation with the input", 3),
    "l1": ("L1 to the pair, of 255", 2),
    "rmse": ("RMSE to the pair, of 255", 2),
    "psnr": ("PSNR, dB, higher is better", 2),
    "ssim": ("SSIM, higher is better", 3),
    "accuracy_5": ("pixels right within 5, share", 3),
    "accuracy_10": ("pixels right within 10, share", 3),
    "background_error": ("background error, of 255", 2),
    "silhouette_error": ("silhouette error, of 255", 2),
    "coat_error": ("coat's colours, error of 255", 2),
    "stripes": ("stripes: zebras 1, horses 0", 3),
}


@dataclass(frozen=True)
class Evaluation:
    """The scores of a run.

    Attributes:
      scores: by direction and name; `LABELS` has all names but those of SWD's levels.
      untranslated: the input's scores as its own translation.
      protocol: how the scores were computed, in sentences.
    """

    scores: Mapping[str, Scores]
    untranslated: Mapping[str, Scores]
    protocol: Sequence[str]


def evaluate(
    generators: Generators,
    config: Config,
    scored: EvaluationSet,
    directions: Sequence[str],
    features: Features | str,
) -> Evaluation:
    """Computes every score that the pictures allow.

    Args:
      generators: by direction.
      config: the run's settings.
      scored: the pictures.
      directions: which to score.
      features: for FID and KID, or why they are left out.

    Raises:
      UserError: as `scoring.score`.
    """
    scores = scoring.score(generators, config, scored, directions)
    untranslated = scoring.untranslated(config, scored, directions)
    fewest = min(map(len, scored.pictures.values()))
    if fewest < kernel_distance.MIN_PICTURES and not isinstance(features, str):
        features = f"{fewest} pictures are too few"
    protocol = _protocol(config, scored)
    protocol.append(_sliced_protocol(fewest, any("swd" in found for found in scores.values())))
    if isinstance(features, str):
        protocol.append(f"FID and KID are left out: {features}")
    else:
        protocol += _feature_protocol(features.weights, fewest)
        real = {d: features(scoring.as_shown(p, d, config)) for d, p in scored.pictures.items()}
        for direction in directions:
            source, target = direction.split("to")
            pictures, generator = scored.pictures[source], generators[direction]
            made = features(scoring.translations(generator, pictures, source, config))
            scores[direction] |= _distances(made, real[target])
            if direction in untranslated:
                untranslated[direction] |= _distances(real[source], real[target])
    return Evaluation(scores, untranslated, protocol)


def labels(names: Iterable[str]) -> dict[str, tuple[str, int]]:
    """Labels and decimals of these scores in the table's order: SWD's levels, finest first, too."""
    wanted = set(names)
    levels = sorted((int(name[4:]) for name in wanted if name.startswith("swd_")), reverse=True)
    found: dict[str, tuple[str, int]] = {}
    for name, entry in LABELS.items():
        found[name] = entry
        if name == "swd":
            found |= {f"swd_{size}": (f"  at {size} pixels", entry[1]) for size in levels}
    return {name: entry for name, entry in found.items() if name in wanted}


def _distances(features: np.ndarray, real: np.ndarray) -> Scores:
    kid = kernel_distance.kernel_distance(features, real)
    fid = frechet.frechet_distance(features, real)
    return {"fid": fid, "kid": kid.value, "kid_error": kid.error}


def _protocol(config: Config, scored: EvaluationSet) -> list[str]:
    a, b = (len(scored.pictures[domain]) for domain in "AB")
    size = f"resized to {config.image_size}x{config.image_size}"
    if config.preprocess in ("crop", "none"):
        size = "at their own sizes, rounded to what the networks accept"
    lines = [
        f"Pictures: {scored.name}, {a} of A and {b} of B, {size} ({config.interpolation}), 8 bits "
        f"a channel. Scores of single pictures are averaged.",
        "The columns 'as it is' score the input as if it were its own translation.",
    ]
    if scored.targets:
        lines.append(f"Pairs are matched by {scored.paired_by}.")
    return lines


def _sliced_protocol(fewest: int, computed: bool) -> str:
    if not computed:
        return (
            f"SWD is left out: it needs {sliced_wasserstein.MIN_PICTURES} pictures of each domain"
        )
    side, count = sliced_wasserstein.SIDE, sliced_wasserstein.descriptor_count(fewest)
    return (
        f"SWD: 1000 times the sliced Wasserstein distance between all translations and all real "
        f"pictures of the other domain: {count} neighbourhoods of {side}x{side} pixels in each "
        f"level of their Laplacian pyramids, normalized in each set, "
        f"{sliced_wasserstein.PROJECTIONS} projections. Levels are named by their shorter side in "
        f"the smallest picture. Biased upwards: compare equal numbers of pictures only."
    )


def _feature_protocol(weights: str, fewest: int) -> list[str]:
    lines = [
        f"FID and KID: all translations against all real pictures of the other domain, resized "
        f"from there to {inception.SIZE}x{inception.SIZE} by Pillow's bicubic filter; pooled "
        f"features of Inception-V3 with the weights {weights}. Compare them with one another, not "
        f"with published scores.",
        f"KID: the mean of {kernel_distance.SUBSETS} subsets of "
        f"{kernel_distance.subset_size(fewest)}, with its standard error.",
    ]
    if fewest < inception.FEATURES:
        lines.append(
            f"FID of {fewest} pictures, fewer than its {inception.FEATURES} features, is biased "
            f"upwards: compare equal numbers of pictures only, or use KID."
        )
    return lines


def table(evaluation: Evaluation) -> str:
    """A column of scores for each direction, and beside them the untranslated input's."""
    columns = {d.replace("to", " to "): s for d, s in evaluation.scores.items()}
    columns |= {f"{d.split('to')[0]} as it is": s for d, s in evaluation.untranslated.items()}
    lines = [" " * 30 + "".join(f"{heading:>12}" for heading in columns)]
    for name, (label, decimals) in labels(name for s in columns.values() for name in s).items():
        cells = [f"{s[name]:.{decimals}f}" if name in s else "" for s in columns.values()]
        lines.append(f"{label:30}" + "".join(f"{cell:>12}" for cell in cells).rstrip())
    return "\n".join(lines)


def to_json(evaluation: Evaluation, checkpoint: Path) -> str:
    """The scores, their protocol and the checkpoint as JSON; infinities become null."""
    whole = {"checkpoint": str(checkpoint)} | asdict(evaluation)
    for columns in ("scores", "untranslated"):
        for named in whole[columns].values():
            named |= {name: None for name, value in named.items() if not math.isfinite(value)}
    return json.dumps(whole, indent=2, allow_nan=False) + "\n"
