"""Against numbers worked out by hand."""

import math

import numpy as np
import pytest
import tensorflow as tf

from tf_cyclegan import losses

LOG2 = math.log(2.0)


def test_generator_loss():
    # A logit of 0 costs log 2; log 3 is a probability of 3/4 and costs log(4/3).
    logits = tf.constant([[0.0, math.log(3.0)]])
    expected = (LOG2 + math.log(4 / 3)) / 2
    assert float(losses.generator_loss(logits)) == pytest.approx(expected, rel=1e-6)


def test_discriminator_loss():
    real = tf.constant([math.log(3.0)])  # judged real with 3/4: costs log(4/3)
    fake = tf.constant([math.log(3.0)])  # judged real with 3/4: costs log 4
    expected = 0.5 * (math.log(4 / 3) + math.log(4))
    assert float(losses.discriminator_loss(real, fake)) == pytest.approx(expected, rel=1e-6)


def test_undecided_discriminator_costs_log_2():
    zeros = tf.zeros([2, 30, 30, 1])
    assert float(losses.discriminator_loss(zeros, zeros)) == pytest.approx(LOG2, rel=1e-6)


def test_large_logits_stay_finite():
    large = tf.constant([1000.0])
    assert float(losses.generator_loss(-large)) == pytest.approx(1000.0)
    assert float(losses.discriminator_loss(-large, large)) == pytest.approx(1000.0)


def test_absolute_error_is_a_mean_over_all():
    pictures = np.zeros((2, 1, 2, 3), np.float32)
    others = np.zeros((2, 1, 2, 3), np.float32)
    others[0, 0, 0] = [0.5, -1.0, 2.0]
    assert float(losses.absolute_error(pictures, others)) == pytest.approx(3.5 / 12)
