"""FID: the Frechet distance between two sets of features, each taken as a Gaussian.

Heusel et al., "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium"
(2017), equation 6, https://arxiv.org/abs/1706.08500.
"""

import numpy as np

# With fewer samples than features the covariances have not full rank.
FULL_RANK = 2048


def frechet_distance(features: np.ndarray, others: np.ndarray) -> float:
    """`|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2))`, of means m and covariances C (over n - 1).

    No square root of a matrix is taken. A covariance is R'R, with R from the QR decomposition of
    the centred features; then tr (C1 C2)^(1/2) is the sum of the singular values of R1 R2'. That
    is exact where covariances are singular too, and quick where there are few samples.

    Args:
      features: float (n, d), n at least 2.
      others: float (m, d), m at least 2.

    Raises:
      ValueError: the shapes do not fit.
    """
    if features.ndim != 2 or others.ndim != 2 or features.shape[1] != others.shape[1]:
        raise ValueError(f"features {features.shape} and {others.shape} cannot be compared")
    if min(len(features), len(others)) < 2:
        raise ValueError("a covariance takes two samples or more")
    (mean, root), (other_mean, other_root) = _moments(features), _moments(others)
    common = np.linalg.svd(root @ other_root.T, compute_uv=False).sum()
    traces = np.square(root).sum() + np.square(other_root).sum()
    distance = np.square(mean - other_mean).sum() + traces - 2.0 * common
    return float(max(distance, 0.0))  # Rounding may go below zero.


def _moments(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mean (d,), and R (min(n, d), d) with R'R the covariance."""
    features = features.astype(np.float64)
    mean = features.mean(axis=0)
    scaled = (features - mean) / np.sqrt(len(features) - 1)
    return mean, np.asarray(np.linalg.qr(scaled, mode="r"))
