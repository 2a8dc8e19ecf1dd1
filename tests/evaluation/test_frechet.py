import numpy as np
import pytest
import scipy.linalg

from tf_cyclegan.evaluation.frechet import frechet_distance


def samples(seed, count, mean, covariance):
    """Samples with exactly this mean and covariance (over count - 1)."""
    normal = np.random.default_rng(seed).standard_normal((count, len(mean)))
    white = np.linalg.qr(normal - normal.mean(axis=0))[0] * np.sqrt(count - 1)
    return mean + white @ np.linalg.cholesky(covariance).T


@pytest.mark.parametrize(
    ("means", "variances", "expected"),
    [
        # (1 - 3)^2 + (2 - 5)^2, of the means and the standard deviations.
        (([1.0], [3.0]), ([4.0], [25.0]), 13.0),
        # |(1, -2, 0)|^2 + (1 - 2)^2 + (3 - 1)^2 + (2 - 2)^2
        (([0, 0, 0], [1, -2, 0]), ([1, 9, 4], [4, 1, 4]), 10.0),
    ],
)
def test_gaussians_with_commuting_covariances(means, variances, expected):
    sets = [samples(i, 50 + 20 * i, np.array(means[i]), np.diag(variances[i])) for i in range(2)]
    assert frechet_distance(*sets) == pytest.approx(expected)


@pytest.mark.parametrize("shape", [(40, 60, 6), (200, 9, 6), (10, 8, 30)])
def test_agrees_with_the_formula_by_eigenvalues(shape):
    """The last sets are smaller than their features, so that the covariances are singular."""
    rng = np.random.default_rng(0)
    *counts, size = shape
    first, second = (
        rng.normal(i, 1 + i, (n, size)) @ rng.normal(size=(size, size))
        for i, n in enumerate(counts)
    )
    c1, c2 = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    values, vectors = scipy.linalg.eigh(c1)
    root = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
    common = np.sqrt(np.maximum(scipy.linalg.eigvalsh(root @ c2 @ root), 0)).sum()
    means = np.square(first.mean(axis=0) - second.mean(axis=0)).sum()
    expected = means + np.trace(c1) + np.trace(c2) - 2 * common
    assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-6)
    assert frechet_distance(second, first) == pytest.approx(expected, rel=1e-6)


def test_equal_sets_have_distance_zero():
    features = np.random.default_rng(0).standard_normal((12, 40)).astype(np.float32)
    assert frechet_distance(features, features[::-1]) == pytest.approx(0.0, abs=1e-9)


def test_float32_features_are_compared_in_float64():
    # Far from zero, where float32 sums would lose the variance.
    features = samples(0, 50, np.full(2, 1000.0), np.eye(2)).astype(np.float32)
    others = samples(1, 50, np.full(2, 1000.0), 4.0 * np.eye(2)).astype(np.float32)
    assert frechet_distance(features, others) == pytest.approx(2.0, abs=1e-3)


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"\(3, 2\) and \(3, 4\)"):
        frechet_distance(np.zeros((3, 2)), np.zeros((3, 4)))
    with pytest.raises(ValueError, match="two samples"):
        frechet_distance(np.zeros((1, 2)), np.zeros((3, 2)))
