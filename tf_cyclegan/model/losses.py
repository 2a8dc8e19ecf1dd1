"""The losses, as pure functions of tensors. Each gives one scalar: a mean over all its elements.

Equations are those of Zhu et al., "Unpaired Image-to-Image Translation using Cycle-Consistent
Adversarial Networks" (2017), https://arxiv.org/abs/1703.10593. Every discriminator's loss is
halved, which slows the discriminators down (section 7.1 there), as the authors' PyTorch
implementation does for each kind of loss.
"""

import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import tensorflow as tf


@dataclass(frozen=True)
class AdversarialLoss:
    """The two sides of one adversarial loss.

    Attributes:
      discriminator: of its logits for real pictures and for generated ones, any shape.
      generator: of the discriminator's logits for generated pictures.
      boundary: the logit above which the discriminator takes a patch for real; None where the loss
        knows no such value.
    """

    discriminator: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
    generator: Callable[[tf.Tensor], tf.Tensor]
    boundary: float | None

    def accuracy(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
        """The share of patches that are judged rightly, real and generated ones counting alike."""
        right = [real_logits > self.boundary, fake_logits <= self.boundary]
        return 0.5 * tf.add_n([tf.reduce_mean(tf.cast(each, tf.float32)) for each in right])


def bce_discriminator_loss(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
    """`0.5 * (mean(-log s(real)) + mean(-log(1 - s(fake))))`, s the sigmoid; equation 1."""
    return 0.5 * (_cross_entropy(1.0, real_logits) + _cross_entropy(0.0, fake_logits))


def bce_generator_loss(fake_logits: tf.Tensor) -> tf.Tensor:
    """`mean(-log s(fake))`: the generator's side of equation 1 in its non-saturating form."""
    return _cross_entropy(1.0, fake_logits)


def lsgan_discriminator_loss(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
    """`0.5 * (mean((real - 1)^2) + mean(fake^2))`; Mao et al., "Least Squares GAN" (2017)."""
    return 0.5 * (
        tf.reduce_mean(tf.square(real_logits - 1.0)) + tf.reduce_mean(tf.square(fake_logits))
    )


def lsgan_generator_loss(fake_logits: tf.Tensor) -> tf.Tensor:
    """`mean((fake - 1)^2)`; section 4 of the CycleGAN paper."""
    return tf.reduce_mean(tf.square(fake_logits - 1.0))


def hinge_discriminator_loss(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
    """`0.5 * (mean(max(0, 1 - real)) + mean(max(0, 1 + fake)))`; Lim and Ye, "Geometric GAN"."""
    real, fake = tf.nn.relu(1.0 - real_logits), tf.nn.relu(1.0 + fake_logits)
    return 0.5 * (tf.reduce_mean(real) + tf.reduce_mean(fake))


def wasserstein_discriminator_loss(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
    """`0.5 * (mean(fake) - mean(real))`; Arjovsky et al., "Wasserstein GAN" (2017).

    It goes with `gradient_penalty`.
    """
    return 0.5 * (tf.reduce_mean(fake_logits) - tf.reduce_mean(real_logits))


def negative_mean(fake_logits: tf.Tensor) -> tf.Tensor:
    """`-mean(fake)`: the generator's side of the hinge and of the Wasserstein loss."""
    return -tf.reduce_mean(fake_logits)


ADVERSARIAL_LOSSES: Mapping[str, AdversarialLoss] = types.MappingProxyType(
    {
        "bce": AdversarialLoss(bce_discriminator_loss, bce_generator_loss, 0.0),
        "lsgan": AdversarialLoss(lsgan_discriminator_loss, lsgan_generator_loss, 0.5),
        "hinge": AdversarialLoss(hinge_discriminator_loss, negative_mean, 0.0),
        "wgan_gp": AdversarialLoss(wasserstein_discriminator_loss, negative_mean, None),
    }
)


def gradient_penalty(
    discriminator: Callable[[tf.Tensor], tf.Tensor],
    real: tf.Tensor,
    fake: tf.Tensor,
    mix: tf.Tensor,
) -> tf.Tensor:
    """`mean((|gradient| - 1)^2)` between real and generated pictures.

    Gulrajani et al., "Improved Training of Wasserstein GANs" (2017), equation 3, without its
    weight. The gradient is that of the sum of a picture's logits, its norm over the whole picture.

    Args:
      discriminator: pictures to logits.
      real: float (batch, height, width, channels).
      fake: likewise.
      mix: float (batch, 1, 1, 1) in [0, 1]: where between the two the gradient is taken; 0 is real.
    """
    between = real + mix * (fake - real)
    with tf.GradientTape() as tape:
        tape.watch(between)
        logits = discriminator(between)
    gradient = tape.gradient(logits, between)
    # The square root has no slope at zero.
    norms = tf.sqrt(tf.reduce_sum(tf.square(gradient), axis=[1, 2, 3]) + 1e-16)
    return tf.reduce_mean(tf.square(norms - 1.0))


def zero_centred_penalty(
    discriminator: Callable[[tf.Tensor], tf.Tensor], pictures: tf.Tensor
) -> tf.Tensor:
    """`mean(|gradient|^2)`, R1 for real pictures.

    Mescheder et al., "Which Training Methods for GANs do actually Converge?" (2018), equation 9,
    without its weight. The gradient is that of the mean of a picture's logits, which is
    independent of how many patches there are.

    Args:
      discriminator: pictures to logits (batch, height, width, 1).
      pictures: float (batch, height, width, channels).
    """
    with tf.GradientTape() as tape:
        tape.watch(pictures)
        logits = tf.reduce_mean(discriminator(pictures), axis=[1, 2, 3])
    gradient = tape.gradient(logits, pictures)
    return tf.reduce_mean(tf.reduce_sum(tf.square(gradient), axis=[1, 2, 3]))


def absolute_error(pictures: tf.Tensor, others: tf.Tensor) -> tf.Tensor:
    """`mean |pictures - others|`: the L1 of the cycle (equation 2) and the identity loss (5.2)."""
    return tf.reduce_mean(tf.abs(pictures - others))


def _cross_entropy(label: float, logits: tf.Tensor) -> tf.Tensor:
    labels = tf.fill(tf.shape(logits), label)
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels, logits))
