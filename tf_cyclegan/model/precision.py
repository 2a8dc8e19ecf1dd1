"""Mixed precision: the networks' compute type, and loss scaling for float16.

Weights, losses, the norms' statistics, Adam's moments and output pictures are always float32.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping

import keras
import tensorflow as tf

from tf_cyclegan.config import Config
from tf_cyclegan.networks.layers import flat_layers
from tf_cyclegan.system import devices

# Keras' dtype policies.
POLICIES: Mapping[str, str] = {
    "float32": "float32",
    "bfloat16": "mixed_bfloat16",
    "float16": "mixed_float16",
}

_FIRST_SCALE = 2.0**15
# After Micikevicius et al., "Mixed Precision Training" (2018), and Keras' LossScaleOptimizer.
_GROWS_AFTER = 2000


def choose(config: Config) -> str:
    """The compute type: float32, bfloat16 or float16.

    `auto` is bfloat16 where that was measured to be faster, on CPUs with instructions for it, and
    float32 elsewhere: on other CPUs, on GPUs, where it was not measured, and for the networks of
    tensorflow_examples, which have no other.
    """
    if config.precision != "auto":
        return config.precision
    if config.networks == "tensorflow_examples" or devices.has_gpu():
        return "float32"
    return "bfloat16" if devices.cpu_computes_bfloat16() else "float32"


@contextlib.contextmanager
def kernels_cast_once(*networks: keras.Model) -> Iterator[None]:
    """Within it each kernel is read and cast once, however often its network is called.

    A U-Net's kernels are ten times as large as its activations: casting them, and their gradients,
    for each pass took a fifth of a step in bfloat16.
    """
    with keras.StatelessScope() as scope:
        for network in networks:
            for layer in flat_layers(network):
                if hasattr(layer, "kernel"):
                    kernel = tf.cast(layer.kernel.value, layer.compute_dtype)
                    scope.state_mapping[id(layer.kernel)] = kernel
        yield
    # The scope holds back assignments, which are those of the dropout layers' random state.
    for network in networks:
        for variable in network.non_trainable_variables:
            if (value := scope.get_current_value(variable)) is not None:
                variable.assign(value)


class LossScale(tf.Module):
    """Dynamic loss scaling: scales a loss so that its gradients do not underflow in float16.

    The scale is halved when a gradient overflows and doubled after 2000 steps without overflow. It
    is a variable, for the checkpoint.

    Attributes:
      scale: float32, at least 1.
      steps: int64, steps since the scale changed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.scale = tf.Variable(_FIRST_SCALE, trainable=False)
        self.steps = tf.Variable(0, dtype=tf.int64, trainable=False)

    def unscaled(
        self, gradients: Callable[[tf.Tensor], list[tf.Tensor | None]]
    ) -> list[tf.Tensor | None]:
        """The gradients of the scaled loss, divided by the scale; not finite after an overflow.

        Args:
          gradients: the gradients for a given scale; None for weights that the loss does not
            depend on.
        """
        scale = tf.identity(self.scale)
        found = [None if each is None else each / scale for each in gradients(scale)]
        finite = all_finite(found)
        steps = tf.where(finite, self.steps + 1, 0)
        grown = tf.where(steps >= _GROWS_AFTER, 2.0 * scale, scale)
        self.scale.assign(tf.where(finite, grown, tf.maximum(0.5 * scale, 1.0)))
        self.steps.assign(tf.where(steps >= _GROWS_AFTER, tf.zeros_like(steps), steps))
        return found


def loss_scales(networks: Iterable[str]) -> dict[str, LossScale]:
    """One for each network, as each has a loss of its own."""
    return {name: LossScale() for name in networks}


def all_finite(tensors: Iterable[tf.Tensor | None]) -> tf.Tensor:
    """Whether all values of all tensors are finite, a scalar bool. None is skipped."""
    finite = [tf.reduce_all(tf.math.is_finite(each)) for each in tensors if each is not None]
    return tf.reduce_all(finite)
