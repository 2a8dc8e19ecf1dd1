import numpy as np
import pytest
import scipy.linalg

from tf_cyclegan.evaluation.frechet import frechet_distance


def samples(seed, count, mean, covariance):
    """Samples whose mean and covariance (over count - 1) are exactly these."""
    normal = np.random.default_rng(seed).standard_normal((count, len(mean)))
    white = np.linalg.qr(normal - normal.mean(axis=0))[0] * np.sqrt(count - 1)
    return mean + white @ np.linalg.cholesky(covariance).T


def random_covariance(seed, size):
    root = np.random.default_rng(seed).standard_normal((size, size))
    return root @ root.T + 0.1 * np.eye(size)


def test_gaussians_of_one_dimension():
    # (1 - 3)^2 + (2 - 5)^2, of the means and the standard deviations.
    first = samples(0, 50, np.array([1.0]), np.array([[4.0]]))
    second = samples(1, 70, np.array([3.0]), np.array([[25.0]]))
    assert frechet_distance(first, second) == pytest.approx(13.0)


def test_gaussians_of_commuting_covariances():
    # |(1, -2, 0)|^2 + (1 - 2)^2 + (3 - 1)^2 + (2 - 2)^2
    first = samples(0, 40, np.zeros(3), np.diag([1.0, 9.0, 4.0]))
    second = samples(1, 40, np.array([1.0, -2.0, 0.0]), np.diag([4.0, 1.0, 4.0]))
    assert frechet_distance(first, second) == pytest.approx(10.0)


@pytest.mark.parametrize("counts", [(40, 60), (200, 9)])
def test_it_agrees_with_the_square_root_of_a_matrix(counts):
    rng = np.random.default_rng(3)
    first = rng.standard_normal((counts[0], 6)) @ random_covariance(4, 6)
    second = rng.standard_normal((counts[1], 6)) @ random_covariance(5, 6) + 1.0
    c1, c2 = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    root = scipy.linalg.sqrtm(c1 @ c2).real
    means = np.square(first.mean(axis=0) - second.mean(axis=0)).sum()
    expected = means + np.trace(c1 + c2 - 2 * root)
    assert frechet_distance(first, second) == pytest.approx(expected)
    assert frechet_distance(second, first) == pytest.approx(expected)


def test_singular_covariances_of_few_samples():
    """10 and 8 samples of 30 features; the reference is Heusel's formula by eigenvalues."""
    rng = np.random.default_rng(0)
    first, second = rng.standard_normal((10, 30)), rng.standard_normal((8, 30)) * 2.0
    c1, c2 = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    values, vectors = scipy.linalg.eigh(c1)
    root = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
    common = np.sqrt(np.maximum(scipy.linalg.eigvalsh(root @ c2 @ root), 0)).sum()
    means = np.square(first.mean(axis=0) - second.mean(axis=0)).sum()
    expected = means + np.trace(c1) + np.trace(c2) - 2 * common
    assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-6)


def test_equal_sets_have_no_distance():
    features = np.random.default_rng(0).standard_normal((12, 40)).astype(np.float32)
    assert frechet_distance(features, features[::-1]) == pytest.approx(0.0, abs=1e-9)


def test_float32_features_are_compared_in_float64():
    # Far from zero, where float32 sums would lose the variance.
    features = samples(0, 50, np.full(2, 1000.0), np.eye(2)).astype(np.float32)
    others = samples(1, 50, np.full(2, 1000.0), 4.0 * np.eye(2)).astype(np.float32)
    assert frechet_distance(features, others) == pytest.approx(2.0, abs=1e-3)


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(ValueError, match=r"\(3, 2\) and \(3, 4\)"):
        frechet_distance(np.zeros((3, 2)), np.zeros((3, 4)))
    with pytest.raises(ValueError, match="two samples"):
        frechet_distance(np.zeros((1, 2)), np.zeros((3, 2)))
