"""First values of large variables, computed while other work goes on.

Drawing the 114 million weights of the tutorial's networks and clearing their optimizers' memory
takes seconds of a core, in which Python can build and trace on another one.
"""

import contextlib
import math
import mmap
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import tensorflow as tf

from tf_cyclegan import cores

# Of how many numbers it is worth another thread's while.
_LARGE = 2**12

_of_thread = threading.local()


@contextlib.contextmanager
def computed_meanwhile() -> Iterator[None]:
    """Of variables made inside, by this thread, large ones get their values by the end.

    Until then their values are not to be read or set: for building networks and tracing functions.
    """
    with ThreadPoolExecutor(max(1, cores.usable() - 1)) as threads:
        later = _Later(threads)
        _of_thread.later = later
        try:
            with tf.variable_creator_scope(later.create):
                yield
            for filled in later.filled:
                filled.result()
        finally:
            _of_thread.later = None
            # Only where something failed there are any left.
            for filled in later.filled:
                filled.cancel()


def first_value(shape: Sequence[int], dtype: str, compute: Callable[[int], tf.Tensor]) -> tf.Tensor:
    """A variable's first value, for its initializer to return as it is.

    Args:
      shape, dtype: of the variable.
      compute: the value, given how many threads may work on it.

    Returns:
      The value; inside `computed_meanwhile` anything, which the value takes the place of.
    """
    later = getattr(_of_thread, "later", None)
    if later is not None and math.prod(shape) >= _LARGE and later.puts_off(compute):
        return tf.raw_ops.Empty(shape=shape, dtype=dtype)
    return compute(cores.usable())


def zeros(shape: Sequence[int], dtype: str = "float32") -> tf.Tensor:
    """A Keras initializer."""
    return first_value(shape, dtype, lambda _: tf.zeros(shape, dtype))


def untouched_zeros(shape: Sequence[int], dtype: str = "float32") -> tf.Tensor:
    """A Keras initializer: zeros that take no memory until something is written there.

    The system gives out whole pages, each when it is first written to, and TensorFlow takes an
    array of such pages as it is. Those of NumPy's own may be what malloc has used before.
    """
    pages = mmap.mmap(-1, math.prod(shape) * np.dtype(dtype).itemsize)
    return tf.convert_to_tensor(_Array(np.frombuffer(pages, dtype).reshape(shape)))


class _Array:
    """What looks like an array to TensorFlow, which copies those of NumPy's own type."""

    def __init__(self, array: np.ndarray):
        self._array = array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self._array


class _Later:
    """Makes variables and has them filled.

    Attributes:
      filled: of each variable that is to have its value.
    """

    def __init__(self, threads: ThreadPoolExecutor):
        self.filled: list[Future[Any]] = []
        self._threads = threads
        self._making = False
        self._put_off: Callable[[int], tf.Tensor] | None = None

    def create(self, create: Callable[..., tf.Variable], **settings: Any) -> tf.Variable:
        """What TensorFlow calls for each variable, with its own way to make one."""
        # An initializer may make variables of its own.
        outer = self._making, self._put_off
        self._making, self._put_off = True, None
        try:
            variable = create(**settings)
            if self._put_off is not None:
                self.filled.append(self._threads.submit(_fill, variable, self._put_off))
            return variable
        finally:
            self._making, self._put_off = outer

    def puts_off(self, compute: Callable[[int], tf.Tensor]) -> bool:
        """Whether `compute` is left for later: if it is for a variable that is just being made."""
        if self._making:
            self._put_off = compute
        return self._making


def _fill(variable: tf.Variable, compute: Callable[[int], tf.Tensor]) -> None:
    # One thread: there is one for each core that the main one leaves.
    variable.assign(compute(1), read_value=False)
