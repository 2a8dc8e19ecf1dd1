"""The losses, as pure functions of tensors. Each gives one scalar: a mean over all its elements.

Equations are those of Zhu et al., "Unpaired Image-to-Image Translation using Cycle-Consistent
Adversarial Networks" (2017), https://arxiv.org/abs/1703.10593.
"""

import tensorflow as tf


def discriminator_loss(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
    """`0.5 * (mean(-log s(real)) + mean(-log(1 - s(fake))))`, s the sigmoid; equation 1, halved.

    The half, which the paper applies to slow the discriminators down (appendix 7.1), is in the
    tutorial as well.

    Args:
      real_logits: the discriminator's logits for real pictures, any shape.
      fake_logits: its logits for generated ones.
    """
    return 0.5 * (_cross_entropy(1.0, real_logits) + _cross_entropy(0.0, fake_logits))


def generator_loss(fake_logits: tf.Tensor) -> tf.Tensor:
    """`mean(-log s(fake))`, the generator's side of equation 1 in its non-saturating form.

    Args:
      fake_logits: the discriminator's logits for generated pictures, any shape.
    """
    return _cross_entropy(1.0, fake_logits)


def absolute_error(pictures: tf.Tensor, others: tf.Tensor) -> tf.Tensor:
    """`mean |pictures - others|`: the L1 of the cycle (equation 2) and the identity loss (5.2)."""
    return tf.reduce_mean(tf.abs(pictures - others))


def _cross_entropy(label: float, logits: tf.Tensor) -> tf.Tensor:
    labels = tf.fill(tf.shape(logits), label)
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels, logits))
