import numpy as np
import pytest
from scipy.spatial.distance import cdist

from tf_cyclegan.evaluation import kernel_distance as kid


def normal(seed, count, size, mean=0.0):
    return np.random.default_rng(seed).standard_normal((count, size)) + mean


def test_two_and_two_numbers():
    # (xy + 1)^3: within 0, 1 it is 1; within 2, 3 it is 343; between 1, 1, 27 and 64.
    found = kid.squared_mmd(np.array([[0.0], [1.0]]), np.array([[2.0], [3.0]]))
    assert found == pytest.approx(1 + 343 - 2 * (1 + 1 + 27 + 64) / 4)


def test_it_agrees_with_the_definition():
    x, y = normal(0, 5, 3), normal(1, 7, 3, 0.5)

    def kernel(a, b):
        return (a @ b / 3 + 1) ** 3

    within_x = cdist(x, x, kernel)[~np.eye(5, dtype=bool)].mean()
    within_y = cdist(y, y, kernel)[~np.eye(7, dtype=bool)].mean()
    expected = within_x + within_y - 2 * cdist(x, y, kernel).mean()
    assert kid.squared_mmd(x, y) == pytest.approx(expected)


def test_it_has_no_bias_where_the_truth_is_known():
    """The kernel of one feature compares moments: (m1 - n1)^2 * 3 + (m2 - n2)^2 * 3 + (m3 - n3)^2.

    N(0, 1) has the moments 0, 1, 0, and N(0.5, 1) has 0.5, 1.25, 1.625.
    """
    truth = 3 * 0.5**2 + 3 * 0.25**2 + 1.625**2
    few = [kid.squared_mmd(normal(2 * i, 8, 1), normal(2 * i + 1, 8, 1, 0.5)) for i in range(4000)]
    assert abs(np.mean(few) - truth) < 3 * np.std(few) / np.sqrt(4000)
    assert np.std(few) / np.sqrt(4000) < 0.2, "else the line above shows nothing"


def test_sets_of_one_distribution_are_at_zero():
    found = kid.kernel_distance(normal(0, 300, 4), normal(1, 300, 4))
    assert abs(found.value) < 2 * found.error
    assert found.error < 0.05
    assert kid.kernel_distance(normal(0, 300, 4), normal(1, 300, 4, 0.7)).value > 20 * found.error


def test_the_standard_error_is_that_of_repeating_it_all():
    """Against the spread of the value over new samples; the jackknife errs upwards if at all."""
    found = [
        kid.kernel_distance(normal(2 * i, 60, 4), normal(2 * i + 1, 60, 4, 0.5)) for i in range(60)
    ]
    spread = np.std([each.value for each in found], ddof=1)
    assert 0.75 < np.mean([each.error for each in found]) / spread < 1.5


def test_subsets_are_at_most_half_of_the_smaller_set():
    assert kid.kernel_distance(normal(0, 60, 2), normal(1, 31, 2)).subset_size == 15
    assert kid.kernel_distance(normal(0, 4, 2), normal(1, 5, 2)).subset_size == 2


def test_subsets_of_large_sets_have_the_papers_size(monkeypatch):
    monkeypatch.setattr(kid, "SUBSETS", 2)
    assert kid.kernel_distance(normal(0, 2400, 2), normal(1, 2100, 2)).subset_size == 1000


def test_the_same_seed_gives_the_same_value():
    x, y = normal(0, 40, 3), normal(1, 40, 3)
    assert kid.kernel_distance(x, y) == kid.kernel_distance(x, y)
    assert kid.kernel_distance(x, y, seed=1) != kid.kernel_distance(x, y)


def test_too_few_features_are_refused():
    with pytest.raises(ValueError, match="4 pictures or more, not 3"):
        kid.kernel_distance(normal(0, 3, 2), normal(1, 9, 2))
