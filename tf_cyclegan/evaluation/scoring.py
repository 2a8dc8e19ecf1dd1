"""The scores that need nothing but the generators and test pictures: seconds for `mini`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from tf_cyclegan.config import Config
from tf_cyclegan.data import images
from tf_cyclegan.data.pictures import Pictures
from tf_cyclegan.data.preprocessing import for_translation
from tf_cyclegan.evaluation import copying, mini_truth, paired
from tf_cyclegan.evaluation.differences import absolute_error
from tf_cyclegan.evaluation.evaluation_set import EvaluationSet
from tf_cyclegan.system.errors import UserError

# A Keras model: float (batch, height, width, channels) in [-1, 1] to the same.
Generator = Callable[..., Any]
# By the direction, AtoB or BtoA.
Generators = Mapping[str, Generator]
Scores = dict[str, float]

# So many pixels go through a generator at once.
_BATCH_PIXELS = 2**18


def score(
    generators: Generators, config: Config, scored: EvaluationSet, directions: Sequence[str]
) -> dict[str, Scores]:
    """Means over test pictures, by direction and by name.

    Everything is computed in the size in which the networks translate, on 8 bits a channel, which
    is what gets saved. Which scores there are follows from what is known:

    - always `unchanged` and `correlation` (`copying`);
    - `identity_error`, of pictures that are in the target domain already, where both domains have
      the same channels; `cycle_error` where there is a generator for the way back: mean absolute
      differences in levels of 0 to 255;
    - those of `paired`, where the test set has targets;
    - those of `mini_truth`, where it has a truth.

    Args:
      generators: by direction; for `cycle_error` that of the other direction is needed.
      config: the run's settings.
      scored: the pictures.
      directions: which to score.

    Raises:
      UserError: a picture cannot be read, or has another size than its target.
    """
    return {direction: _score(direction, generators, config, scored) for direction in directions}


def untranslated(
    config: Config, scored: EvaluationSet, directions: Sequence[str]
) -> dict[str, Scores]:
    """`score` of generators that do nothing, to compare with; none where channels differ."""
    if config.channels_x != config.channels_y:
        return {}
    return score(dict.fromkeys(("AtoB", "BtoA"), _unchanged), config, scored, directions)


def translations(
    generator: Generator, pictures: Pictures, domain: str, config: Config
) -> Iterator[np.ndarray]:
    """The translations of pictures of a domain, uint8 (height, width, channels), one by one."""
    for batch in _batches(pictures, domain, config):
        yield from images.to_uint8(generator(batch, training=False))


def as_shown(pictures: Pictures, domain: str, config: Config) -> Iterator[np.ndarray]:
    """The pictures as the networks are given them, uint8 (height, width, channels), one by one."""
    return translations(_unchanged, pictures, domain, config)


def _unchanged(batch: np.ndarray, training: bool) -> np.ndarray:
    return batch


def _score(direction: str, generators: Generators, config: Config, scored: EvaluationSet) -> Scores:
    source, target = direction.split("to")
    generator, back = generators[direction], generators.get(f"{target}to{source}")
    rows: list[Scores] = []
    for batch in _batches(scored.pictures[source], source, config):
        fakes = generator(batch, training=False)
        made = [images.to_uint8(fakes)]
        if back is not None:
            made.append(images.to_uint8(back(fakes, training=False)))
        for shown, fake, *cycled in zip(images.to_uint8(batch), *made, strict=True):
            row = copying.scores(shown, fake)
            if cycled:
                row["cycle_error"] = absolute_error(shown, cycled[0])
            rows.append(row | _against_truth(fake, len(rows), source, target, config, scored))
    means = {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
    if config.channels_x == config.channels_y:
        pictures = scored.pictures[target]
        shown_and_same = zip(
            as_shown(pictures, target, config),
            translations(generator, pictures, target, config),
            strict=True,
        )
        means["identity_error"] = float(np.mean([absolute_error(*both) for both in shown_and_same]))
    return means


def _against_truth(
    fake: np.ndarray, index: int, source: str, target: str, config: Config, scored: EvaluationSet
) -> Scores:
    found: Scores = {}
    if source in scored.targets:
        true = images.to_uint8(for_translation(scored.targets[source].read(index), target, config))[
            0
        ]
        if true.shape != fake.shape:
            raise UserError(
                f"{scored.pictures[source].names[index]} of {source} and its pair "
                f"{scored.targets[source].names[index]} of {target} have different sizes"
            )
        found |= paired.scores(fake, true)
    if source in scored.truth:
        height, width = fake.shape[:2]
        counterpart, mask = (
            images.resize(each.read(index), height, width, config.interpolation)
            for each in (scored.truth[source].counterparts, scored.truth[source].masks)
        )
        counterpart = images.to_channels(counterpart, fake.shape[-1])
        found |= mini_truth.scores(fake, counterpart, mask)
    return found


def _batches(pictures: Pictures, domain: str, config: Config) -> Iterator[np.ndarray]:
    """Neighbouring pictures of one size together, as a generator takes them."""
    batch: list[np.ndarray] = []
    for index in range(len(pictures)):
        each = for_translation(pictures.read(index), domain, config)
        height, width = each.shape[1:3]
        full = (len(batch) + 1) * height * width > _BATCH_PIXELS
        if batch and (full or each.shape != batch[0].shape):
            yield np.concatenate(batch)
            batch = []
        batch.append(each)
    if batch:
        yield np.concatenate(batch)
