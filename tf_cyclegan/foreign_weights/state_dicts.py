"""Reads state dicts of PyTorch networks from files of torch.save and .safetensors files."""

import json
import math
import os
import re
import warnings
import zipfile
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import safetensors

from tf_cyclegan.system.errors import UserError, first_line

# In older ones torch.load(weights_only=True) can run code: CVE-2025-32434 (fixed in 2.6),
# CVE-2026-24747 (fixed in 2.10).
_OLDEST_TORCH = "2.10"

# NumPy has no bfloat16; it is read as integers.
_SAFETENSORS_DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8"}


def read_state_dict(path: Path) -> dict[str, np.ndarray]:
    """Reads a state dict; the content of the file decides about the format, not its name.

    Reads .safetensors and both formats of torch.save, the zip and the older one, for which PyTorch
    must be installed. Never runs code from a file. The state dict may be nested in a training
    checkpoint under "state_dict" or "model". The prefix "module." of DataParallel is removed.

    Returns:
      Arrays by name, with their saved shapes and types, except bfloat16, which becomes float32.

    Raises:
      UserError: the file cannot be opened, has another format, is truncated or damaged, or holds
        anything but tensors; or PyTorch is needed and is missing or too old.
    """
    try:
        with path.open("rb") as file:
            head = file.read(16)
            file.seek(0)
            # A .safetensors file begins with 8 bytes for the length of its JSON header.
            if head[8:9] == b"{":
                state = _read_safetensors(path, file.read())
            elif head.startswith((b"PK\3\4", b"\x80")):
                state = _read_torch(path, file)
            else:
                raise UserError(f"{path}: {_describe_other_content(head)}")
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror or error})") from error
    if not state:
        raise UserError(f"{path}: holds no tensors; give the state dict of a generator")
    if all(name.startswith("module.") for name in state):
        state = {name.removeprefix("module."): array for name, array in state.items()}
    return state


def _describe_other_content(head: bytes) -> str:
    if not head:
        return "is empty; download or copy it again"
    if head.lstrip().startswith(b"<"):
        return "is a web page; download the file that the page links to"
    return "is neither a file of torch.save nor a .safetensors file"


def _read_safetensors(path: Path, data: bytes) -> dict[str, np.ndarray]:
    state = {}
    try:
        for name, tensor in safetensors.deserialize(data):
            values = np.frombuffer(tensor["data"], _SAFETENSORS_DTYPES[tensor["dtype"]])
            if tensor["dtype"] == "BF16":
                # The upper half of a float32.
                values = (values.astype(np.uint32) << 16).view(np.float32)
            state[name] = values.reshape(tensor["shape"])
        # safetensors refuses gaps and overlaps, but takes the last of several equal names.
        length = int.from_bytes(data[:8], "little")
        json.loads(data[8 : 8 + length], object_pairs_hook=_refuse_repeated_names)
    except KeyError as error:
        raise UserError(f"{path}: has tensors of type {error}, which is not supported") from error
    except (safetensors.SafetensorError, ValueError) as error:
        raise UserError(
            f"{path}: is not a valid .safetensors file ({first_line(error)[:120]}); "
            "download or copy it again"
        ) from error
    return state


def _refuse_repeated_names(pairs: list[tuple[str, object]]) -> None:
    names = [name for name, _ in pairs]
    if repeated := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"repeated in its header: {', '.join(sorted(repeated))}")


def _read_torch(path: Path, file: BinaryIO) -> dict[str, np.ndarray]:
    torch = _import_torch(path)
    size = os.fstat(file.fileno()).st_size
    try:
        if file.read(2) == b"PK":
            _check_zip(file, size)
        file.seek(0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            content = torch.load(file, map_location="cpu", weights_only=True)
    # A damaged file may raise nearly anything.
    except Exception as error:
        raise UserError(f"{path}: {_why_torch_fails(error)}") from error
    state = content
    if isinstance(content, dict):
        nested = [content.get(key) for key in ("state_dict", "model")]
        state = next((value for value in nested if isinstance(value, dict)), content)
    if not isinstance(state, dict):
        raise UserError(f"{path}: is not a state dict but an object of type {type(state).__name__}")
    for name, tensor in state.items():
        if not isinstance(name, str) or not isinstance(tensor, torch.Tensor):
            fault = f"{str(name)[:100]} is not a tensor but of type {type(tensor).__name__}"
            raise UserError(f"{path}: is not a state dict: {fault}")
    # With strides of 0, a few bytes make a tensor of any size.
    if sum(math.prod(tensor.shape) for tensor in state.values()) > size:
        raise UserError(f"{path}: has tensors larger than the file")
    try:
        return {
            name: (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).detach().numpy()
            for name, tensor in state.items()
        }
    except (RuntimeError, TypeError, ValueError) as error:
        fault = first_line(error)[:120]
        raise UserError(f"{path}: has a tensor that NumPy cannot hold ({fault})") from error


def _check_zip(file: BinaryIO, size: int) -> None:
    archive = zipfile.ZipFile(file)
    # torch.save does not compress; compressed entries may expand to any size.
    if sum(entry.file_size for entry in archive.infolist()) > size:
        raise ValueError("its entries are larger than the file")
    # PyTorch does not compare checksums.
    if damaged := archive.testzip():
        raise ValueError(f"the checksum of {damaged} is wrong")


def _import_torch(path: Path) -> Any:
    try:
        import torch
    except ImportError:
        torch = None
    if torch is None or torch.__version__ < _OLDEST_TORCH:
        raise UserError(
            f"{path}: reading it needs PyTorch {_OLDEST_TORCH} or newer: "
            f"python -m pip install 'torch>={_OLDEST_TORCH}'; a .safetensors file needs no PyTorch"
        )
    return torch


def _why_torch_fails(error: Exception) -> str:
    text = str(error)
    if found := re.search(r"GLOBAL (\S{1,100})", text):
        return (
            f"holds more than tensors ({found[1]}), which could run code and is not loaded; save "
            "the state dict alone: torch.save(net.state_dict(), FILE)"
        )
    # PyTorch's longer messages recommend turning off the protection.
    reason = text.rpartition("WeightsUnpickler error:")[2].strip() or type(error).__name__
    return (
        f"PyTorch cannot load it ({reason.splitlines()[0][:120]}); it is truncated, damaged or "
        "not made by torch.save: download or copy it again"
    )
