"""The scores that need only generators and test pictures: seconds for `mini`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from tf_cyclegan.config import Config
from tf_cyclegan.data import images
from tf_cyclegan.data.pictures import Pictures
from tf_cyclegan.data.preprocessing import for_translation
from tf_cyclegan.evaluation import copying, mini_truth, paired, sliced_wasserstein
from tf_cyclegan.evaluation.differences import absolute_error
from tf_cyclegan.evaluation.evaluation_set import EvaluationSet
from tf_cyclegan.system.errors import UserError

# Like a Keras model: float (batch, height, width, channels) in [-1, 1] to the same.
Generator = Callable[..., Any]
# By direction, AtoB or BtoA.
Generators = Mapping[str, Generator]
Scores = dict[str, float]

_MAX_BATCH_PIXELS = 2**18


def score(
    generators: Generators, config: Config, scored: EvaluationSet, directions: Sequence[str]
) -> dict[str, Scores]:
    """Scores over the test pictures, by direction and name: means over pictures, but for `swd`.

    Computed at the networks' size on 8 bits a channel, as translations are saved:

    - `unchanged` and `correlation` (`copying`);
    - `identity_error`, of pictures already in the target domain, if both domains have the same
      channels; `cycle_error`, if the generator of the other direction is given: mean absolute
      differences in levels of 0 to 255;
    - those of `paired`, if the set has targets;
    - those of `mini_truth`, if it has ground truth;
    - those of `sliced_wasserstein`, between all translations and all pictures of the target domain,
      if there are enough.

    Args:
      generators: by direction.
      config: the run's settings.
      scored: the pictures.
      directions: which to score.

    Raises:
      UserError: a picture cannot be read, or differs in size from its target.
    """
    sizes = level_sizes(config, scored)
    return {each: _score(each, generators, config, scored, sizes) for each in directions}


def untranslated(
    config: Config, scored: EvaluationSet, directions: Sequence[str]
) -> dict[str, Scores]:
    """`score` of identity generators, as a baseline; empty if the domains' channels differ."""
    if config.channels_x != config.channels_y:
        return {}
    return score(dict.fromkeys(("AtoB", "BtoA"), _identity), config, scored, directions)


def translations(
    generator: Generator, pictures: Pictures, domain: str, config: Config
) -> Iterator[np.ndarray]:
    """Translates pictures of a domain, one by one, to uint8 (height, width, channels)."""
    for batch in _batches(pictures, domain, config):
        yield from images.to_uint8(generator(batch, training=False))


def as_shown(pictures: Pictures, domain: str, config: Config) -> Iterator[np.ndarray]:
    """The pictures as the networks get them, one by one, uint8 (height, width, channels)."""
    return translations(_identity, pictures, domain, config)


def _identity(batch: np.ndarray, training: bool) -> np.ndarray:
    return batch


def level_sizes(config: Config, scored: EvaluationSet) -> tuple[int, ...]:
    """The sizes of `sliced_wasserstein`'s levels; empty if there are too few pictures.

    Where pictures keep their sizes (`preprocess` crop and none) these are the smallest one's.

    Raises:
      UserError: a picture cannot be read.
    """
    if min(map(len, scored.pictures.values())) < sliced_wasserstein.MIN_PICTURES:
        return ()
    side = config.image_size
    if config.preprocess in ("crop", "none"):
        shown = (as_shown(each, domain, config) for domain, each in scored.pictures.items())
        side = min(min(picture.shape[:2]) for pictures in shown for picture in pictures)
    return sliced_wasserstein.level_sizes(side)


def _score(
    direction: str,
    generators: Generators,
    config: Config,
    scored: EvaluationSet,
    sizes: Sequence[int],
) -> Scores:
    source, target = direction.split("to")
    generator, back = generators[direction], generators.get(f"{target}to{source}")
    descriptors = _descriptors(scored, source, sizes)
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
            if sizes:
                descriptors.add(fake)
    means = {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
    if config.channels_x == config.channels_y:
        pictures = scored.pictures[target]
        shown_and_same = zip(
            as_shown(pictures, target, config),
            translations(generator, pictures, target, config),
            strict=True,
        )
        means["identity_error"] = float(np.mean([absolute_error(*both) for both in shown_and_same]))
    if sizes:
        real = _descriptors(scored, target, sizes)
        for picture in as_shown(scored.pictures[target], target, config):
            real.add(picture)
        means |= sliced_wasserstein.scores(descriptors, real, sizes)
    return means


def _descriptors(
    scored: EvaluationSet, domain: str, sizes: Sequence[int]
) -> sliced_wasserstein.Descriptors:
    """Still empty, for as many pictures as the domain has."""
    count = sliced_wasserstein.descriptor_count(min(map(len, scored.pictures.values())))
    return sliced_wasserstein.Descriptors(len(scored.pictures[domain]), count, len(sizes))


def _against_truth(
    fake: np.ndarray, index: int, source: str, target: str, config: Config, scored: EvaluationSet
) -> Scores:
    found: Scores = {}
    if source in scored.targets:
        targets = scored.targets[source]
        (true,) = images.to_uint8(for_translation(targets.read(index), target, config))
        if true.shape != fake.shape:
            raise UserError(
                f"{scored.pictures[source].names[index]} of {source} and its pair "
                f"{targets.names[index]} of {target} differ in size; make them equal, or leave "
                f"paired out"
            )
        found |= paired.scores(fake, true)
    if source in scored.truth:
        truth, (height, width) = scored.truth[source], fake.shape[:2]
        counterpart, mask = (
            images.resize(each.read(index), height, width, config.interpolation)
            for each in (truth.counterparts, truth.masks)
        )
        counterpart = images.to_channels(counterpart, fake.shape[-1])
        found |= mini_truth.scores(fake, counterpart, mask)
    return found


def _batches(pictures: Pictures, domain: str, config: Config) -> Iterator[np.ndarray]:
    """Batches of consecutive pictures of equal size, as a generator takes them."""
    batch: list[np.ndarray] = []
    for index in range(len(pictures)):
        each = for_translation(pictures.read(index), domain, config)
        height, width = each.shape[1:3]
        full = (len(batch) + 1) * height * width > _MAX_BATCH_PIXELS
        if batch and (full or each.shape != batch[0].shape):
            yield np.concatenate(batch)
            batch = []
        batch.append(each)
    if batch:
        yield np.concatenate(batch)
