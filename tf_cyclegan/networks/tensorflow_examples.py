"""The networks of the installed package tensorflow_examples."""

import importlib
from types import ModuleType

import keras
import numpy as np
from absl import flags

from tf_cyclegan.system.errors import UserError

_MODULE = "tensorflow_examples.models.pix2pix.pix2pix"
_FLAGS = ("batch_size", "buffer_size", "enable_function", "epochs", "path")


def unet_generator(seed: int) -> keras.Model:
    """The package's U-Net, with first weights drawn from `seed`, which it takes none of.

    Raises:
      UserError: the package is not installed.
    """
    return _reseed(_pix2pix().unet_generator(3, norm_type="instancenorm"), seed)


def discriminator(seed: int) -> keras.Model:
    """The package's PatchGAN, likewise."""
    return _reseed(_pix2pix().discriminator(norm_type="instancenorm", target=False), seed)


def _pix2pix() -> ModuleType:
    """The module tensorflow_examples.models.pix2pix.pix2pix, without the flags that it defines.

    Imported, it defines absl flags some of which a trainer has of its own, which absl refuses. So
    the flags of the same names are taken away while it is imported, and put back.

    Raises:
      UserError: the package is not installed.
    """
    ours = _take_flags()
    try:
        return importlib.import_module(_MODULE)
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("tensorflow_examples"):
            raise
        raise UserError(
            "networks=tensorflow_examples: that package is not installed; install it with "
            "python -m pip install git+https://github.com/tensorflow/examples.git, or leave it "
            "out to use the same networks of this package"
        ) from error
    finally:
        _take_flags()
        for name, flag in ours.items():
            flags.FLAGS[name] = flag


def _take_flags() -> dict[str, flags.Flag]:
    taken = {name: flags.FLAGS[name] for name in _FLAGS if name in flags.FLAGS}
    for name in taken:
        delattr(flags.FLAGS, name)
    return taken


def _reseed(network: keras.Model, seed: int) -> keras.Model:
    """Draws the weights of a pix2pix network anew, from `seed`.

    Kernels from N(0, 0.02), `scale` from N(1, 0.02), all else zero: the package's initializers.
    """
    rng = np.random.default_rng(seed)
    means = {"kernel": 0.0, "scale": 1.0}
    for variable in network.trainable_variables:
        values = np.zeros(variable.shape, np.float32)
        if variable.name in means:
            values = means[variable.name] + 0.02 * rng.standard_normal(variable.shape, np.float32)
        variable.assign(values)
    for variable in network.non_trainable_variables:
        # The dropouts' random state, the only variables that are not trained.
        variable.assign(rng.integers(2**31, size=variable.shape))
    return network
