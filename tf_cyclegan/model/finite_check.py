"""The first step with losses, gradients or weights that are not finite."""

from collections.abc import Mapping, Sequence

import tensorflow as tf

from tf_cyclegan.model.precision import all_finite


class FiniteCheck(tf.Module):
    """Remembers the first step with a value that is not finite.

    It is kept in variables, so that no step waits for the host.

    Args:
      names: what the values of `note` are, in its order.
    """

    def __init__(self, names: Sequence[str]):
        super().__init__()
        self._names = tuple(names)
        self._steps = tf.Variable(0, dtype=tf.int64, trainable=False)
        self._first = tf.Variable(-1, dtype=tf.int64, trainable=False)
        self._failed = tf.Variable(tf.zeros(len(self._names), tf.bool), trainable=False)

    def note(self, values: Sequence[tf.Tensor]) -> None:
        """Checks the values of the next step: float tensors of any shape."""
        failed = tf.stack([tf.reduce_any(~tf.math.is_finite(value)) for value in values])
        is_first = (self._first < 0) & tf.reduce_any(failed)
        self._failed.assign(tf.where(is_first, failed, self._failed))
        self._first.assign(tf.where(is_first, self._steps, self._first))
        self._steps.assign_add(1)

    def found(self) -> tuple[int, list[str]] | None:
        """The first such step, counted from 0, and the names of its values that are not finite."""
        first = int(self._first)
        if first < 0:
            return None
        failed = self._failed.numpy()
        return first, [name for name, bad in zip(self._names, failed, strict=True) if bad]


def not_finite(networks: Mapping[str, tf.Module]) -> list[str]:
    """The names of the networks with weights that are not finite."""
    return [name for name in networks if not all_finite(networks[name].trainable_variables)]
