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
    """Makes a file in the working directory when it is unpickled."""

    def __reduce__(self):
        return os.system, ("touch hostile_code_ran",)


def save(torch: ModuleType, tree: object, path: Path, form: str = "zip") -> Path:
    """Writes `tree` with torch.save, with tensors in place of NumPy's arrays."""
    if isinstance(tree, dict) and all(isinstance(value, np.ndarray) for value in tree.values()):
        tree = {name: torch.from_numpy(value) for name, value in tree.items()}
    torch.save(tree, path, _use_new_zipfile_serialization=form == "zip")
    return path


def write(folder: Path, data: bytes) -> Path:
    path = folder / "net.pth"
    path.write_bytes(data)
    return path


def with_header(header: bytes | dict[str, object], size: int = 8) -> bytes:
    """A .safetensors file with any header and so many bytes for tensors."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + bytes(size)


def entry(start: int, end: int, dtype: str = "F32", shape: tuple[int, ...] = ()) -> dict:
    return {"dtype": dtype, "shape": shape, "data_offsets": (start, end)}


def refusal(path: Path) -> str:
    """The one line that refuses a file, without the file's name that it begins with."""
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
def test_reads_what_torch_saved(torch, form, tmp_path):
    base = torch.arange(24.0).reshape(4, 6)
    tree = {
        "bfloat16": base.to(torch.bfloat16),
        "transposed": base.T,
        "part": base[1:3, ::2],
        "parameter": torch.nn.Parameter(base),
    }
    values = base.numpy()
    expected = {
        "bfloat16": values,
        "transposed": values.T,
        "part": values[1:3, ::2],
        "parameter": values,
    }
    assert_same(read_state_dict(save(torch, tree, tmp_path / "views.pth", form)), expected)
    assert_same(read_state_dict(save(torch, STATE, tmp_path / "net.pth", form)), STATE)


def test_reads_safetensors_under_any_name(tmp_path):
    path = tmp_path / "net.pth"
    safetensors.numpy.save_file(STATE, path, {"format": "pt"})
    assert_same(read_state_dict(path), STATE)


def test_reads_bfloat16_of_safetensors(tmp_path):
    data = with_header({"a": entry(0, 4, "BF16", (2,))}, 0) + b"\xc0\x3f\x20\xc0"
    assert_same(read_state_dict(write(tmp_path, data)), {"a": np.array([1.5, -2.5], np.float32)})


@pytest.mark.parametrize("form", FORMATS)
def test_reads_what_was_saved_on_a_gpu(torch, form, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.serialization, "location_tag", lambda storage: "cuda:0")
    path = save(torch, STATE, tmp_path / "net.pth", form)
    assert b"cuda:0" in path.read_bytes()
    assert_same(read_state_dict(path), STATE)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("key", ["state_dict", "model"])
def test_finds_the_state_dict_of_a_checkpoint(torch, form, key, tmp_path):
    tree = {"epoch": 3, key: {"module.a": torch.ones(2), "module.b": torch.zeros(3)}}
    path = save(torch, tree, tmp_path / "checkpoint.pth", form)
    assert_same(read_state_dict(path), {"a": np.ones(2, np.float32), "b": np.zeros(3, np.float32)})


def test_a_prefix_that_not_all_have_stays(tmp_path):
    data = with_header({"module.a": entry(0, 4), "b": entry(4, 8)})
    assert read_state_dict(write(tmp_path, data)).keys() == {"module.a", "b"}


@pytest.mark.parametrize("form", FORMATS)
def test_runs_no_code(torch, form, tmp_path, monkeypatch):
    path = save(torch, {"weight": Hostile()}, tmp_path / "hostile.pth", form)
    folder = tmp_path / "empty"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert "holds more than tensors (posix.system)" in refusal(path)
    assert not list(folder.iterdir())
    torch.load(path, weights_only=False)
    assert list(folder.iterdir())


def test_a_whole_network_is_refused_by_its_class(torch, tmp_path):
    path = save(torch, torch.nn.Sequential(torch.nn.ReLU()), tmp_path / "net.pth")
    assert "(torch.nn.modules.container.Sequential)" in refusal(path)
    assert "torch.save(net.state_dict(), FILE)" in refusal(path)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda torch: 3, "an object of type int"),
        (lambda torch: {}, "no tensors"),
        (lambda torch: {"state_dict": {}}, "no tensors"),
        (lambda torch: {"epoch": 3}, "epoch is no tensor but of type int"),
        (lambda torch: {3: torch.ones(1)}, "3 is no tensor"),
        (lambda torch: {"G": {}, "D": {}}, "G is no tensor but of type dict"),
        (lambda torch: {"a": torch.ones(1).expand(2**40)}, "tensors larger than the file"),
        (lambda torch: {"a": torch.zeros(0, 2**62)}, "a tensor that NumPy cannot hold"),
        (lambda torch: {"a": torch.ones(3).to_sparse()}, "a tensor that NumPy cannot hold"),
        (lambda torch: {"a": torch.ones(4).to(torch.float8_e5m2)}, "that NumPy cannot hold"),
    ],
)
def test_names_what_is_no_state_dict(torch, make, reason, tmp_path):
    assert reason in refusal(save(torch, make(torch), tmp_path / "net.pth"))


def test_a_claim_of_terabytes_is_refused(torch, tmp_path):
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


def test_a_zip_bomb_is_refused(torch, tmp_path):
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
def test_names_what_torch_cannot_load(torch, data, reason, tmp_path):
    assert reason in refusal(write(tmp_path, data))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b"\n<!DOCTYPE html>\n<html><body>Not found</body></html>", "is a web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "is neither a file of torch.save nor"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "is neither a file of torch.save nor"),
        (with_header({}, 0), "holds no tensors"),
        (with_header(b"{nope}"), "is no valid .safetensors file"),
        (with_header(b'{"a":' * 5000), "is no valid .safetensors file"),
        (with_header({"a": entry(0, 4)}), "is no valid .safetensors file"),
        (with_header({"a": entry(0, 4), "b": entry(0, 4)}, 4), "is no valid .safetensors file"),
        (with_header({"a": entry(0, 4, shape=(2, 2))}, 4), "is no valid .safetensors file"),
        (with_header({"a": entry(0, 2**42, shape=(2**40,))}), "is no valid .safetensors file"),
        (with_header({"a": entry(0, 4, shape=(2**62, 2**62))}, 4), "is no valid .safetensors"),
        (with_header({"a": entry(0, 0, shape=(0, 2**62))}, 0), "is no valid .safetensors file"),
        (with_header({"a": entry(0, 8, "F8_E4M3", (8,))}), "tensors of type 'F8_E4M3'"),
        (b"\xff" * 8 + b"{}", "is no valid .safetensors file"),
    ],
)
def test_names_what_is_wrong_with_other_files(data, reason, tmp_path):
    assert reason in refusal(write(tmp_path, data))


def test_two_tensors_of_one_name_are_refused(tmp_path):
    entries = (json.dumps(entry(start, start + 4)) for start in (0, 4))
    header = '{"a":' + ',"a":'.join(entries) + "}"
    assert "is no valid .safetensors file" in refusal(write(tmp_path, with_header(header.encode())))


def test_what_cannot_be_opened_is_refused(tmp_path):
    assert "cannot be read (No such file or directory)" in refusal(tmp_path / "none.pth")
    assert "cannot be read (Is a directory)" in refusal(tmp_path)


@pytest.mark.parametrize("form", [*FORMATS, "safetensors"])
def test_damaged_files_are_refused_or_read(request, form, tmp_path):
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
def test_tells_how_to_install_pytorch(data, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    message = refusal(write(tmp_path, data))
    assert "needs PyTorch 2.10 or newer: python -m pip install 'torch>=2.10'" in message
    assert "a .safetensors file needs no PyTorch" in message


def test_refuses_a_pytorch_that_could_run_code(torch, tmp_path, monkeypatch):
    path = save(torch, STATE, tmp_path / "net.pth")
    monkeypatch.setattr(torch, "__version__", type(torch.__version__)("2.9.1"))
    assert "needs PyTorch 2.10 or newer" in refusal(path)


def test_safetensors_need_no_pytorch(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    safetensors.numpy.save_file(STATE, tmp_path / "net.safetensors")
    assert_same(read_state_dict(tmp_path / "net.safetensors"), STATE)
