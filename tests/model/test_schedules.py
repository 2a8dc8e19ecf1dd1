from itertools import pairwise

import pytest

from tf_cyclegan.model.schedules import learning_rate


def test_the_papers_schedule():
    rates = [learning_rate(2e-4, epoch, 200, 100) for epoch in range(200)]
    assert rates[:100] == [2e-4] * 100
    assert rates[100] == pytest.approx(2e-4 * 100 / 101)
    assert rates[150] == pytest.approx(2e-4 * 50 / 101)
    assert rates[199] == pytest.approx(2e-4 / 101)
    steps = [a - b for a, b in pairwise(rates[100:])]
    assert steps == [pytest.approx(2e-4 / 101)] * 99


def test_constant_without_a_start_and_before_it():
    assert learning_rate(1e-3, 500, 40, None) == 1e-3
    assert learning_rate(1e-3, 39, 40, 100) == 1e-3


def test_decay_from_the_first_epoch():
    assert [learning_rate(1.0, e, 3, 0) for e in range(3)] == pytest.approx([0.75, 0.5, 0.25])
