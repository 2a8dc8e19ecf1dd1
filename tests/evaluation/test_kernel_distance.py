import numpy as np
import pytest
from scipy.spatial.distance import cdist

from tf_cyclegan.evaluation import kernel_distance as kid


def normal(seed, count, size, mean=0.0):
    return np.random.default_rng(seed).standard_normal((count, size)) + mean


def test_squared_mmd_agrees_with_its_definition():
    x, y = normal(0, 5, 3), normal(1, 7, 3, 0.5)

    def kernel(a, b):
        return (a @ b / 3 + 1) ** 3

    within_x = cdist(x, x, kernel)[~np.eye(5, dtype=bool)].mean()
    within_y = cdist(y, y, kernel)[~np.eye(7, dtype=bool)].mean()
    expected = within_x + within_y - 2 * cdist(x, y, kernel).mean()
    assert kid.squared_mmd(x, y) == pytest.approx(expected)


def test_squared_mmd_is_unbiased():
    """The kernel of one feature compares moments: (m1 - n1)^2 * 3 + (m2 - n2)^2 * 3 + (m3 - n3)^2.

    N(0, 1) has the moments 0, 1, 0, and N(0.5, 1) has 0.5, 1.25, 1.625.
    """
    truth = 3 * 0.5**2 + 3 * 0.25**2 + 1.625**2
    few = [kid.squared_mmd(normal(2 * i, 8, 1), normal(2 * i + 1, 8, 1, 0.5)) for i in range(4000)]
    error = np.std(few) / np.sqrt(4000)
    assert abs(np.mean(few) - truth) < 3 * error
    assert error < 0.2, "else the comparison means nothing"


def test_equal_distributions_are_near_zero_and_others_are_not():
    found = kid.kernel_distance(normal(0, 300, 4), normal(1, 300, 4))
    assert abs(found.value) < 2 * found.error
    assert found.error < 0.05
    assert kid.kernel_distance(normal(0, 300, 4), normal(1, 300, 4, 0.7)).value > 20 * found.error


def test_the_standard_error_is_the_spread_over_new_samples():
    """The jackknife errs upwards, if at all."""
    found = [
        kid.kernel_distance(normal(2 * i, 60, 4), normal(2 * i + 1, 60, 4, 0.5)) for i in range(60)
    ]
    spread = np.std([each.value for each in found], ddof=1)
    assert 0.75 < np.mean([each.error for each in found]) / spread < 1.5


def test_subsets_are_half_of_the_smaller_set_or_the_papers_size(monkeypatch):
    sizes = []
    monkeypatch.setattr(kid, "SUBSETS", 2)
    monkeypatch.setattr(kid, "squared_mmd", lambda x, y: sizes.append((len(x), len(y))) or 0.0)
    for counts in ((60, 31), (4, 5), (2400, 2100)):
        kid.kernel_distance(*(normal(i, count, 2) for i, count in enumerate(counts)))
    assert sizes[::2] == [(15, 15), (2, 2), (1000, 1000)]


def test_the_same_seed_gives_the_same_value():
    x, y = normal(0, 40, 3), normal(1, 40, 3)
    assert kid.kernel_distance(x, y) == kid.kernel_distance(x, y)
    assert kid.kernel_distance(x, y, seed=1) != kid.kernel_distance(x, y)


def test_too_few_features_are_refused():
    with pytest.raises(ValueError, match="at least 4 pictures, not 3"):
        kid.kernel_distance(normal(0, 3, 2), normal(1, 9, 2))
