"""Numbers that stop being finite: in which step, and where."""

from collections.abc import Mapping, Sequence

import tensorflow as tf

from tf_cyclegan.model.precision import all_finite


class FiniteCheck(tf.Module):
    """Remembers the first step at which a value was not finite.

    In variables, so that a step need not wait for the host to look at it.

    Args:
      names: of the values that `note` is given, in its order.
    """

    def __init__(self, names: Sequence[str]):
        super().__init__()
        self._names = tuple(names)
        self._steps = tf.Variable(0, dtype=tf.int64, trainable=False)
        self._first = tf.Variable(-1, dtype=tf.int64, trainable=False)
        self._failed = tf.Variable(tf.zeros(len(self._names), tf.bool), trainable=False)

    def note(self, values: Sequence[tf.Tensor]) -> None:
        """Looks at the values of one more step: float tensors of any shape."""
        failed = tf.stack([tf.reduce_any(~tf.math.is_finite(value)) for value in values])
        is_first = (self._first < 0) & tf.reduce_any(failed)
        self._failed.assign(tf.where(is_first, failed, self._failed))
        self._first.assign(tf.where(is_first, self._steps, self._first))
        self._steps.assign_add(1)

    def found(self) -> tuple[int, list[str]] | None:
        """Which of the steps noted so far was the first (from 0), and what was not finite in it."""
        first = int(self._first)
        if first < 0:
            return None
        failed = self._failed.numpy()
        return first, [name for name, bad in zip(self._names, failed, strict=True) if bad]


def not_finite(networks: Mapping[str, tf.Module]) -> list[str]:
    """The names of those networks that have a weight that is not finite."""
    return [
        name for name, network in networks.items() if not all_finite(network.trainable_variables)
    ]
