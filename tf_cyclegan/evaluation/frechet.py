"""FID: the Frechet distance between Gaussians fitted to two sets of features.

Heusel et al., "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium"
(2017), equation 6, https://arxiv.org/abs/1706.08500.
"""

import numpy as np


def frechet_distance(features: np.ndarray, others: np.ndarray) -> float:
    """`|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2))`, with means m and sample covariances C.

    Avoids the matrix square root. With C = R'R, where R comes from the QR decomposition of the
    centred features, tr (C1 C2)^(1/2) is the sum of the singular values of R1 R2'. This is exact
    for singular covariances too, and fast for few samples.

    Args:
      features: float (n, d), n at least 2.
      others: float (m, d), m at least 2.

    Raises:
      ValueError: a shape does not fit.
    """
    if features.ndim != 2 or others.ndim != 2 or features.shape[1] != others.shape[1]:
        raise ValueError(f"features {features.shape} and {others.shape} cannot be compared")
    if min(len(features), len(others)) < 2:
        raise ValueError("a covariance needs at least two samples")
    (mean, root), (other_mean, other_root) = _moments(features), _moments(others)
    common = np.linalg.svd(root @ other_root.T, compute_uv=False).sum()
    traces = np.square(root).sum() + np.square(other_root).sum()
    distance = np.square(mean - other_mean).sum() + traces - 2.0 * common
    return float(max(distance, 0.0))  # Rounding may make it negative.


def _moments(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mean (d,), and R (min(n, d), d) with R'R the covariance."""
    features = features.astype(np.float64)
    mean = features.mean(axis=0)
    scaled = (features - mean) / np.sqrt(len(features) - 1)
    return mean, np.asarray(np.linalg.qr(scaled, mode="r"))
