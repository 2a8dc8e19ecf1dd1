"""What a file of PyTorch's says of its tensors, and the arrays that come of it."""

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

AGAIN = "download or copy it again"
SAVE_WEIGHTS = "save the generator alone, with torch.save(net.state_dict(), FILE)"


class FileFormatError(Exception):
    """Why a file is refused, and what to do about it."""

    def __init__(self, reason: str, remedy: str = AGAIN):
        super().__init__(f"{reason}; {remedy}")


class Storage(NamedTuple):
    """A row of values somewhere in the file: `length` of them.

    `code` is NumPy's for their type, or "bf2" for bfloat16; its last character is the width.
    """

    key: str
    code: str
    length: int

    @property
    def width(self) -> int:
        """Bytes of one value."""
        return int(self.code[-1])

    @property
    def size(self) -> int:
        """Bytes of all the values."""
        return self.length * self.width


class Tensor(NamedTuple):
    """A view of a storage. Offset and strides count values, not bytes."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def counts(values: object) -> tuple[int, ...]:
    """Checks sizes, strides and the like: at most 8 integers that fit 63 bits.

    Raises:
      FileFormatError: they are something else.
    """
    if isinstance(values, (tuple, list)) and len(values) <= 8:
        numbers = tuple(values)
        if all(type(number) is int and 0 <= number < 2**63 for number in numbers):
            return numbers
    raise FileFormatError("a size in it is no number, or out of range")


def quote(name: object) -> str:
    """A name from the file for a message: short, and without control characters."""
    return repr(name)[:100] if isinstance(name, str) else type(name).__name__


def make_arrays(
    tensors: Mapping[str, Tensor], read: Callable[[Storage], bytes], size: int, order: str = "<"
) -> dict[str, np.ndarray]:
    """Makes the arrays of a file.

    Args:
      tensors: by name.
      read: returns a storage's bytes. Called once for each, and not before all are seen to fit.
      size: the file's, in bytes.
      order: the byte order of what `read` returns: "<" for little endian, ">" for big.

    Returns:
      Arrays by name, in the same order: views that cannot be written to, of the machine's byte
      order; bfloat16 becomes float32.

    Raises:
      FileFormatError: a tensor or a storage claims more than there is.
    """
    storages = {tensor.storage for tensor in tensors.values()}
    if sum(storage.size for storage in storages) > size:
        raise FileFormatError("it claims more values than it has bytes")
    # Views cost nothing here, but a caller may copy them: overlapping ones must not multiply.
    # Empty ones count too: NumPy has no (0, 2**62) array.
    lengths = [math.prod(max(n, 1) for n in tensor.shape) for tensor in tensors.values()]
    if sum(lengths) > size + 2**20:
        raise FileFormatError("its tensors are together larger than the file")
    values = {storage: _values(storage, read(storage), order) for storage in storages}
    return {name: _view(name, t, values[t.storage]) for name, t in tensors.items()}


def _values(storage: Storage, data: bytes, order: str) -> np.ndarray:
    if len(data) != storage.size:
        lengths = f"{len(data)} bytes and not {storage.size}"
        raise FileFormatError(f"storage {quote(storage.key)} has {lengths}")
    if storage.code == "bf2":
        # The upper half of a float32.
        return (np.frombuffer(data, order + "u2").astype(np.uint32) << 16).view(np.float32)
    return np.frombuffer(data, order + storage.code).astype(storage.code, copy=False)


def _view(name: str, tensor: Tensor, values: np.ndarray) -> np.ndarray:
    if 0 in tensor.shape:
        array = np.zeros(tensor.shape, values.dtype)
    else:
        # The stride of an axis of length 1 says nothing, and may be any number.
        steps = [s if n > 1 else 0 for n, s in zip(tensor.shape, tensor.strides, strict=True)]
        last = sum((n - 1) * step for n, step in zip(tensor.shape, steps, strict=True))
        if tensor.offset + last >= len(values):
            raise FileFormatError(f"tensor {quote(name)} goes beyond the end of its storage")
        width = values.itemsize
        strides = [step * width for step in steps]
        array = np.ndarray(tensor.shape, values.dtype, values, tensor.offset * width, strides)
    array.flags.writeable = False
    return array
