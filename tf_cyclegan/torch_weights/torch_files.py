"""Reads PyTorch's weight files without PyTorch, and without running anything that is in them.

Three formats, told apart by their first bytes: the zip of torch.save (since PyTorch 1.6), the
pickles and raw storages that it wrote before, and safetensors. Sources: torch/serialization.py and
torch/csrc/serialization.cpp; https://huggingface.co/docs/safetensors.

What a file claims is held against its size before any memory is taken.
"""

import io
import json
import math
import os
import pickle
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np

from tf_cyclegan.errors import UserError
from tf_cyclegan.torch_weights.torch_pickles import LONGEST, unpickle
from tf_cyclegan.torch_weights.torch_tensors import (
    AGAIN,
    SAVE_WEIGHTS,
    FileFormatError,
    Storage,
    Tensor,
    counts,
    make_arrays,
    quote,
)

_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C

# Codes as in torch_tensors.Storage.
_SAFETENSORS_CODES = {
    "F64": "f8",
    "F32": "f4",
    "F16": "f2",
    "BF16": "bf2",
    "I64": "i8",
    "I32": "i4",
    "I16": "i2",
    "I8": "i1",
    "U8": "u1",
    "BOOL": "b1",
}


def read_state_dict(path: Path) -> dict[str, np.ndarray]:
    """Reads the state dict in a `.pth` or `.safetensors` file; the name's ending does not matter.

    A file that holds a dict with a dict under "state_dict", or else under "model", is taken for a
    checkpoint with the state dict in there: in a state dict itself, values are never dicts. Where
    all the names begin with "module.", as DataParallel's do, that is left out.

    Returns:
      Arrays by name, in the file's order, of the type and shape that they were saved in, except
      that bfloat16 comes as float32. They cannot be written to, need not be contiguous, and share
      memory where the saved tensors did.

    Raises:
      UserError: the file cannot be opened, is none of the three formats, is truncated or damaged,
        or needs more of Python than tensors; the file and what does not fit are named.
    """
    try:
        with path.open("rb") as file:
            state = _read(file, os.fstat(file.fileno()).st_size)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror or error}); {AGAIN}") from error
    except FileFormatError as error:
        raise UserError(f"{path}: cannot be used as PyTorch weights: {error}") from error
    if all(name.startswith("module.") for name in state):
        state = {name.removeprefix("module."): value for name, value in state.items()}
    return state


def _read(file: BinaryIO, size: int) -> dict[str, np.ndarray]:
    head = file.read(16)
    file.seek(0)
    # safetensors first: the length that it begins with may look like anything.
    if head[8:9] == b"{":
        return _read_safetensors(file, size)
    if head.startswith(b"PK\3\4"):
        return _read_zip(file, size)
    if head.startswith(pickle.PROTO):
        return _read_legacy(file, size)
    if not head:
        raise FileFormatError("it is empty")
    if head.lstrip().startswith(b"<"):
        raise FileFormatError("it is a web page", "download the file that the page links to")
    reason = "it is neither a file of torch.save nor a .safetensors file, or its start is damaged"
    raise FileFormatError(reason)


def _read_zip(file: BinaryIO, size: int) -> dict[str, np.ndarray]:
    try:
        with zipfile.ZipFile(file) as archive:
            return _read_archive(archive, size)
    except (LookupError, OSError, OverflowError, RuntimeError, ValueError) as error:
        raise FileFormatError(f"the zip is damaged ({error})") from error
    except (EOFError, struct.error, zipfile.BadZipFile) as error:
        raise FileFormatError(f"the zip is truncated or damaged ({error})") from error


def _read_archive(archive: zipfile.ZipFile, size: int) -> dict[str, np.ndarray]:
    for info in archive.infolist():
        _check_entry(archive, info, size)
    names = archive.namelist()
    pickles = [name for name in names if name.endswith("/data.pkl") and name.count("/") == 1]
    if len(pickles) != 1:
        raise FileFormatError("it is a zip, but none that torch.save wrote", SAVE_WEIGHTS)
    folder = pickles[0].removesuffix("data.pkl")
    tree, _ = unpickle(io.BytesIO(archive.read(pickles[0])))
    byte_order = b"little"
    if folder + "byteorder" in names:
        byte_order = archive.read(folder + "byteorder")
    if byte_order not in (b"little", b"big"):
        raise FileFormatError("it names an unknown byte order")
    return make_arrays(
        _state_dict(tree),
        lambda storage: archive.read(f"{folder}data/{storage.key}"),
        size,
        "<" if byte_order == b"little" else ">",
    )


def _check_entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo, size: int) -> None:
    # torch.save never compresses, and what is compressed could unfold to any size.
    if info.compress_type != zipfile.ZIP_STORED:
        raise FileFormatError(f"{quote(info.filename)} in the zip is compressed", SAVE_WEIGHTS)
    if info.file_size > size:
        raise FileFormatError(f"{quote(info.filename)} claims more bytes than the file has")
    # Compares the name in the directory with that at the data. A damaged "byteorder" would
    # otherwise pass for none, and the values be read backwards.
    archive.open(info).close()


def _read_legacy(file: BinaryIO, size: int) -> dict[str, np.ndarray]:
    if unpickle(file)[0] != _LEGACY_MAGIC:
        raise FileFormatError("it is a pickle, but none that torch.save wrote", SAVE_WEIGHTS)
    # Passed over: the format's version, of which there is one, and the machine that wrote it.
    # Whatever that says of its byte order, PyTorch writes the storages little endian.
    unpickle(file)
    unpickle(file)
    tree, storages = unpickle(file)
    keys, _ = unpickle(file)
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise FileFormatError("its list of storages is damaged")
    if sorted(keys) != sorted(storages):
        raise FileFormatError("its list of storages does not match its tensors")
    starts = {}
    for key in keys:
        length = int.from_bytes(file.read(8), "little")
        starts[key] = file.tell()
        if length != storages[key].length or starts[key] + storages[key].size > size:
            place = f"{len(starts)} of {len(keys)}"
            raise FileFormatError(f"it ends in storage {place}, or that is damaged")
        file.seek(starts[key] + storages[key].size)
    return make_arrays(_state_dict(tree), lambda storage: _bytes(file, starts, storage), size)


def _read_safetensors(file: BinaryIO, size: int) -> dict[str, np.ndarray]:
    start = 8 + int.from_bytes(file.read(8), "little")
    if start > min(size, LONGEST):
        raise FileFormatError("it ends within its header, or the header is damaged")
    tensors, starts = {}, {}
    try:
        header = json.loads(file.read(start - 8))
        header.pop("__metadata__", None)
        for name, entry in header.items():
            shape, offsets = counts(entry["shape"]), counts(entry["data_offsets"])
            storage = Storage(name, _SAFETENSORS_CODES[entry["dtype"]], math.prod(shape))
            if len(offsets) != 2 or offsets[1] - offsets[0] != storage.size:
                raise FileFormatError(f"the shape and the place of {quote(name)} do not match")
            strides = tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))
            tensors[name] = Tensor(storage, 0, shape, strides)
            starts[name] = start + offsets[0]
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        reason = f"its header is damaged, or has types unknown here ({error})"
        raise FileFormatError(reason) from error
    if start + sum(tensor.storage.size for tensor in tensors.values()) != size:
        raise FileFormatError("its tensors do not fill it exactly: it is truncated or damaged")
    return make_arrays(_state_dict(tensors), lambda storage: _bytes(file, starts, storage), size)


def _bytes(file: BinaryIO, starts: Mapping[str, int], storage: Storage) -> bytes:
    file.seek(starts[storage.key])
    return file.read(storage.size)


def _state_dict(tree: object) -> dict[str, Tensor]:
    """The state dict in what a file holds, as `read_state_dict` says."""
    if isinstance(tree, dict):
        nested = [tree[key] for key in ("state_dict", "model") if isinstance(tree.get(key), dict)]
        tree = nested[0] if nested else tree
    if not isinstance(tree, dict) or not tree:
        raise FileFormatError(f"it holds a {type(tree).__name__} without tensors", SAVE_WEIGHTS)
    for name, value in tree.items():
        if not isinstance(name, str) or not isinstance(value, Tensor):
            reason = f"its entry {quote(name)} is a {type(value).__name__} and no named tensor"
            raise FileFormatError(reason, SAVE_WEIGHTS)
    return dict(tree)
