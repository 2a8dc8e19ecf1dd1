"""Gradients of kernels that are larger than their maps: each in one operation for all passes.

A generator makes two passes in a step: over the pictures, and over the other generator's
translations. The gradient of a kernel is the sum of both passes', each as large as the kernel, and
most of a U-Net's kernels are many times as large as the maps around them. So the gradient is taken
once, of the maps of all passes as one batch: a sixth of the time of `tutorial`'s step.
"""

import contextlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import keras
import tensorflow as tf

from tf_cyclegan.networks.cpu.small_maps import Conv2D, Conv2DTranspose

_Layer = Conv2D | Conv2DTranspose


class _Pass(NamedTuple):
    inputs: tf.Tensor
    output: tf.Tensor


class Passes:
    """The passes of some networks, recorded to take gradients of.

    For first derivatives alone: a gradient penalty, which differentiates a gradient, goes through
    kernels in ways that are not recorded.
    """

    def __init__(self, *networks: keras.Model):
        self._layers = [layer for network in networks for layer in _layers(network)]
        self._made: dict[_Layer, list[_Pass]] = {}

    @contextlib.contextmanager
    def recorded(self) -> Iterator[None]:
        """The networks' passes within it are recorded, and those before it forgotten."""
        self._made = {layer: [] for layer in self._layers}
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
        places = {id(weight): place for place, weight in enumerate(weights)}
        made = {
            places[id(layer.kernel)]: (layer, passes)
            for layer, passes in self._made.items()
            if passes and id(layer.kernel) in places
        }
        sources = [weight for place, weight in enumerate(weights) if place not in made]
        outputs = [[each.output for each in passes] for _, passes in made.values()]
        to_sources, to_outputs = tape.gradient(
            loss, (sources, outputs), output_gradients=output_gradients
        )
        found: list[tf.Tensor | None] = [None] * len(weights)
        for source, gradient in zip(sources, to_sources, strict=True):
            found[places[id(source)]] = gradient
        for (place, (layer, passes)), upstreams in zip(made.items(), to_outputs, strict=True):
            found[place] = _kernel_gradient(layer, passes, upstreams)
        return found

    def _record(self, layer: _Layer, inputs: tf.Tensor, output: tf.Tensor) -> None:
        self._made[layer].append(_Pass(inputs, output))


def _layers(network: keras.Model) -> Iterator[_Layer]:
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            yield from _layers(layer)
        elif isinstance(layer, _Layer):
            yield layer


def _kernel_gradient(
    layer: _Layer, passes: Sequence[_Pass], upstreams: Sequence[tf.Tensor | None]
) -> tf.Tensor | None:
    """The gradient of a layer's kernel, given those of its outputs."""
    both = zip(passes, upstreams, strict=True)
    used = [(each.inputs, upstream) for each, upstream in both if upstream is not None]
    if not used:
        return None
    inputs, gradients = (tf.concat(each, axis=0) for each in zip(*used, strict=True))
    return tf.cast(layer.kernel_gradient(inputs, gradients), layer.kernel.dtype)
