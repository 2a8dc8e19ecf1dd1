"""In which numbers the networks compute, and what keeps small gradients in the smallest of them.

Weights, losses, the statistics of norms, Adam and the pictures that come out are float32 always.
"""

import contextlib
import functools
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import keras
import tensorflow as tf

from tf_cyclegan.config import Config
from tf_cyclegan.networks import kernel_gradients

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

    bfloat16 where it was measured to be faster: on CPUs that multiply matrices of it (Intel's AMX).
    Elsewhere float32: without those, bfloat16 is slower than float32, and it was not measured on
    GPUs, nor made for networks of tensorflow_examples.
    """
    if config.precision != "auto":
        return config.precision
    if config.networks == "tensorflow_examples" or tf.config.list_physical_devices("GPU"):
        return "float32"
    return "bfloat16" if _has_amx() else "float32"


@functools.cache
def _has_amx() -> bool:
    try:
        return "amx_bf16" in Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    except OSError:
        return False


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

    def gradients(
        self, tape: tf.GradientTape, loss: tf.Tensor, weights: list[tf.Variable]
    ) -> list[tf.Tensor | None]:
        """The gradients of `loss` for the weights; where one overflowed, not finite.

        None for a weight that `loss` does not depend on.
        """
        scale = tf.identity(self.scale)
        scaled = kernel_gradients.gradients(tape, loss, weights, scale)
        gradients = [None if gradient is None else gradient / scale for gradient in scaled]
        finite = all_finite(gradients)
        steps = tf.where(finite, self.steps + 1, 0)
        grown = tf.where(steps >= _GROWS_AFTER, 2.0 * scale, scale)
        self.scale.assign(tf.where(finite, grown, tf.maximum(0.5 * scale, 1.0)))
        self.steps.assign(tf.where(steps >= _GROWS_AFTER, tf.zeros_like(steps), steps))
        return gradients


def loss_scales(networks: Iterable[str]) -> dict[str, LossScale]:
    """One for each network: each learns from a loss of its own."""
    return {name: LossScale() for name in networks}


def all_finite(tensors: Iterable[tf.Tensor | None]) -> tf.Tensor:
    """Whether every number of every tensor is finite: a bool. None is passed over."""
    there = [tensor for tensor in tensors if tensor is not None]
    return tf.reduce_all([tf.reduce_all(tf.math.is_finite(tensor)) for tensor in there])
