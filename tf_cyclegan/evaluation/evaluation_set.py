"""What scores are computed on: test pictures of both domains, and the truth where there is one."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tf_cyclegan.config import Config
from tf_cyclegan.data import sources
from tf_cyclegan.data.pictures import Pictures, Truth
from tf_cyclegan.evaluation.pairing import pair
from tf_cyclegan.system.errors import UserError


@dataclass(frozen=True)
class EvaluationSet:
    """Test pictures and what is known of them.

    Attributes:
      pictures: of each domain, A and B.
      targets: by domain, the true translation of each of its pictures, in the same order; none
        where the set does not come in pairs.
      truth: by domain, what each of its pictures shows; none but for drawings.
      paired_by: what tells the pairs, in a word.
      name: which pictures these are, in words.
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
    """A split of a data set, to be scored on.

    Args:
      config: the run's settings.
      split: train or test.
      dataset: a name or path, as for training; None for the data set of the run.
      limit: the first so many pictures of each domain.
      paired: the set comes in pairs.

    Raises:
      UserError: the data set has no such split, cannot be read, or does not come in pairs.
    """
    dataset = dataset or config.dataset
    size, data_dir = config.image_size, config.data_dir
    whole, truth = {}, {}
    for domain in "AB":
        part = f"{split}{domain}"
        whole[domain] = sources.load_some(dataset, part, image_size=size, data_dir=data_dir)
        known = sources.load_truth(dataset, part, image_size=size, data_dir=data_dir)
        if known is not None:
            truth[domain] = known
    targets, paired_by = _targets(dataset, whole, truth) if paired else ({}, "")
    pictures = {domain: each.first(limit) for domain, each in whole.items()}
    return EvaluationSet(pictures, targets, truth, paired_by, f"the {split} pictures of {dataset}")


def _targets(
    dataset: str, pictures: Mapping[str, Pictures], truth: Mapping[str, Truth]
) -> tuple[dict[str, Pictures], str]:
    if truth:
        return {domain: truth[domain].counterparts for domain in truth}, "counterpart"
    if not sources.has_files(dataset):
        # Its order is that of a hash of the names, another one for 1_A.jpg than for 1_B.jpg.
        raise UserError(
            f"paired=True: tensorflow-datasets keeps neither names nor order of the pictures of "
            f"{dataset}, so that pairs cannot be told; give its folder or archive (dataset=PATH)"
        )
    a, b = pictures["A"], pictures["B"]
    to_b, paired_by = pair(a.names, b.names)
    to_a = {target: source for source, target in enumerate(to_b)}
    return {
        "A": b.reordered(to_b),
        "B": a.reordered([to_a[i] for i in range(len(b))]),
    }, paired_by
