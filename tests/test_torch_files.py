import io
import json
import pickle
import runpy
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tf_cyclegan.errors import UserError
from tf_cyclegan.torch_weights.torch_files import read_state_dict

DATA = Path(__file__).parent / "data"
MADE = runpy.run_path(str(DATA / "make_torch_files.py"))
values = MADE["values"]

FILES = sorted(path.name for path in DATA.iterdir() if path.suffix != ".py")
KINDS = ["kinds.pth", "kinds_legacy.pth", "kinds.safetensors"]
GENERATORS = [name for name in FILES if name.startswith("generator")]
REFUSED = ["hostile.pth", "hostile_legacy.pth", "module.pth"]


def write(folder: Path, data: bytes) -> Path:
    path = folder / "net.pth"
    path.write_bytes(data)
    return path


def refusal(path: Path) -> str:
    """The one line that refuses a file; it begins with the file's name."""
    with pytest.raises(UserError) as caught:
        read_state_dict(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    assert len(message) < 500
    return message.removeprefix(f"{path}: ")


def zipped(tree: object) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("net/data.pkl", pickle.dumps(tree))
    return file.getvalue()


def without_entry(name: str, entry: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(DATA / name) as old, zipfile.ZipFile(file, "w") as new:
        for kept in set(old.namelist()) - {entry}:
            new.writestr(kept, old.read(kept))
    return file.getvalue()


@pytest.mark.parametrize("name", GENERATORS)
def test_reads_a_generator(name):
    state = read_state_dict(DATA / name)
    statistics = "statistics" in name or "old" in name
    shapes = MADE["shapes"](statistics)
    assert {key: array.shape for key, array in state.items()} == shapes
    for key, array in state.items():
        if key.endswith("num_batches_tracked"):
            assert array.dtype == np.int64
            assert array == 37
        else:
            assert array.dtype == (np.float16 if "half" in name else np.float32)
            np.testing.assert_array_equal(array, values(key, array.shape))


@pytest.mark.parametrize("name", KINDS)
def test_reads_all_types_and_views(name):
    state = read_state_dict(DATA / name)
    base = values("base", (4, 6))
    expected = {
        **{kind: values(kind, (2, 3)).astype(kind) for kind in ("float16", "float32", "float64")},
        "bfloat16": values("bfloat16", (2, 3)),
        "int64": np.arange(-3, 3),
        "scalar": np.array(37),
        "empty": np.zeros((0, 3), np.float32),
        "base": base,
        "transposed": base.T,
        "part": base[1:3, 2:5],
        "steps": base[::2, 1::2],
        "expanded": np.full((5, 1), base[0, 3]),
        "parameter": base[3],
    }
    assert state.keys() == expected.keys()
    for key, array in expected.items():
        assert state[key].dtype == array.dtype, key
        assert state[key].shape == array.shape, key
        np.testing.assert_array_equal(state[key], array)
        assert not state[key].flags.writeable


def test_shared_storages_share_memory():
    for name in ("kinds.pth", "kinds_legacy.pth"):
        state = read_state_dict(DATA / name)
        assert np.shares_memory(state["base"], state["transposed"])
        assert not np.shares_memory(state["base"], state["float32"])


@pytest.mark.parametrize("name", ["checkpoint.pth", "checkpoint_legacy.pth", "big_endian.pth"])
def test_finds_the_nested_state_and_strips_the_prefix(name):
    state = read_state_dict(DATA / name)
    assert list(state) == ["base", "transposed"]
    np.testing.assert_array_equal(state["transposed"], values("base", (4, 6)).T)


def test_a_prefix_that_not_all_have_stays(tmp_path):
    header = {
        name: {"dtype": "F32", "shape": [], "data_offsets": [4 * i, 4 * i + 4]}
        for i, name in enumerate(["module.a", "b"])
    }
    text = json.dumps(header).encode()
    data = len(text).to_bytes(8, "little") + text + bytes(8)
    assert list(read_state_dict(write(tmp_path, data))) == ["module.a", "b"]


def test_the_byte_order_in_a_legacy_file_says_nothing_of_its_storages(tmp_path):
    # PyTorch writes them little endian everywhere, and passes this over when it reads.
    data = (DATA / "kinds_legacy.pth").read_bytes()
    little, big = (b"little_endianq\x02" + flag for flag in (b"\x88", b"\x89"))
    assert data.count(little) == 1
    state = read_state_dict(write(tmp_path, data.replace(little, big)))
    np.testing.assert_array_equal(state["base"], values("base", (4, 6)))


@pytest.mark.parametrize("name", ["hostile.pth", "hostile_legacy.pth"])
def test_runs_nothing(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "'posix.system', which weights do not need, and which was not run" in refusal(
        DATA / name
    )
    assert not list(tmp_path.iterdir())


def test_the_hostile_file_would_do_harm(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with zipfile.ZipFile(DATA / "hostile.pth") as archive:
        pickle.loads(archive.read("hostile/data.pkl"))
    assert [path.name for path in tmp_path.iterdir()] == [MADE["MARKER"]]


def test_a_whole_module_is_refused_by_its_class():
    message = refusal(DATA / "module.pth")
    assert "'torch.nn.modules.container.Sequential'" in message
    assert "torch.save(net.state_dict(), FILE)" in message


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b"\n<!DOCTYPE html>\n<html><body>Not found</body></html>", "is a web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "is neither a file of torch.save nor"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "is neither a file of torch.save nor"),
        (pickle.dumps({"a": 1}), "is a pickle, but none that torch.save wrote"),
        (zipped(3), "holds a int without tensors"),
        (zipped({}), "holds a dict without tensors"),
        (zipped({"epoch": 3}), "entry 'epoch' is a int and no named tensor"),
        (zipped({"G": {}, "D": {}}), "entry 'G' is a dict and no named tensor"),
        (zipped({}).replace(b"data.pkl", b"code.pkl"), "is a zip, but none that torch.save wrote"),
        (without_entry("kinds.pth", "kinds/data/0"), "There is no item named 'kinds/data/0'"),
        ((2**62).to_bytes(8, "little") + b"{}", "ends within its header"),
        ((2).to_bytes(8, "little") + b"{}", "holds a dict without tensors"),
    ],
)
def test_what_does_not_fit_is_named(data, reason, tmp_path):
    assert reason in refusal(write(tmp_path, data))


def test_what_cannot_be_opened_is_refused(tmp_path):
    assert "cannot be read (No such file or directory)" in refusal(tmp_path / "none.pth")
    assert "cannot be read (Is a directory)" in refusal(tmp_path)


def test_a_compressed_zip_is_refused(tmp_path):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("net/data.pkl", bytes(10**7))
    assert "'net/data.pkl' in the zip is compressed" in refusal(write(tmp_path, file.getvalue()))


def outcome(path: Path) -> dict[str, np.ndarray] | None:
    """What is read, or None where it is refused; anything else fails the test."""
    with warnings.catch_warnings():
        # zipfile warns of repeated names.
        warnings.simplefilter("ignore")
        try:
            return read_state_dict(path)
        except UserError:
            return None


@pytest.mark.parametrize("name", FILES)
def test_truncated_files_are_refused(name, tmp_path):
    data = (DATA / name).read_bytes()
    ends = np.random.default_rng(0).integers(0, len(data), 20)
    for end in [*ends, len(data) - 1]:
        assert outcome(write(tmp_path, data[:end])) is None, end


@pytest.mark.parametrize("name", FILES)
def test_flipped_bytes_are_refused_or_harmless(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data = (DATA / name).read_bytes()
    whole = outcome(DATA / name)
    rng = np.random.default_rng(0)
    # Most of the structure is at the beginning: more of the flips go there.
    places = [*rng.integers(0, len(data), 25), *rng.integers(0, min(len(data), 2000), 40)]
    for place in places:
        flipped = bytearray(data)
        flipped[place] ^= rng.integers(1, 256)
        state = outcome(write(tmp_path, bytes(flipped)))
        if state is None:
            continue
        assert name not in REFUSED, place
        if zipfile.is_zipfile(DATA / name):
            # Zips have check sums. What the other formats hold may have changed unseen.
            assert whole is not None
            assert state.keys() == whole.keys()
            assert all(np.array_equal(state[key], whole[key]) for key in whole), place
        assert all(np.sum(array) is not None for array in state.values())
    assert [path.name for path in tmp_path.iterdir()] == ["net.pth"]
