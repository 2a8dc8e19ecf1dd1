"""KID: the squared maximum mean discrepancy between two sets of features.

Binkowski et al., "Demystifying MMD GANs" (2018), section 4, https://arxiv.org/abs/1801.01401.
Unlike FID it has no bias, however few the pictures.
"""

from dataclasses import dataclass

import numpy as np

SUBSETS = 100
# The paper's; of fewer than twice as many pictures, half are taken.
SUBSET_SIZE = 1000
LEAST = 4  # Pictures that it takes: two in each half.


@dataclass(frozen=True)
class KernelDistance:
    """KID, and how sure it is.

    Attributes:
      value: the mean over the subsets. It may be a little below zero.
      error: the standard error of `value`.
      subset_size: features in a subset.
    """

    value: float
    error: float
    subset_size: int


def kernel_distance(features: np.ndarray, others: np.ndarray, seed: int = 0) -> KernelDistance:
    """The mean over `SUBSETS` random subsets of both sets, and its standard error.

    A subset of n features has m = min(1000, n // 2). Subsets overlap, so their spread divided by
    the root of their number would feign any exactness. The standard error is instead that of the
    delete-d jackknife (Shao and Wu, 1989): their standard deviation times sqrt(m / (n - m)).

    Args:
      features: float (n, d).
      others: float (n2, d).
      seed: of the subsets.

    Raises:
      ValueError: there are fewer than `LEAST` of either.
    """
    count = min(len(features), len(others))
    if count < LEAST:
        raise ValueError(f"KID takes {LEAST} pictures or more, not {count}")
    size = min(SUBSET_SIZE, count // 2)
    rng = np.random.default_rng(seed)
    values = [
        squared_mmd(*(rng.choice(each, size, replace=False) for each in (features, others)))
        for _ in range(SUBSETS)
    ]
    error = np.std(values, ddof=1) * np.sqrt(size / (count - size))
    return KernelDistance(float(np.mean(values)), float(error), size)


def squared_mmd(features: np.ndarray, others: np.ndarray) -> float:
    """The unbiased estimate of MMD^2 with the kernel (x.y / d + 1)^3.

    The mean kernel within the one set, plus that within the other, each without a feature's kernel
    with itself, minus twice the mean kernel between them (Gretton et al., 2012, equation 3).

    Args:
      features: float (n, d), n at least 2.
      others: float (m, d), m at least 2.
    """
    x, y = features.astype(np.float64), others.astype(np.float64)
    return _mean_within(x) + _mean_within(y) - 2.0 * float(_kernel(x, y).mean())


def _mean_within(x: np.ndarray) -> float:
    kernel = _kernel(x, x)
    return float((kernel.sum() - np.trace(kernel)) / (len(x) * (len(x) - 1)))


def _kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return (x @ y.T / x.shape[1] + 1.0) ** 3
