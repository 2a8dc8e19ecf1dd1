"""KID: the squared maximum mean discrepancy (MMD) between two sets of features.

Binkowski et al., "Demystifying MMD GANs" (2018), section 4, https://arxiv.org/abs/1801.01401.
Unlike FID it is unbiased, however few the pictures.
"""

from typing import NamedTuple

import numpy as np

SUBSETS = 100
MAX_SUBSET_SIZE = 1000  # The paper's.
MIN_PICTURES = 4  # The estimator needs two in a subset, which is half of the pictures.


class KernelDistance(NamedTuple):
    """KID with its standard error."""

    value: float  # May be slightly negative.
    error: float


def subset_size(count: int) -> int:
    """The number of features in a subset of `count`."""
    return min(MAX_SUBSET_SIZE, count // 2)


def kernel_distance(features: np.ndarray, others: np.ndarray, seed: int = 0) -> KernelDistance:
    """The mean over `SUBSETS` random subsets of m features from both sets, and its standard error.

    Subsets overlap, so dividing their spread by the root of their number would understate the
    error. It is the delete-d jackknife's instead (Shao and Wu, 1989): the subsets' standard
    deviation times sqrt(m / (n - m)).

    Args:
      features: float (n, d).
      others: float (n2, d).
      seed: seeds the choice of subsets.

    Raises:
      ValueError: either set has fewer than `MIN_PICTURES`.
    """
    count = min(len(features), len(others))
    if count < MIN_PICTURES:
        raise ValueError(f"KID needs at least {MIN_PICTURES} pictures, not {count}")
    size = subset_size(count)
    rng = np.random.default_rng(seed)
    values = [
        squared_mmd(*(rng.choice(each, size, replace=False) for each in (features, others)))
        for _ in range(SUBSETS)
    ]
    error = np.std(values, ddof=1) * np.sqrt(size / (count - size))
    return KernelDistance(float(np.mean(values)), float(error))


def squared_mmd(features: np.ndarray, others: np.ndarray) -> float:
    """The unbiased estimate of MMD^2 with the kernel (x.y / d + 1)^3.

    The mean kernel within each set, without the diagonal, minus twice the mean kernel between the
    sets (Gretton et al., 2012, equation 3).

    Args:
      features: float (n, d), n at least 2.
      others: float (m, d), m at least 2.
    """
    x, y = features.astype(np.float64), others.astype(np.float64)
    return _mean_off_diagonal(x) + _mean_off_diagonal(y) - 2.0 * float(_kernel(x, y).mean())


def _mean_off_diagonal(x: np.ndarray) -> float:
    kernel = _kernel(x, x)
    return float((kernel.sum() - np.trace(kernel)) / (len(x) * (len(x) - 1)))


def _kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return (x @ y.T / x.shape[1] + 1.0) ** 3
