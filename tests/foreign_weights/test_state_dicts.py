import json
import os
import pickle
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import safetensors.numpy

from tf_cyclegan.foreign_weights.state_dicts import read_state_dict
from tf_cyclegan.system.errors import UserError

FORMATS = ["zip", "legacy"]
STATE = {
    "float32": np.arange(6, dtype=np.float32).reshape(2, 3),
    "float16": np.arange(3, dtype=np.float16),
    "float64": np.array([0.1, 1e300]),
    "int64": np.array(37),
    "empty": np.zeros((0, 3), np.float32),
}


class Hostile:
    """Makes a file in the working directory when unpickled."""

    def __reduce__(self):
        return os.system, ("touch hostile_code_ran",)


def save(torch: ModuleType, tree: object, path: Path, form: str = "zip") -> Path:
    """Writes `tree` with torch.save; a dict of arrays becomes tensors."""
    if isinstance(tree, dict) and all(isinstance(value, np.ndarray) for value in tree.values()):
        tree = {name: torch.from_numpy(value) for name, value in tree.items()}
    torch.save(tree, path, _use_new_zipfile_serialization=form == "zip")
    return path


def write(folder: Path, data: bytes) -> Path:
    path = folder / "net.pth"
    path.write_bytes(data)
    return path


def with_header(header: bytes | dict[str, object], size: int = 8) -> bytes:
    """A .safetensors file with any header and `size` bytes for tensors."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + bytes(size)


def entry(start: int, end: int, dtype: str = "F32", shape: tuple[int, ...] = ()) -> dict:
    return {"dtype": dtype, "shape": shape, "data_offsets": (start, end)}


def refusal(path: Path) -> str:
    """The one-line message that refuses a file."""
    with pytest.raises(UserError) as caught:
        read_state_dict(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    assert len(message.removeprefix(str(path))) < 400
    return message


def assert_same(state: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    assert state.keys() == expected.keys()
    for name, array in expected.items():
        assert (state[name].dtype, state[name].shape) == (array.dtype, array.shape), name
        np.testing.assert_array_equal(state[name], array)


@pytest.mark.parametrize("form", FORMATS)
def test_reads_files_of_torch_save(torch, form, tmp_path):
    base = torch.arange(24.0).reshape(4, 6)
    parameter = torch.nn.Parameter(base)
    tree = {"half": base.to(torch.bfloat16), "turned": base.T, "part": base[1:3, ::2]}
    found = read_state_dict(save(torch, tree | {"p": parameter}, tmp_path / "views.pth", form))
    values = base.numpy()
    assert_same(found, {"half": values, "turned": values.T, "part": values[1:3, ::2], "p": values})
    assert_same(read_state_dict(save(torch, STATE, tmp_path / "net.pth", form)), STATE)


def test_reads_safetensors_under_any_name(tmp_path):
    path = tmp_path / "net.pth"
    safetensors.numpy.save_file(STATE, path, {"format": "pt"})
    assert_same(read_state_dict(path), STATE)


def test_reads_bfloat16_of_safetensors(tmp_path):
    data = with_header({"a": entry(0, 4, "BF16", (2,))}, 0) + b"\xc0\x3f\x20\xc0"
    assert_same(read_state_dict(write(tmp_path, data)), {"a": np.array([1.5, -2.5], np.float32)})


@pytest.mark.parametrize("form", FORMATS)
def test_reads_tensors_saved_on_a_gpu(torch, form, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.serialization, "location_tag", lambda storage: "cuda:0")
    path = save(torch, STATE, tmp_path / "net.pth", form)
    assert b"cuda:0" in path.read_bytes()
    assert_same(read_state_dict(path), STATE)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("key", ["state_dict", "model"])
def test_finds_the_state_dict_in_a_checkpoint(torch, form, key, tmp_path):
    tree = {"epoch": 3, key: {"module.a": torch.ones(2), "module.b": torch.zeros(3)}}
    path = save(torch, tree, tmp_path / "checkpoint.pth", form)
    assert_same(read_state_dict(path), {"a": np.ones(2, np.float32), "b": np.zeros(3, np.float32)})


def test_only_a_common_prefix_is_removed(tmp_path):
    data = with_header({"module.a": entry(0, 4), "b": entry(4, 8)})
    assert read_state_dict(write(tmp_path, data)).keys() == {"module.a", "b"}


@pytest.mark.parametrize("form", FORMATS)
def test_never_runs_code(torch, form, tmp_path, monkeypatch):
    path = save(torch, {"weight": Hostile()}, tmp_path / "hostile.pth", form)
    folder = tmp_path / "empty"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert "holds more than tensors (posix.system)" in refusal(path)
    assert not list(folder.iterdir())
    torch.load(path, weights_only=False)
    assert list(folder.iterdir())


def test_a_pickled_module_is_refused(torch, tmp_path):
    path = save(torch, torch.nn.Sequential(torch.nn.ReLU()), tmp_path / "net.pth")
    assert "(torch.nn.modules.container.Sequential)" in refusal(path)
    assert "torch.save(net.state_dict(), FILE)" in refusal(path)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda torch: 3, "an object of type int"),
        (lambda torch: {}, "no tensors"),
        (lambda torch: {"state_dict": {}}, "no tensors"),
        (lambda torch: {"epoch": 3}, "epoch is not a tensor but of type int"),
        (lambda torch: {3: torch.ones(1)}, "3 is not a tensor"),
        (lambda torch: {"G": {}, "D": {}}, "G is not a tensor but of type dict"),
        (lambda torch: {"a": torch.ones(1).expand(2**40)}, "tensors larger than the file"),
        (lambda torch: {"a": torch.zeros(0, 2**62)}, "a tensor that NumPy cannot hold"),
        (lambda torch: {"a": torch.ones(3).to_sparse()}, "a tensor that NumPy cannot hold"),
        (lambda torch: {"a": torch.ones(4).to(torch.float8_e5m2)}, "that NumPy cannot hold"),
    ],
)
def test_objects_that_are_not_state_dicts_are_refused(torch, make, reason, tmp_path):
    assert reason in refusal(save(torch, make(torch), tmp_path / "net.pth"))


def test_tensors_that_claim_terabytes_are_refused(torch, tmp_path):
    # The length of a storage, as pickled.
    length, claim = (pickle.dumps(number, 2)[2:-1] for number in (1023, 2**42))
    tree = {"a": torch.ones(1023)}
    data = save(torch, tree, tmp_path / "net.pth", "legacy").read_bytes()
    assert length in data
    assert "PyTorch cannot load it" in refusal(write(tmp_path, data.replace(length, claim)))
    save(torch, tree, tmp_path / "old.pth")
    with (
        zipfile.ZipFile(tmp_path / "old.pth") as old,
        zipfile.ZipFile(tmp_path / "net.pth", "w") as new,
    ):
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(length, claim))
    assert "PyTorch cannot load it" in refusal(tmp_path / "net.pth")


def test_zip_bombs_are_refused(torch, tmp_path):
    path = tmp_path / "net.pth"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("net/data.pkl", bytes(10**7))
    assert "its entries are larger than the file" in refusal(path)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (pickle.dumps({"a": 1}), "PyTorch cannot load it"),
        (b"PK\3\4" + bytes(100), "PyTorch cannot load it (File is not a zip file)"),
        (b"PK\5\6" + bytes(18), "is neither a file of torch.save nor"),
    ],
)
def test_files_that_torch_cannot_load_are_refused(torch, data, reason, tmp_path):
    assert reason in refusal(write(tmp_path, data))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b"\n<!DOCTYPE html>\n<html><body>Not found</body></html>", "is a web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "is neither a file of torch.save nor"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "is neither a file of torch.save nor"),
        (with_header({}, 0), "holds no tensors"),
        (with_header({"a": entry(0, 8, "F8_E4M3", (8,))}), "tensors of type 'F8_E4M3'"),
    ],
)
def test_other_files_are_refused(data, reason, tmp_path):
    assert reason in refusal(write(tmp_path, data))


@pytest.mark.parametrize(
    "data",
    [
        with_header(b"{nope}"),
        with_header(b'{"a":' * 5000),
        with_header({"a": entry(0, 4)}),
        with_header({"a": entry(0, 4, shape=(2, 2))}, 4),
        with_header({"a": entry(0, 2**42, shape=(2**40,))}),
        with_header({"a": entry(0, 4, shape=(2**62, 2**62))}, 4),
        with_header({"a": entry(0, 0, shape=(0, 2**62))}, 0),
        b"\xff" * 8 + b"{}",
    ],
)
def test_invalid_safetensors_are_refused(data, tmp_path):
    assert "is not a valid .safetensors file" in refusal(write(tmp_path, data))


@pytest.mark.parametrize(
    ("first", "second", "size"),
    [
        (entry(0, 4), entry(0, 4), 4),
        (entry(0, 8, shape=(2,)), entry(4, 12, shape=(2,)), 12),
        (entry(0, 8, shape=(2,)), entry(4, 8), 8),
        (entry(0, 4), entry(8, 12), 12),
        (entry(4, 8), entry(8, 12), 12),
    ],
)
def test_safetensors_with_overlaps_or_gaps_are_refused(first, second, size, tmp_path):
    path = write(tmp_path, with_header({"a": first, "b": second}, size))
    assert "is not a valid .safetensors file" in refusal(path)


def pairs(*members: tuple[str, object]) -> str:
    """A JSON object, in which names may repeat."""
    return "{" + ",".join(f"{json.dumps(name)}:{value}" for name, value in members) + "}"


ONE, OTHER = json.dumps(entry(0, 4)), json.dumps(entry(0, 8, shape=(2,)))


@pytest.mark.parametrize(
    ("header", "size"),
    [
        (pairs(("a", ONE), ("a", ONE)), 4),
        (pairs(("a", ONE), ("a", OTHER)), 8),
        (pairs(("a", OTHER), ("a", ONE)), 4),
        (pairs(("a", ONE), ("a", ONE)).replace('"a"', '"\\u0061"', 1), 4),
        (pairs(("__metadata__", pairs(("a", '"1"'), ("a", '"2"'))), ("b", ONE)), 4),
    ],
)
def test_safetensors_with_repeated_names_are_refused(header, size, tmp_path):
    path = write(tmp_path, with_header(header.encode(), size))
    assert "is not a valid .safetensors file (repeated in its header: a)" in refusal(path)


def test_unreadable_files_are_refused(tmp_path):
    assert "cannot be read (No such file or directory)" in refusal(tmp_path / "none.pth")
    assert "cannot be read (Is a directory)" in refusal(tmp_path)


@pytest.mark.parametrize("form", [*FORMATS, "safetensors"])
def test_damaged_files_are_refused_or_harmless(request, form, tmp_path):
    path = tmp_path / "net.pth"
    if form == "safetensors":
        safetensors.numpy.save_file(STATE, path)
    else:
        save(request.getfixturevalue("torch"), STATE, path, form)
    data = path.read_bytes()
    rng = np.random.default_rng(0)
    for end in [*rng.integers(0, len(data), 20), len(data) - 1]:
        refusal(write(tmp_path, data[:end]))
    for place in rng.integers(0, len(data), 60):
        flipped = bytearray(data)
        flipped[place] ^= rng.integers(1, 256)
        try:
            state = read_state_dict(write(tmp_path, bytes(flipped)))
        except UserError:
            continue
        assert len(state) == len(STATE)


@pytest.mark.parametrize("data", [b"PK\3\4", pickle.dumps(1, 2)])
def test_missing_pytorch_is_reported(data, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    message = refusal(write(tmp_path, data))
    assert "needs PyTorch 2.10 or newer: python -m pip install 'torch>=2.10'" in message
    assert "a .safetensors file needs no PyTorch" in message


def test_old_pytorch_is_refused(torch, tmp_path, monkeypatch):
    path = save(torch, STATE, tmp_path / "net.pth")
    monkeypatch.setattr(torch, "__version__", type(torch.__version__)("2.9.1"))
    assert "needs PyTorch 2.10 or newer" in refusal(path)


def test_safetensors_need_no_pytorch(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    safetensors.numpy.save_file(STATE, tmp_path / "net.safetensors")
    assert_same(read_state_dict(tmp_path / "net.safetensors"), STATE)
