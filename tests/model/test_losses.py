"""Against numbers worked out by hand."""

import math

import numpy as np
import pytest
import tensorflow as tf

from tf_cyclegan.model import losses

LOG3 = math.log(3.0)

# Logits for real and for generated pictures, the discriminator's loss, the generator's loss.
# The sigmoid of log 3 is 3/4.
CASES = [
    ("bce", [0.0, LOG3], [LOG3], (math.log(2) + math.log(4 / 3)) / 4 + math.log(4) / 2,
     math.log(4 / 3)),
    ("bce", [[0.0]], [[0.0]], math.log(2), math.log(2)),
    ("bce", [-1000.0], [1000.0], 1000.0, 0.0),
    ("lsgan", [1.0, 0.5], [0.5, -1.0], 0.5 * (0.125 + 0.625), (0.25 + 4.0) / 2),
    ("hinge", [2.0, 0.5, -1.0], [-2.0, 0.5], 0.5 * (2.5 / 3 + 1.5 / 2), 0.75),
    ("wgan_gp", [2.0, 4.0], [1.0, -5.0], 0.5 * (-2.0 - 3.0), 2.0),
]  # fmt: skip


@pytest.mark.parametrize(("name", "real", "fake", "discriminator", "generator"), CASES)
def test_adversarial_losses(name, real, fake, discriminator, generator):
    loss = losses.ADVERSARIAL_LOSSES[name]
    found = loss.discriminator(tf.constant(real), tf.constant(fake))
    assert float(found) == pytest.approx(discriminator, rel=1e-6)
    assert float(loss.generator(tf.constant(fake))) == pytest.approx(generator, rel=1e-6)


def test_gradient_penalty():
    # A discriminator of slope 3 in each of 4 values has a gradient of norm 6 everywhere.
    real, fake = tf.zeros([2, 2, 2, 1]), tf.ones([2, 2, 2, 1])
    mix = tf.constant([0.25, 0.5], shape=[2, 1, 1, 1])
    penalty = losses.gradient_penalty(lambda x: 3.0 * x, real, fake, mix)
    assert float(penalty) == pytest.approx(25.0)
    # Of x squared it is 2 x: at 0.25 and 0.5 the norms are 1 and 2.
    penalty = losses.gradient_penalty(lambda x: x * x, real, fake, mix)
    assert float(penalty) == pytest.approx((0.0 + 1.0) / 2)


def test_gradient_penalty_has_a_gradient_where_the_slope_is_zero():
    weight = tf.Variable(0.0)
    pictures = tf.ones([1, 2, 2, 1])
    with tf.GradientTape() as tape:
        penalty = losses.gradient_penalty(
            lambda x: weight * x, pictures, pictures, tf.zeros([1, 1, 1, 1])
        )
    assert float(penalty) == pytest.approx(1.0)
    assert np.isfinite(float(tape.gradient(penalty, weight)))


def test_zero_centred_penalty():
    # Logits (batch, 2, 2, 1) of slope 3: the mean of four has a gradient of 3/4 in each value.
    pictures = tf.constant([0.25, 0.5], shape=[2, 1, 1, 1]) * tf.ones([2, 2, 2, 1])
    penalty = losses.zero_centred_penalty(lambda x: 3.0 * x, pictures)
    assert float(penalty) == pytest.approx(4 * (3 / 4) ** 2)
    # Of x squared it is x / 2: 1/8 and 1/4.
    penalty = losses.zero_centred_penalty(lambda x: x * x, pictures)
    assert float(penalty) == pytest.approx((4 / 64 + 4 / 16) / 2)


def test_absolute_error_is_a_mean_over_all():
    pictures = np.zeros((2, 1, 2, 3), np.float32)
    others = np.zeros((2, 1, 2, 3), np.float32)
    others[0, 0, 0] = [0.5, -1.0, 2.0]
    assert float(losses.absolute_error(pictures, others)) == pytest.approx(3.5 / 12)


@pytest.mark.parametrize(("kind", "boundary"), [("bce", 0.0), ("lsgan", 0.5), ("hinge", 0.0)])
def test_accuracy_counts_real_and_generated_patches_alike(kind, boundary):
    real = tf.constant([[boundary + 0.1, boundary + 3.0], [boundary - 0.1, boundary + 0.1]])
    fake = tf.constant([boundary - 0.1, boundary + 2.0])
    # Three of four, and one of two.
    assert float(losses.ADVERSARIAL_LOSSES[kind].accuracy(real, fake)) == 0.5 * (0.75 + 0.5)


def test_a_wasserstein_critic_has_no_accuracy():
    assert losses.ADVERSARIAL_LOSSES["wgan_gp"].boundary is None
