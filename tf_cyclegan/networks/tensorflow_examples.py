"""The networks of the installed package tensorflow_examples."""

import importlib
from types import ModuleType

import keras
import numpy as np
from absl import flags

from tf_cyclegan.system.errors import UserError

_MODULE = "tensorflow_examples.models.pix2pix.pix2pix"
_MODULE_FLAGS = ("batch_size", "buffer_size", "enable_function", "epochs", "path")
_WEIGHT_MEANS = {"kernel": 0.0, "scale": 1.0}


def unet_generator(seed: int) -> keras.Model:
    """The package's U-Net, with weights from `seed`, an argument that the package lacks.

    Raises:
      UserError: the package is not installed.
    """
    return _reseed(import_pix2pix().unet_generator(3, norm_type="instancenorm"), seed)


def discriminator(seed: int) -> keras.Model:
    """The package's PatchGAN, likewise."""
    return _reseed(import_pix2pix().discriminator(norm_type="instancenorm", target=False), seed)


def import_pix2pix() -> ModuleType:
    """Imports the package's module without the absl flags that it defines.

    Some of them bear the names of a trainer's own, which absl refuses to define twice. So those are
    removed during the import and restored after it.

    Raises:
      UserError: the package is not installed.
    """
    own_flags = _remove_flags()
    try:
        return importlib.import_module(_MODULE)
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("tensorflow_examples"):
            raise
        raise UserError(
            "networks=tensorflow_examples: the package is not installed; install it with "
            "python -m pip install git+https://github.com/tensorflow/examples.git, or use the same "
            "networks of this package: networks=tf_cyclegan"
        ) from error
    finally:
        _remove_flags()
        for name, flag in own_flags.items():
            flags.FLAGS[name] = flag


def _remove_flags() -> dict[str, flags.Flag]:
    removed = {name: flags.FLAGS[name] for name in _MODULE_FLAGS if name in flags.FLAGS}
    for name in removed:
        delattr(flags.FLAGS, name)
    return removed


def _reseed(network: keras.Model, seed: int) -> keras.Model:
    """Initializes a network again, from `seed`, with the package's own distributions."""
    rng = np.random.default_rng(seed)
    for variable in network.trainable_variables:
        values = np.zeros(variable.shape, np.float32)
        if variable.name in _WEIGHT_MEANS:
            noise = rng.standard_normal(variable.shape, np.float32)
            values = _WEIGHT_MEANS[variable.name] + 0.02 * noise
        variable.assign(values)
    # Only the random state of dropout is not trainable.
    for variable in network.non_trainable_variables:
        variable.assign(rng.integers(2**31, size=variable.shape))
    return network
