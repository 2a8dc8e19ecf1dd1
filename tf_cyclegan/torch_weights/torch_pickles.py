"""Reads the pickles in PyTorch's files: only tensors, and nothing in them is run.

`pickle.Unpickler` reaches Python only through `find_class`. The one here knows a handful of names,
all of them mapped to the stand-ins below, which record what to read and do nothing.
"""

import io
import pickle
import pickletools
from collections.abc import Callable
from typing import Any, BinaryIO

from tf_cyclegan.torch_weights.torch_tensors import (
    SAVE_WEIGHTS,
    FileFormatError,
    Storage,
    Tensor,
    counts,
    quote,
)

# Codes as in torch_tensors.Storage.
_CODES = {
    "DoubleStorage": "f8",
    "FloatStorage": "f4",
    "HalfStorage": "f2",
    "BFloat16Storage": "bf2",
    "LongStorage": "i8",
    "IntStorage": "i4",
    "ShortStorage": "i2",
    "CharStorage": "i1",
    "ByteStorage": "u1",
    "BoolStorage": "b1",
}

# That of a 9-block generator has 20 kB. A hostile one takes 200 times its length in memory.
LONGEST = 2**20
# Python's hash of a tuple recurses: 300,000 nested ones overflow the stack and kill the process.
_MOST_TUPLES = 20_000


def unpickle(file: BinaryIO) -> tuple[object, dict[str, Storage]]:
    """Reads one pickle, and leaves `file` after it.

    Returns:
      What it holds, with a `Tensor` for each tensor, and the storages that it mentions, by key.

    Raises:
      FileFormatError: it is truncated, damaged, too long, or needs more of Python than tensors.
    """
    start = file.tell()
    data = file.read(LONGEST)
    try:
        length = _checked_length(data)
        unpickler = _Unpickler(data[:length])
        tree = unpickler.load()
    except FileFormatError:
        raise
    except Exception as error:
        # A damaged pickle may raise nearly anything; with these stand-ins it can do nothing else.
        reason = f"{type(error).__name__}: {error}"[:120]
        raise FileFormatError(f"its pickle is truncated, damaged or too long ({reason})") from error
    file.seek(start + length)
    return tree, unpickler.storages


def _checked_length(data: bytes) -> int:
    """The length of the pickle that `data` begins with, if it can be read in bounded memory."""
    tuples = end = 0
    for opcode, argument, place in pickletools.genops(data):
        end = (place or 0) + 1
        tuples += "TUPLE" in opcode.name
        # The unpickler makes a table as long as the greatest number.
        if opcode.name in ("PUT", "LONG_BINPUT") and int(argument or 0) > len(data):
            raise FileFormatError("its pickle is damaged (a memo number is out of range)")
    if tuples > _MOST_TUPLES:
        raise FileFormatError("its pickle has far more parts than a generator's", SAVE_WEIGHTS)
    return end


class _Unpickler(pickle.Unpickler):
    """Knows what state dicts are made of, and nothing else."""

    def __init__(self, data: bytes):
        # Files written by Python 2 have byte strings for names.
        super().__init__(io.BytesIO(data), encoding="utf-8")
        self._most_entries = len(data)
        self.storages: dict[str, Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        if module in ("torch", "torch.cuda") and name in _CODES:
            return _CODES[name]
        functions: dict[str, Callable[..., object]] = {
            "collections.OrderedDict": self._ordered_dict,
            # PyTorch up to 0.3, from when the authors' first files are.
            "torch._utils._rebuild_tensor": _rebuild_tensor,
            "torch._utils._rebuild_tensor_v2": _rebuild_tensor,
            "torch._utils._rebuild_parameter": _rebuild_parameter,
        }
        full_name = f"{module}.{name}"
        if full_name in functions:
            return _Function(functions[full_name])
        reason = f"it asks for {quote(full_name)}, which weights do not need, and which was not run"
        raise FileFormatError(reason, SAVE_WEIGHTS)

    def persistent_load(self, pid: Any) -> Storage:
        kind, code, key, _location, length, *view = pid
        known = kind == "storage" and code in _CODES.values() and isinstance(key, str)
        if not known or any(part is not None for part in view):
            raise FileFormatError("it mentions a storage of an unknown kind", SAVE_WEIGHTS)
        storage = Storage(key, code, *counts([length]))
        if self.storages.setdefault(key, storage) != storage:
            raise FileFormatError(f"it has two lengths or types for storage {quote(key)}")
        return storage

    def _ordered_dict(self, entries: Any = ()) -> "_Dict":
        # Python 2 hands the entries over in one list, which may be mentioned again and again.
        self._most_entries -= len(entries)
        if self._most_entries < 0:
            raise FileFormatError("its pickle unfolds to more than it has bytes")
        return _Dict(entries)


class _Function:
    """A function that a pickle may call but, unlike a bare one, not change."""

    __slots__ = ("_function",)

    def __init__(self, function: Callable[..., object]):
        self._function = function

    def __call__(self, *arguments: object) -> object:
        return self._function(*arguments)


class _Dict(dict):
    """Stands for an OrderedDict, without the attribute `_metadata` that PyTorch gives it."""

    __slots__ = ()

    def __setstate__(self, state: object) -> None:
        pass


def _rebuild_tensor(
    storage: object, offset: object, shape: object, strides: object, *options: object
) -> Tensor:
    if not isinstance(storage, Storage):
        raise FileFormatError("it has a tensor without a storage")
    tensor = Tensor(storage, counts([offset])[0], counts(shape), counts(strides))
    # The options are requires_grad, hooks, and marks such as "negate when read".
    if len(tensor.shape) != len(tensor.strides) or any(options[2:]):
        raise FileFormatError("it has a tensor of an unknown kind", SAVE_WEIGHTS)
    return tensor


def _rebuild_parameter(tensor: object, *_options: object) -> object:
    return tensor
