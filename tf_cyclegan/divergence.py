"""Training that goes wrong: numbers that are not finite, and failures that the losses hide."""

from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from tf_cyclegan.evaluation.copying import correlation
from tf_cyclegan.precision import all_finite

# A discriminator has won when its loss stays below this part of chance for so many steps.
_WON_BELOW = 0.05
_WON_STEPS = 1000
# Brightness of input and translation, correlated over a picture: -1 is a negative.
_INVERTED_BELOW = -0.5


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


def winner(history: Sequence[Mapping[str, float]], chance: float | None) -> str | None:
    """The discriminator that has had no trouble with the fakes for a long time; None for neither.

    Args:
      history: a row for each epoch, with the `step` at its end and the mean losses.
      chance: the loss of a discriminator that cannot tell real from fake; None where the loss has
        no such value.
    """
    last = history[-1]["step"] if history else 0
    if chance is None or last < _WON_STEPS:
        return None
    recent = [row for row in history if row["step"] > last - _WON_STEPS]
    for name in ("discriminator_x", "discriminator_y"):
        if all(row[name] < _WON_BELOW * chance for row in recent):
            return name
    return None


def is_inverted(pictures: Sequence[np.ndarray], translations: Sequence[np.ndarray]) -> bool:
    """Whether the translations are dark where the pictures are bright, on the average of them all.

    A pair of generators that both invert has no cycle loss, so that nothing mends it.

    Args:
      pictures: uint8 arrays (height, width, channels).
      translations: of each, in the same height and width.
    """
    values = [
        correlation(picture.mean(axis=2), translation.mean(axis=2))
        for picture, translation in zip(pictures, translations, strict=True)
    ]
    return bool(values) and float(np.mean(values)) < _INVERTED_BELOW
