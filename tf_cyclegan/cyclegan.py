"""The model: four networks, four optimizers, and the step that trains them.

The words of this package, of the paper and of the data sets:

| here                 | meaning                    | in the paper | in folders and TFDS splits |
|----------------------|----------------------------|--------------|----------------------------|
| domain X, domain Y   | the two picture sets       | X, Y         | A, B (trainA, testB, ...)  |
| generator_g          | X to Y                     | G            | --direction=AtoB           |
| generator_f          | Y to X                     | F            | --direction=BtoA           |
| discriminator_x, _y  | judges pictures of it      | D_X, D_Y     |                            |
| fake, cycled, same   | G(x), F(G(x)), G(y)        |              |                            |
"""

import keras
import numpy as np
import tensorflow as tf

from tf_cyclegan import losses, networks
from tf_cyclegan.config import Config
from tf_cyclegan.optimizers import FusedAdam

NETWORKS = ("generator_g", "generator_f", "discriminator_x", "discriminator_y")


class CycleGAN(tf.Module):
    """Two generators, two discriminators, an Adam for each, after Zhu et al. (2017).

    Attributes:
      generator_g, generator_f, discriminator_x, discriminator_y: Keras models.
      optimizers: the Keras optimizer of each network, by the network's name.
      loss_names: the names of what `train_step` returns, in its order.
    """

    def __init__(self, config: Config):
        super().__init__()
        seeds = np.random.SeedSequence(config.seed).generate_state(4).tolist()
        self.generator_g = networks.build_generator(config, seeds[0])
        self.generator_f = networks.build_generator(config, seeds[1])
        self.discriminator_x = networks.build_discriminator(config, seeds[2])
        self.discriminator_y = networks.build_discriminator(config, seeds[3])
        self.optimizers = {name: self._optimizer(name, config) for name in NETWORKS}
        self._config = config
        self.loss_names = (
            *("adversarial_g", "adversarial_f", "cycle"),
            *(("identity_g", "identity_f") if config.identity_weight else ()),
            *("total_g", "total_f", "discriminator_x", "discriminator_y"),
        )
        pictures = tf.TensorSpec([None, config.image_size, config.image_size, 3], tf.float32)
        self.train_step = tf.function(
            self._train_step, input_signature=[pictures, pictures], autograph=False
        )

    def dropout_state(self) -> list[tf.Variable]:
        """The random state of the generators' dropouts, which Keras does not track."""
        generators = (self.generator_g, self.generator_f)
        return [v.value for network in generators for v in network.non_trainable_variables]

    def _optimizer(self, name: str, config: Config) -> keras.optimizers.Optimizer:
        adam = FusedAdam(config.learning_rate, beta_1=config.beta_1)
        # Keras would make the slots inside the traced step, where variables cannot be made.
        adam.build(getattr(self, name).trainable_variables)
        return adam

    def _train_step(self, real_x: tf.Tensor, real_y: tf.Tensor) -> dict[str, tf.Tensor]:
        """One update of all four networks, all gradients from one forward pass.

        Instance norm makes no difference between pictures in one batch or in two, so passes of
        the same network go as one batch.

        Args:
          real_x: float32 (batch, image_size, image_size, 3) in [-1, 1], of domain X.
          real_y: likewise of domain Y, the same number.

        Returns:
          Each loss by name, weighted as it enters the totals, before the update. `cycle` is the
          sum of both terms, which is in both totals.
        """
        with (
            tf.GradientTape() as tape_g,
            tf.GradientTape() as tape_f,
            tf.GradientTape() as tape_x,
            tf.GradientTape() as tape_y,
        ):
            fake_y, same_y = self._generate(self.generator_g, real_x, real_y)
            fake_x, same_x = self._generate(self.generator_f, real_y, real_x)
            cycled_x = self.generator_f(fake_y, training=True)
            cycled_y = self.generator_g(fake_x, training=True)
            judged_real_x, judged_fake_x = _in_one_batch(self.discriminator_x, real_x, fake_x)
            judged_real_y, judged_fake_y = _in_one_batch(self.discriminator_y, real_y, fake_y)

            named = {
                "adversarial_g": losses.generator_loss(judged_fake_y),
                "adversarial_f": losses.generator_loss(judged_fake_x),
                "cycle": self._config.cycle_weight
                * (
                    losses.absolute_error(real_x, cycled_x)
                    + losses.absolute_error(real_y, cycled_y)
                ),
                "discriminator_x": losses.discriminator_loss(judged_real_x, judged_fake_x),
                "discriminator_y": losses.discriminator_loss(judged_real_y, judged_fake_y),
            }
            named["total_g"] = named["adversarial_g"] + named["cycle"]
            named["total_f"] = named["adversarial_f"] + named["cycle"]
            if self._config.identity_weight:
                weight = self._config.cycle_weight * self._config.identity_weight
                named["identity_g"] = weight * losses.absolute_error(real_y, same_y)
                named["identity_f"] = weight * losses.absolute_error(real_x, same_x)
                named["total_g"] += named["identity_g"]
                named["total_f"] += named["identity_f"]

        tapes = (tape_g, tape_f, tape_x, tape_y)
        totals = ("total_g", "total_f", "discriminator_x", "discriminator_y")
        # All gradients before any update: in a graph the order of the lines is the order of the
        # reads and writes.
        gradients = {
            name: tape.gradient(named[total], getattr(self, name).trainable_variables)
            for name, tape, total in zip(NETWORKS, tapes, totals, strict=True)
        }
        for name in NETWORKS:
            self.optimizers[name].apply(gradients[name], getattr(self, name).trainable_variables)
        return {name: named[name] for name in self.loss_names}

    def _generate(
        self, generator: keras.Model, source: tf.Tensor, target: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor | None]:
        """The translation of `source`, and `target` passed through where identity loss needs it."""
        if self._config.identity_weight:
            return _in_one_batch(generator, source, target)
        return generator(source, training=True), None


def _in_one_batch(
    network: keras.Model, first: tf.Tensor, second: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """The network's outputs for two batches of the same size, in one pass."""
    return tf.split(network(tf.concat([first, second], axis=0), training=True), 2)
