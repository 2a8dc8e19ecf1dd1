"""Gradients of large kernels, each taken once for all passes of its network.

A generator translates pictures, and what the other one makes of the other domain's. The gradient
of a kernel is the sum of both passes', each as large as the kernel, and most of a U-Net's kernels
are many times as large as the maps that they are taken from. So the maps are kept instead, until
those of all passes are there: of them as one batch one operation makes the sum.
"""

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any, NamedTuple

import keras
import tensorflow as tf

_Operation = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


class _Maps(NamedTuple):
    """What a kernel's gradient is taken from: of each pass the layer's input, and the gradient
    for its output."""

    to_kernel: _Operation
    inputs: list[tf.Tensor]
    upstreams: list[tf.Tensor]

    def gradient(self) -> tf.Tensor:
        return self.to_kernel(tf.concat(self.inputs, axis=0), tf.concat(self.upstreams, axis=0))


# By the kernel's id and the size of the maps, while `gradients` runs.
_Stash = dict[tuple[int, tuple[int, ...]], _Maps]
_stash: ContextVar[_Stash | None] = ContextVar("stash", default=None)


def linear(
    x: tf.Tensor,
    kernel: keras.Variable,
    operation: _Operation,
    adjoint: _Operation,
    to_kernel: _Operation,
) -> tf.Tensor:
    """`operation(x, kernel)`, with gradients by the other two.

    Args:
      x: a layer's input: a batch of maps of a known size.
      kernel: the layer's: the variable itself, by which `gradients` finds it again.
      operation: linear in both, and of each map of a batch by itself.
      adjoint: makes the gradient for `x` of the one for the output, and of the kernel.
      to_kernel: makes the kernel's gradient of `x` and the gradient for the output.
    """

    @tf.custom_gradient
    def applied(x: tf.Tensor, value: tf.Tensor) -> tuple[tf.Tensor, Any]:
        def backward(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor | None]:
            return adjoint(upstream, value), _now_or_later(kernel, to_kernel, x, upstream)

        return operation(x, value), backward

    return applied(x, tf.convert_to_tensor(kernel))


def gradients(
    tape: tf.GradientTape,
    loss: tf.Tensor,
    weights: Sequence[keras.Variable],
    output_gradients: tf.Tensor | None = None,
) -> list[tf.Tensor | None]:
    """What `tape.gradient` returns; those of kernels in `linear` taken for all passes at once.

    Any tape that is asked meanwhile, as where a pass is computed again, finds None for these.
    """
    stash: _Stash = {}
    token = _stash.set(stash)
    try:
        found = tape.gradient(loss, weights, output_gradients=output_gradients)
    finally:
        _stash.reset(token)
    places = {id(weight): i for i, weight in enumerate(weights)}
    for (kernel, _), maps in stash.items():
        # The loss may go through other networks too, whose kernels are not asked for.
        if (i := places.get(kernel)) is not None:
            gradient = tf.cast(maps.gradient(), weights[i].dtype)
            # There is another, where maps differ in size, or from a gradient penalty.
            found[i] = gradient if found[i] is None else found[i] + gradient
    return found


def _now_or_later(
    kernel: keras.Variable, to_kernel: _Operation, x: tf.Tensor, upstream: tf.Tensor
) -> tf.Tensor | None:
    stash = _stash.get()
    if stash is None:
        return to_kernel(x, upstream)
    maps = stash.setdefault((id(kernel), tuple(x.shape[1:])), _Maps(to_kernel, [], []))
    maps.inputs.append(x)
    maps.upstreams.append(upstream)
    return None
