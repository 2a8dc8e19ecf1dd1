"""Joint gradients of large kernels: one op for all passes through a generator.

A generator runs twice in a step: on real pictures, and on the other generator's translations. The
gradient of a kernel is the sum over both passes. TensorFlow computes a gradient as large as the
kernel for each pass and adds them; most of a U-Net's kernels are many times as large as their maps.
Here the maps of all passes are concatenated to one batch first, and the gradient is computed once.
That saves a sixth of a `tutorial` step and a tenth of its memory. The gradients are those of
`tape.gradient`, up to rounding.
"""

import contextlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import keras
import tensorflow as tf

from tf_cyclegan.networks.cpu.small_maps import Conv2D, Conv2DTranspose
from tf_cyclegan.networks.layers import flat_layers

_Layer = Conv2D | Conv2DTranspose


class _Pass(NamedTuple):
    inputs: tf.Tensor
    output: tf.Tensor


class Passes:
    """Records passes through networks, and computes gradients from them.

    For first derivatives only: a gradient penalty differentiates a gradient, which is not recorded.
    """

    def __init__(self, *networks: keras.Model):
        layers = [layer for network in networks for layer in flat_layers(network)]
        self._layers = [layer for layer in layers if isinstance(layer, _Layer)]
        self._passes: dict[_Layer, list[_Pass]] = {}

    @contextlib.contextmanager
    def recorded(self) -> Iterator[None]:
        """A context that records the networks' passes and forgets earlier ones."""
        self._passes = {layer: [] for layer in self._layers}
        for layer in self._layers:
            layer.record = self._record
        try:
            yield
        finally:
            for layer in self._layers:
                layer.record = None

    def gradients(
        self,
        tape: tf.GradientTape,
        loss: tf.Tensor,
        weights: Sequence[keras.Variable],
        output_gradients: tf.Tensor | None = None,
    ) -> list[tf.Tensor | None]:
        """What `tape.gradient` returns for the same arguments."""
        positions = {id(weight): position for position, weight in enumerate(weights)}
        recorded = {
            positions[id(layer.kernel)]: (layer, passes)
            for layer, passes in self._passes.items()
            if passes and id(layer.kernel) in positions
        }
        # The tape differentiates by the outputs of recorded layers, and by all other weights.
        others = [position for position in range(len(weights)) if position not in recorded]
        outputs = [[each.output for each in passes] for _, passes in recorded.values()]
        to_others, to_outputs = tape.gradient(
            loss, ([weights[i] for i in others], outputs), output_gradients=output_gradients
        )
        gradients = dict(zip(others, to_others, strict=True))
        for (position, recording), upstreams in zip(recorded.items(), to_outputs, strict=True):
            gradients[position] = _joint_gradient(*recording, upstreams)
        return [gradients[position] for position in range(len(weights))]

    def _record(self, layer: _Layer, inputs: tf.Tensor, output: tf.Tensor) -> None:
        self._passes[layer].append(_Pass(inputs, output))


def _joint_gradient(
    layer: _Layer, passes: Sequence[_Pass], upstreams: Sequence[tf.Tensor | None]
) -> tf.Tensor | None:
    """A kernel's gradient from the gradients of all its layer's outputs."""
    pairs = zip(passes, upstreams, strict=True)
    used = [(each.inputs, upstream) for each, upstream in pairs if upstream is not None]
    if not used:
        return None
    inputs, gradients = (tf.concat(each, axis=0) for each in zip(*used, strict=True))
    return tf.cast(layer.kernel_gradient(inputs, gradients), layer.kernel.dtype)
