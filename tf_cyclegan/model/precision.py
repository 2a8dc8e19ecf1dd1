"""The floating-point formats that the networks compute in, and loss scaling.

Weights, losses, the statistics of norms, Adam and the pictures that come out are float32 always.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping

import keras
import tensorflow as tf

from tf_cyclegan.config import Config
from tf_cyclegan.system import devices

# Keras' dtype policies: float32 weights, and layers that compute in what the name says.
POLICIES: Mapping[str, str] = {
    "float32": "float32",
    "bfloat16": "mixed_bfloat16",
    "float16": "mixed_float16",
}

_FIRST_SCALE = 2.0**15
# After Micikevicius et al., "Mixed Precision Training" (2018), and Keras' LossScaleOptimizer.
_GROWS_AFTER = 2000


def choose(config: Config) -> str:
    """float32, bfloat16 or float16: what `config.precision` asks for, or what is fastest here.

    bfloat16 where it was measured to be faster: on CPUs with instructions for it. Elsewhere
    float32: without those, bfloat16 is slower than float32, and it was not measured on GPUs, nor
    made for networks of tensorflow_examples.
    """
    if config.precision != "auto":
        return config.precision
    if config.networks == "tensorflow_examples" or devices.has_gpu():
        return "float32"
    return "bfloat16" if devices.cpu_computes_bfloat16() else "float32"


@contextlib.contextmanager
def kernels_cast_once(*networks: keras.Model) -> Iterator[None]:
    """Within it each kernel is read and cast once, however often its network is called.

    A U-Net's kernels are ten times as large as what flows through them, so that casting them on
    each pass, and each pass's gradient of them, was a fifth of a step in bfloat16.
    """
    with keras.StatelessScope() as scope:
        for network in networks:
            for layer in _plain_layers(network):
                if hasattr(layer, "kernel"):
                    kernel = tf.cast(layer.kernel.value, layer.compute_dtype)
                    scope.state_mapping[id(layer.kernel)] = kernel
        yield
    # Changes of variables are held back by the scope: the dropouts' random states.
    for network in networks:
        for variable in network.non_trainable_variables:
            if (value := scope.get_current_value(variable)) is not None:
                variable.assign(value)


def _plain_layers(network: keras.Model) -> Iterator[keras.layers.Layer]:
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            yield from _plain_layers(layer)
        else:
            yield layer


class LossScale(tf.Module):
    """Multiplies a loss so that its gradients do not vanish in float16, and divides them again.

    The scale is halved when a gradient overflows, and doubled after 2000 steps without that. It is
    kept in variables, so that it belongs in a checkpoint.

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
        """Gradients of the scaled loss, divided by the scale; where one overflowed, not finite.

        Args:
          gradients: makes them, given the scale: None for a weight that the loss does not depend
            on.
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
    """One for each network: each learns from a loss of its own."""
    return {name: LossScale() for name in networks}


def all_finite(tensors: Iterable[tf.Tensor | None]) -> tf.Tensor:
    """Whether every number of every tensor is finite: a bool. None is passed over."""
    there = [tensor for tensor in tensors if tensor is not None]
    return tf.reduce_all([tf.reduce_all(tf.math.is_finite(tensor)) for tensor in there])
