"""The networks: which ones a Config asks for."""

import keras

from tf_cyclegan.config import Config
from tf_cyclegan.networks import external, pix2pix


def build_generator(config: Config, seed: int) -> keras.Model:
    """A generator: float (batch, height, width, 3) to the same shape, both in [-1, 1].

    Raises:
      UserError: `networks` is a package that is not installed.
    """
    if config.networks == "tensorflow_examples":
        return external.reseed(external.pix2pix().unet_generator(3, norm_type="instancenorm"), seed)
    depth = pix2pix.unet_depth(config.image_size)
    return pix2pix.unet_generator(3, filters=config.filters, depth=depth, seed=seed)


def build_discriminator(config: Config, seed: int) -> keras.Model:
    """A discriminator: float (batch, height, width, 3) in [-1, 1] to logits (batch, h, w, 1).

    Raises:
      UserError: `networks` is a package that is not installed.
    """
    if config.networks == "tensorflow_examples":
        network = external.pix2pix().discriminator(norm_type="instancenorm", target=False)
        return external.reseed(network, seed)
    return pix2pix.discriminator(filters=config.filters, seed=seed)
