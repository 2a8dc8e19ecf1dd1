"""Builds the networks that a Config asks for."""

from typing import Any

import keras

from tf_cyclegan.config import Config
from tf_cyclegan.networks import pix2pix, resnet, tensorflow_examples

_RESNET_STYLES = {"resnet": "paper", "resnet_keras": "keras"}
_DIRECTIONS = {"generator_g": "AtoB", "generator_f": "BtoA"}
_DOMAINS = {"discriminator_x": "A", "discriminator_y": "B"}


def build(config: Config, name: str) -> keras.Model:
    """Builds a network by its name: generator_g, generator_f, discriminator_x, discriminator_y.

    Raises:
      UserError: `networks` names a package that is not installed.
    """
    if name in _DOMAINS:
        return build_discriminator(config, _DOMAINS[name], seed=0)
    return build_generator(config, _DIRECTIONS[name], seed=0)


def build_generator(
    config: Config, direction: str, seed: int, dtype: str = "float32"
) -> keras.Model:
    """Builds a generator: float (batch, height, width, channels) in [-1, 1] to the same.

    Args:
      config: the settings; they fix the channels of both domains.
      direction: AtoB for generator_g, BtoA for generator_f.
      seed: seed of the weights and of dropout.
      dtype: Keras dtype policy of all layers but the last; ignored by tensorflow_examples.

    Raises:
      UserError: `networks` names a package that is not installed.
    """
    if config.networks == "tensorflow_examples":
        return tensorflow_examples.unet_generator(seed)
    source, target = (config.channels(domain) for domain in direction.split("to"))
    settings: dict[str, Any] = {
        "input_channels": source,
        "filters": config.filters,
        "dropout": config.dropout_rate,
        "upsampling": config.upsampling,
        "attention_mask": config.attention_mask,
        "seed": seed,
        "dtype": dtype,
    }
    if config.generator == "unet":
        return pix2pix.unet_generator(target, depth=config.unet_depth, **settings)
    style = _RESNET_STYLES[config.generator]
    settings |= {"blocks": config.blocks, "style": style, "norm_type": config.norm}
    return resnet.resnet_generator(target, **settings)


def build_discriminator(
    config: Config, domain: str, seed: int, dtype: str = "float32"
) -> keras.Model:
    """Builds the generator's PatchGAN: pictures in [-1, 1] to logits (batch, h, w, 1).

    Args:
      config: the settings.
      domain: A for discriminator_x, B for discriminator_y.
      seed: seed of the weights.
      dtype: as in `build_generator`.

    Raises:
      UserError: `networks` names a package that is not installed.
    """
    if config.networks == "tensorflow_examples":
        return tensorflow_examples.discriminator(seed)
    settings: dict[str, Any] = {
        "input_channels": config.channels(domain),
        "filters": config.filters,
        "spectral_norm": config.spectral_norm,
        "seed": seed,
        "dtype": dtype,
    }
    if config.generator == "unet":
        return pix2pix.discriminator(**settings)
    style = _RESNET_STYLES[config.generator]
    return resnet.resnet_discriminator(style=style, norm_type=config.norm, **settings)
