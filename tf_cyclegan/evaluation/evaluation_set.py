"""The pictures to score on, with their pairs or ground truth where known."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tf_cyclegan.config import Config
from tf_cyclegan.data import sources
from tf_cyclegan.data.pictures import Pictures, Truth
from tf_cyclegan.evaluation.pairing import pair
from tf_cyclegan.system.errors import UserError


@dataclass(frozen=True)
class EvaluationSet:
    """Pictures of both domains.

    Attributes:
      pictures: by domain, A and B.
      targets: by domain, the true translation of each picture, in the same order; empty unless the
        set is paired.
      truth: by domain, what each picture shows; empty except for the drawings.
      paired_by: how pairs were matched: counterpart, place, name or order.
      name: a description for the protocol.
    """

    pictures: Mapping[str, Pictures]
    targets: Mapping[str, Pictures] = field(default_factory=dict)
    truth: Mapping[str, Truth] = field(default_factory=dict)
    paired_by: str = ""
    name: str = "test pictures"


def load(
    config: Config,
    split: str,
    dataset: str | None = None,
    limit: int | None = None,
    paired: bool = False,
) -> EvaluationSet:
    """Loads one split of both domains.

    Args:
      config: the run's settings.
      split: train or test.
      dataset: a name or path, as for training; None for the run's data set.
      limit: use only the first `limit` pictures of each domain.
      paired: the pictures come in pairs. Those of the Earth do anyway.

    Raises:
      UserError: the split is missing or unreadable, or its pictures cannot be paired.
    """
    dataset = dataset or config.dataset
    size, data_dir = config.image_size, config.data_dir
    pictures = {
        domain: sources.load_nonempty(
            dataset, f"{split}{domain}", image_size=size, data_dir=data_dir
        )
        for domain in "AB"
    }
    found = of(pictures, config, split, dataset, paired)
    return replace(found, pictures={d: each.first(limit) for d, each in pictures.items()})


def of(
    pictures: Mapping[str, Pictures], config: Config, split: str, dataset: str, paired: bool = False
) -> EvaluationSet:
    """Pictures that were loaded before, with what is known of their translations.

    Args:
      pictures: by domain.
      config, split, dataset, paired: as in `load`, where the pictures are from.

    Raises:
      UserError: the pictures cannot be paired.
    """
    size, data_dir = config.image_size, config.data_dir
    truth = {}
    for domain in pictures:
        part = f"{split}{domain}"
        known = sources.load_truth(dataset, part, image_size=size, data_dir=data_dir)
        if known is not None:
            truth[domain] = known
    paired = paired or sources.is_paired(dataset, split)
    targets, paired_by = _targets(dataset, split, pictures, truth) if paired else ({}, "")
    return EvaluationSet(pictures, targets, truth, paired_by, f"the {split} pictures of {dataset}")


def _targets(
    dataset: str, split: str, pictures: Mapping[str, Pictures], truth: Mapping[str, Truth]
) -> tuple[dict[str, Pictures], str]:
    if truth:
        return {domain: truth[domain].counterparts for domain in truth}, "counterpart"
    if sources.is_paired(dataset, split):
        return {"A": pictures["B"], "B": pictures["A"]}, "place"
    if sources.is_earth(dataset):
        raise UserError(
            f"paired=True: the {split} pictures of {dataset} are of different places; give "
            f"split=test, or leave paired out"
        )
    if not sources.has_files(dataset):
        # It orders examples by a hash of their names, which differ between the domains.
        raise UserError(
            f"paired=True: tensorflow-datasets keeps neither names nor order of the pictures of "
            f"{dataset}; give its folder or archive (dataset=PATH)"
        )
    a, b = pictures["A"], pictures["B"]
    to_b, paired_by = pair(a.names, b.names)
    to_a = sorted(range(len(to_b)), key=to_b.__getitem__)  # The inverse permutation.
    return {"A": b.reordered(to_b), "B": a.reordered(to_a)}, paired_by
