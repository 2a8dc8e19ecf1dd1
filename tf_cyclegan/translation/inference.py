"""A generator as traced functions, with the statistics of its instance norms under control."""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from tf_cyclegan.networks.instance_norm import InstanceNormalization
from tf_cyclegan.networks.layers import flat_layers

# Mean and variance of each instance norm, in the order of the layers' calls.
Statistics = list[tuple[tf.Tensor, tf.Tensor]]
# A model, or what an export's runtime makes: called as generator(batch, training=False).
Generator = Callable[..., Any]
_Source = Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]]

# A function for one size is faster, and takes about a second to trace.
_TRACE_FROM, _MOST_TRACES = 3, 16
# Weights that a function for one size may hold: those of a ResNet. It did not help U-Nets.
_MOST_CONSTANTS = 2**24


class Inference:
    """A generator that translates batches: float32 (batch, height, width, channels) in [-1, 1].

    Height and width must be multiples of what the generator halves. Its weights must not change.

    Attributes:
      has_statistics: whether all of its norms are `InstanceNormalization`s, so that `measure` and
        `translate_with` can be called.
    """

    def __init__(self, generator: Generator):
        self._generator = generator
        model = generator if isinstance(generator, keras.Model) else None
        layers = list(flat_layers(model)) if model else []
        # None for what another runtime computes.
        self._weights = model.count_params() if model else None
        self._norms = [layer for layer in layers if isinstance(layer, InstanceNormalization)]
        others = [each for each in layers if "Normalization" in type(each).__name__]
        self.has_statistics = bool(self._norms) and len(others) == len(self._norms)
        self._seen: Counter[tuple[int, ...]] = Counter()
        self._traced: dict[tuple[int, ...], Callable[[tf.Tensor], tf.Tensor]] = {}
        channels = model.input_shape[-1] if model else None
        any_size = tf.TensorSpec((1, None, None, channels), tf.float32)
        self._for_any_size = tf.function(self._call, input_signature=[any_size])
        self._measure = tf.function(self._measured, reduce_retracing=True)
        self._with = tf.function(self._normalized_by, reduce_retracing=True)

    def translate(self, batch: np.ndarray) -> np.ndarray:
        """Translates a batch of one picture by its own statistics, as in training."""
        if self._weights is None:
            return np.asarray(self._generator(batch, training=False))
        shape = batch.shape
        self._seen[shape] += 1
        if self._seen[shape] == _TRACE_FROM and len(self._traced) < _MOST_TRACES:
            self._traced[shape] = self._for_one_size(shape)
        translate = self._traced.get(shape, self._for_any_size)
        return translate(tf.constant(batch)).numpy()

    def measure(self, batch: np.ndarray) -> Statistics:
        """The statistics of all pictures of a batch together."""
        return self._measure(tf.constant(batch))

    def translate_with(self, batch: np.ndarray, statistics: Statistics) -> np.ndarray:
        """Translates pictures by statistics that `measure` returned."""
        return self._with(tf.constant(batch), statistics).numpy()

    def _for_one_size(self, shape: tuple[int, ...]) -> Callable[[tf.Tensor], tf.Tensor]:
        traced = tf.function(self._call).get_concrete_function(tf.TensorSpec(shape, tf.float32))
        if self._weights is None or self._weights > _MOST_CONSTANTS:
            return traced
        # oneDNN brings constant kernels into its own order once, variables' each time.
        frozen = convert_variables_to_constants_v2(traced)
        return lambda batch: frozen(batch)[0]

    def _call(self, batch: tf.Tensor) -> tf.Tensor:
        return self._generator(batch, training=False)

    def _measured(self, batch: tf.Tensor) -> Statistics:
        found: Statistics = []

        def joint(maps: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            found.append(tf.nn.moments(tf.cast(maps, tf.float32), [0, 1, 2]))
            return found[-1]

        with self._normalizing_by(joint):
            self._generator(batch, training=False)
        return found

    def _normalized_by(self, batch: tf.Tensor, statistics: Statistics) -> tf.Tensor:
        left = iter(statistics)
        with self._normalizing_by(lambda maps: next(left)):
            return self._generator(batch, training=False)

    @contextlib.contextmanager
    def _normalizing_by(self, source: _Source) -> Iterator[None]:
        for norm in self._norms:
            norm.statistics = source
        try:
            yield
        finally:
            for norm in self._norms:
                norm.statistics = None
