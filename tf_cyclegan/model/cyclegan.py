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

import contextlib
import functools
from collections.abc import Iterator

import keras
import numpy as np
import tensorflow as tf

from tf_cyclegan import networks
from tf_cyclegan.config import Config
from tf_cyclegan.model import augmentation, averages, losses, precision, recompute
from tf_cyclegan.model.adam import FusedAdam
from tf_cyclegan.model.finite_check import FiniteCheck
from tf_cyclegan.model.image_pool import ImagePool
from tf_cyclegan.networks.cpu import kernel_gradients

NETWORKS = ("generator_g", "generator_f", "discriminator_x", "discriminator_y")
GENERATORS = {"AtoB": "generator_g", "BtoA": "generator_f"}

# Gulrajani et al. (2017), section 4.
_PENALTY_WEIGHT = 10.0


class CycleGAN(tf.Module):
    """Two generators, two discriminators, an Adam for each, after Zhu et al. (2017).

    Attributes:
      generator_g, generator_f, discriminator_x, discriminator_y: Keras models.
      optimizers: the Keras optimizer of each network, by the network's name.
      averages: generators with averaged weights by the generator's name; empty where `ema` is 0.
      pools: the image pools by the discriminator's name; empty where `pool_size` is 0.
      finite_check: checks the losses and networks of each step.
      precision: the networks' compute type: float32, bfloat16 or float16.
      loss_scales: in float16, the loss scale of each network by its name.
      gradient_norms: the global norm of each network's gradients in the last step, by its name.
      loss_names: the names of the losses.
      scalar_names: the names of what `train_step` returns, in order: the losses, and the accuracies
        of the discriminators where the loss has a decision boundary.
    """

    def __init__(self, config: Config):
        super().__init__()
        seeds = np.random.SeedSequence(config.seed).generate_state(10).tolist()
        self.precision = precision.choose(config)
        policy = precision.POLICIES[self.precision]
        self.generator_g = networks.build_generator(config, "AtoB", seeds[0], policy)
        self.generator_f = networks.build_generator(config, "BtoA", seeds[1], policy)
        self.discriminator_x = networks.build_discriminator(config, "A", seeds[2], policy)
        self.discriminator_y = networks.build_discriminator(config, "B", seeds[3], policy)
        self.optimizers = {name: self._optimizer(name, config) for name in NETWORKS}
        self.averages = {
            name: networks.build_generator(config, direction, 0, policy)
            for direction, name in GENERATORS.items()
            if config.ema
        }
        self.restart_averages()
        built = [getattr(self, name) for name in NETWORKS]
        self._segments = {id(n): recompute.segments(n) for n in built if config.recompute}
        # Recomputed passes keep no activations to take kernel gradients from.
        generators = (self.generator_g, self.generator_f)
        self._passes = None if config.recompute else kernel_gradients.Passes(*generators)
        size = (config.image_size, config.image_size)
        channels = {"discriminator_x": config.channels_x, "discriminator_y": config.channels_y}
        self.pools = {
            name: ImagePool(config.pool_size, (*size, channels[name]), seed)
            for name, seed in zip(channels, seeds[4:6], strict=True)
            if config.pool_size
        }
        self.loss_scales = precision.loss_scales(NETWORKS) if self.precision == "float16" else {}
        self._penalty_seeds = dict(zip(channels, seeds[6:8], strict=True))
        self._augmentation_seeds = dict(zip(channels, seeds[8:10], strict=True))
        self._config = config
        self._adversarial = losses.ADVERSARIAL_LOSSES[config.adversarial_loss]
        self.loss_names = (
            *("adversarial_g", "adversarial_f", "cycle"),
            *(("identity_g", "identity_f") if config.identity_weight else ()),
            *("total_g", "total_f", "discriminator_x", "discriminator_y"),
        )
        judges = self._adversarial.boundary is not None
        self.scalar_names = self.loss_names + (("accuracy_x", "accuracy_y") if judges else ())
        self.gradient_norms = {name: tf.Variable(0.0, trainable=False) for name in NETWORKS}
        self.finite_check = FiniteCheck([*self.scalar_names, *NETWORKS])
        sizes = (None, None) if config.preprocess == "none" else size
        # A known batch size makes each norm one fused operation, which XLA's steps are slower with.
        # The last of an epoch's larger batches may be smaller.
        batch = 1 if config.batch_size == 1 and not config.xla else None
        pictures = [tf.TensorSpec([batch, *sizes, c], tf.float32) for c in channels.values()]
        self.train_step = tf.function(
            self._train_step, input_signature=pictures, autograph=False, jit_compile=config.xla
        )

    @property
    def translators(self) -> dict[str, keras.Model]:
        """The generators to translate with, by direction: those with averaged weights if any."""
        return {
            direction: self.averages.get(name, getattr(self, name))
            for direction, name in GENERATORS.items()
        }

    def restart_averages(self) -> None:
        """Lets averages begin at the weights that the generators have now."""
        for name, average in self.averages.items():
            averages.restart(average, getattr(self, name))

    def dropout_state(self) -> list[tf.Variable]:
        """The random state of the generators' dropout layers, which Keras does not track."""
        generators = (self.generator_g, self.generator_f)
        return [v.value for network in generators for v in network.non_trainable_variables]

    def set_learning_rate(self, rate: float) -> None:
        """Sets the rate of all four optimizers."""
        for optimizer in self.optimizers.values():
            optimizer.learning_rate.assign(rate)

    def _optimizer(self, name: str, config: Config) -> keras.optimizers.Optimizer:
        adam = FusedAdam(config.learning_rate, beta_1=config.beta_1)
        # Keras would make the slots inside the traced step, where variables cannot be made.
        adam.build(getattr(self, name).trainable_variables)
        return adam

    def _train_step(self, real_x: tf.Tensor, real_y: tf.Tensor) -> dict[str, tf.Tensor]:
        """One update of all four networks.

        Updated simultaneously, all take their gradients from one forward pass. Updated
        discriminators first, the generators learn from discriminators that have already learned
        from the same pictures. Instance norm makes no difference between pictures in one batch or
        in two, so passes of the same network go as one batch.

        Args:
          real_x: float32 (batch, height, width, channels_x) in [-1, 1], of domain X. Where
            `batch_size` is 1 it is one picture; else any number, as an epoch's last batch has.
          real_y: likewise of domain Y, the same number.

        Returns:
          Each loss by name, weighted as it enters the totals, before the update, and accuracies in
          [0, 1]. `cycle` is the sum of both terms, which is in both totals.
        """
        tapes = {name: self._tape(name) for name in NETWORKS}
        named: dict[str, tf.Tensor] = {}

        # Translate.
        with tapes["generator_g"], tapes["generator_f"], self._generators_passes():
            fake_y, same_y = self._generate(self.generator_g, real_x, real_y)
            fake_x, same_x = self._generate(self.generator_f, real_y, real_x)
            cycled_x = self._call(self.generator_f, fake_y)
            cycled_y = self._call(self.generator_g, fake_x)

        # Judge. Discriminators that come first learn here.
        for name, real, fake, teaches in (
            ("discriminator_x", real_x, fake_x, "f"),
            ("discriminator_y", real_y, fake_y, "g"),
        ):
            teaching = tapes[f"generator_{teaches}"]
            loss, logits, accuracy = self._discriminate(name, real, fake, tapes[name], teaching)
            named |= {name: loss, f"accuracy_{name[-1]}": accuracy}
            with teaching:
                named[f"adversarial_{teaches}"] = self._adversarial.generator(logits)

        # The generators' losses.
        with tapes["generator_g"], tapes["generator_f"]:
            named |= self._reconstruction_losses(
                (real_x, cycled_x, same_x), (real_y, cycled_y, same_y)
            )
            for letter in "gf":
                named[f"total_{letter}"] = named[f"adversarial_{letter}"] + named["cycle"]
                if self._config.identity_weight:
                    named[f"total_{letter}"] += named[f"identity_{letter}"]

        # Gradients, all before any update: the order of the lines is that of reads and writes.
        totals = {"generator_g": named["total_g"], "generator_f": named["total_f"]}
        if not self._discriminators_first:
            totals |= {name: named[name] for name in NETWORKS[2:]}
        gradients = {name: self._gradient(name, tapes[name], totals[name]) for name in totals}

        # Update.
        for name, gradient in gradients.items():
            self._apply(name, gradient)
        for name, average in self.averages.items():
            step = tf.cast(self.optimizers[name].iterations, tf.float32)
            averages.update(average, getattr(self, name), averages.rate_at(step, self._config.ema))

        returned = {name: named[name] for name in self.scalar_names}
        # A gradient that is not finite comes down to a network's first kernel, and Adam keeps it.
        kernels = [getattr(self, name).trainable_variables[0] for name in NETWORKS]
        self.finite_check.note([*returned.values(), *kernels])
        return returned

    @property
    def _discriminators_first(self) -> bool:
        return self._config.update_order == "discriminators_first"

    @contextlib.contextmanager
    def _generators_passes(self) -> Iterator[None]:
        """Within it the generators are called: what their passes have in common is done once."""
        with precision.kernels_cast_once(self.generator_g, self.generator_f):
            if self._passes is None:
                yield
                return
            with self._passes.recorded():
                yield

    def _generate(
        self, generator: keras.Model, source: tf.Tensor, target: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor | None]:
        """The translation of `source`, and of `target` where the identity loss needs that."""
        if self._config.identity_weight:
            return self._pass(generator, source, target)
        return self._call(generator, source), None

    def _discriminate(
        self,
        name: str,
        real: tf.Tensor,
        fake: tf.Tensor,
        tape: tf.GradientTape,
        generator_tape: tf.GradientTape,
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor | None]:
        """A discriminator's loss, its logits for `fake` on the generator's tape, its accuracy."""
        discriminator = getattr(self, name)
        if not self.pools and not self._discriminators_first:
            with tape, generator_tape:
                real, fake = self._augmented(name, real, 0), self._augmented(name, fake, 1)
                judged_real, judged_fake = self._pass(discriminator, real, fake)
            with tape:
                loss = self._discriminator_loss(name, real, fake, judged_real, judged_fake)
            return loss, judged_fake, self._accuracy(judged_real, judged_fake)
        shown = self._shown(name, fake)
        with tape:
            real, shown = self._augmented(name, real, 0), self._augmented(name, shown, 1)
            judged = self._pass(discriminator, real, shown)
            loss = self._discriminator_loss(name, real, shown, *judged)
        if self._discriminators_first:
            self._apply(name, self._gradient(name, tape, loss))
        with generator_tape:
            logits = self._call(discriminator, self._augmented(name, fake, 2))
            return loss, logits, self._accuracy(*judged)

    def _shown(self, name: str, fake: tf.Tensor) -> tf.Tensor:
        """The generated pictures that a discriminator learns from, for those of this step."""
        if not self.pools:
            return fake
        pool = self.pools[name]
        return pool.pair(fake) if self._config.pool_mode == "pair" else pool.exchange(fake)

    def _augmented(self, name: str, batch: tf.Tensor, place: int) -> tf.Tensor:
        """What a discriminator sees of a batch, one of a few in a step, told apart by `place`."""
        kinds = self._config.augmentations
        if not kinds:
            return batch
        return augmentation.augment(
            batch, kinds, self._step_seed(name, self._augmentation_seeds[name] + place)
        )

    def _step_seed(self, name: str, seed: int) -> tf.Tensor:
        """A seed, int64 (2,). It follows from the step, so that a resumed run draws the same."""
        step = tf.cast(self.optimizers[name].iterations, tf.int64)
        return tf.stack([tf.constant(seed, tf.int64), step])

    def _reconstruction_losses(
        self, of_x: tuple[tf.Tensor | None, ...], of_y: tuple[tf.Tensor | None, ...]
    ) -> dict[str, tf.Tensor]:
        """The cycle and identity losses of pictures, given with their cycled and same ones."""
        (real_x, cycled_x, same_x), (real_y, cycled_y, same_y) = of_x, of_y
        error, weight = losses.absolute_error, self._config.cycle_weight
        found = {"cycle": weight * (error(real_x, cycled_x) + error(real_y, cycled_y))}
        if self._config.identity_weight:
            weight *= self._config.identity_weight
            found["identity_g"] = weight * error(real_y, same_y)
            found["identity_f"] = weight * error(real_x, same_x)
        return found

    def _accuracy(self, judged_real: tf.Tensor, judged_fake: tf.Tensor) -> tf.Tensor | None:
        if self._adversarial.boundary is None:
            return None
        return self._adversarial.accuracy(judged_real, judged_fake)

    def _discriminator_loss(
        self,
        name: str,
        real: tf.Tensor,
        fake: tf.Tensor,
        judged_real: tf.Tensor,
        judged_fake: tf.Tensor,
    ) -> tf.Tensor:
        loss = self._adversarial.discriminator(judged_real, judged_fake)
        config, discriminator = self._config, getattr(self, name)
        # With pool_mode=pair there are older ones after the new ones.
        new_fake = fake[: tf.shape(real)[0]]
        # Halved like the rest of the discriminator's loss.
        if config.adversarial_loss == "wgan_gp":
            mix = self._mix(name, real)
            penalty = losses.gradient_penalty(discriminator, real, new_fake, mix)
            loss += 0.5 * _PENALTY_WEIGHT * penalty
        if config.gradient_penalty:
            between = config.penalty_at == "between"
            at = real + self._mix(name, real) * (new_fake - real) if between else real
            penalty = losses.zero_centred_penalty(discriminator, at)
            loss += 0.5 * config.gradient_penalty * penalty
        return loss

    def _mix(self, name: str, pictures: tf.Tensor) -> tf.Tensor:
        """Where between real and generated pictures a penalty is taken: (batch, 1, 1, 1)."""
        seed = self._step_seed(name, self._penalty_seeds[name])
        return tf.random.stateless_uniform([tf.shape(pictures)[0], 1, 1, 1], seed)

    def _pass(
        self, network: keras.Model, first: tf.Tensor, second: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """The network's outputs for two batches, in one pass where pictures are of one size."""
        if self._config.preprocess == "none":
            return self._call(network, first), self._call(network, second)
        outputs = self._call(network, tf.concat([first, second], axis=0))
        return tf.split(outputs, [tf.shape(first)[0], tf.shape(second)[0]])

    def _call(self, network: keras.Model, pictures: tf.Tensor) -> tf.Tensor:
        if self._config.recompute:
            return recompute.recomputed(self._segments[id(network)], pictures)
        return network(pictures, training=True)

    def _tape(self, name: str) -> tf.GradientTape:
        """A tape that watches one network's weights alone, so that nothing else is traced."""
        tape = tf.GradientTape(watch_accessed_variables=False)
        with tape:
            tape.watch([weight.value for weight in getattr(self, name).trainable_variables])
        return tape

    def _gradient(
        self, name: str, tape: tf.GradientTape, loss: tf.Tensor
    ) -> list[tf.Tensor | None]:
        weights = getattr(self, name).trainable_variables
        take = tape.gradient
        if self._passes is not None and name in ("generator_g", "generator_f"):
            take = functools.partial(self._passes.gradients, tape)
        if not self.loss_scales:
            return take(loss, weights)
        return self.loss_scales[name].unscaled(
            lambda scale: take(loss, weights, output_gradients=scale)
        )

    def _apply(self, name: str, gradients: list[tf.Tensor | None]) -> None:
        """Updates a network, unless its gradients overflowed in float16."""
        self.gradient_norms[name].assign(tf.linalg.global_norm(gradients))

        def apply() -> None:
            self.optimizers[name].apply(gradients, getattr(self, name).trainable_variables)

        if self.loss_scales:
            tf.cond(precision.all_finite(gradients), apply, lambda: None)
        else:
            apply()
