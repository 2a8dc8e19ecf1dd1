"""The networks: which ones a Config asks for."""

import keras

from tf_cyclegan.config import Config
from tf_cyclegan.networks import pix2pix, resnet, tensorflow_examples

_RESNET_STYLES = {"resnet": "paper", "resnet_keras": "keras"}


def build_generator(
    config: Config, direction: str, seed: int, dtype: str = "float32"
) -> keras.Model:
    """A generator: float (batch, height, width, channels), channels of its domains, in [-1, 1].

    Args:
      config: the settings.
      direction: AtoB for generator_g, BtoA for generator_f.
      seed: of the first weights and of the dropout.
      dtype: Keras' dtype policy of all layers but the last; tensorflow_examples' are float32.

    Raises:
      UserError: `networks` is a package that is not installed.
    """
    if config.networks == "tensorflow_examples":
        return tensorflow_examples.unet_generator(seed)
    source, target = (config.channels(domain) for domain in direction.split("to"))
    if config.generator == "unet":
        return pix2pix.unet_generator(
            target,
            input_channels=source,
            filters=config.filters,
            depth=config.unet_depth,
            dropout=config.dropout_rate,
            seed=seed,
            dtype=dtype,
        )
    return resnet.resnet_generator(
        target,
        input_channels=source,
        filters=config.filters,
        blocks=config.blocks,
        style=_RESNET_STYLES[config.generator],
        dropout=config.dropout_rate,
        seed=seed,
        dtype=dtype,
    )


def build_discriminator(
    config: Config, domain: str, seed: int, dtype: str = "float32"
) -> keras.Model:
    """The PatchGAN that goes with the generator: pictures in [-1, 1] to logits (batch, h, w, 1).

    Args:
      config: the settings.
      domain: A for discriminator_x, B for discriminator_y.
      seed: of the first weights.
      dtype: as for `build_generator`.

    Raises:
      UserError: `networks` is a package that is not installed.
    """
    if config.networks == "tensorflow_examples":
        return tensorflow_examples.discriminator(seed)
    channels = config.channels(domain)
    if config.generator == "unet":
        return pix2pix.discriminator(
            input_channels=channels, filters=config.filters, seed=seed, dtype=dtype
        )
    return resnet.resnet_discriminator(
        input_channels=channels,
        filters=config.filters,
        style=_RESNET_STYLES[config.generator],
        seed=seed,
        dtype=dtype,
    )
