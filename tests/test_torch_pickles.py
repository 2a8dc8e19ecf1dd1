import io
import pickle

import numpy as np
import pytest

from tf_cyclegan.torch_weights import torch_pickles
from tf_cyclegan.torch_weights.torch_pickles import unpickle
from tf_cyclegan.torch_weights.torch_tensors import FileFormatError, Storage, Tensor, make_arrays


def pickled_tensor(
    *,
    storage: str = "FloatStorage",
    length: int = 4,
    offset: int = 0,
    shape: tuple = (2, 2),
    strides: tuple = (2, 1),
    more: tuple = (),
) -> bytes:
    """{"a": a tensor}, written by hand, with any numbers in it."""

    def item(value: object) -> bytes:
        # Without the protocol's mark before it and the stop after it.
        return pickle.dumps(value, 2)[2:-1]

    pid = b"(" + item("storage") + b"ctorch\n" + storage.encode() + b"\n"
    pid += item("0") + item("cpu") + item(length) + b"tQ"
    tensor = b"ctorch._utils\n_rebuild_tensor_v2\n(" + pid + item(offset) + item(shape)
    tensor += item(strides) + item(False) + b"ccollections\nOrderedDict\n)R"
    tensor += b"".join(map(item, more)) + b"tR"
    return b"\x80\x02}" + item("a") + tensor + b"s."


FOUR = np.arange(4, dtype="<f4").tobytes()


def read(data: bytes, values: bytes = FOUR) -> dict[str, np.ndarray]:
    """Reads a state dict whose only storage has these values."""
    tree, _ = unpickle(io.BytesIO(data))
    assert isinstance(tree, dict)
    return make_arrays(tree, lambda storage: values, size=len(data) + len(values))


def test_reads_a_tensor_and_leaves_the_file_after_it():
    file = io.BytesIO(pickled_tensor() + b"rest")
    storage = Storage("0", "f4", 4)
    tree = {"a": Tensor(storage, 0, (2, 2), (2, 1))}
    assert unpickle(file) == (tree, {"0": storage})
    assert file.read() == b"rest"
    np.testing.assert_array_equal(read(pickled_tensor())["a"], [[0, 1], [2, 3]])


def test_reads_what_was_saved_from_a_gpu():
    data = pickled_tensor().replace(b"ctorch\nFloat", b"ctorch.cuda\nFloat")
    np.testing.assert_array_equal(read(data)["a"], [[0, 1], [2, 3]])


def test_reads_the_byte_strings_of_python_2():
    data = pickled_tensor().replace(b"X\x01\0\0\0a", b"U\x01a")
    assert b"U\x01a" in data
    assert list(read(data)) == ["a"]


def test_the_stride_of_an_axis_of_length_one_does_not_matter():
    array = read(pickled_tensor(shape=(2, 1), strides=(1, 2**60)))["a"]
    np.testing.assert_array_equal(array, [[0], [1]])


@pytest.mark.parametrize(
    "name",
    ["builtins.eval", "torch.load", "torch.nn.Linear", "collections.Counter", "torch.Storage"],
)
@pytest.mark.parametrize("protocol", [2, 4])
def test_other_names_are_refused(name, protocol):
    module, attribute = name.rsplit(".", 1)
    data = b"\x80\x02c" + f"{module}\n{attribute}\n.".encode()
    if protocol == 4:
        texts = [pickle.dumps(text, 4)[11:-1] for text in (module, attribute)]
        data = b"\x80\x04" + b"".join(texts) + b"\x93."
    with pytest.raises(FileFormatError, match=f"asks for '{name}'"):
        unpickle(io.BytesIO(data))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (pickled_tensor(length=3), "storage '0' has 16 bytes and not 12"),
        (pickled_tensor(length=2**40), "claims more values than it has bytes"),
        (pickled_tensor(length=-1), "out of range"),
        (pickled_tensor(offset=1), "'a' goes beyond the end of its storage"),
        (pickled_tensor(offset=-1), "out of range"),
        (pickled_tensor(strides=(3, 1)), "'a' goes beyond the end of its storage"),
        (pickled_tensor(strides=(1,)), "tensor of an unknown kind"),
        (pickled_tensor(strides=(-1, 1)), "out of range"),
        (pickled_tensor(shape=(2**31, 2), strides=(0, 0)), "larger than the file"),
        (pickled_tensor(shape=(0, 2**62)), "larger than the file"),
        (pickled_tensor(shape=(2.0, 2)), "is no number"),
        (pickled_tensor(shape=(1,) * 9, strides=(1,) * 9), "out of range"),
        (pickled_tensor(more=({"neg": True},)), "tensor of an unknown kind"),
        (pickled_tensor(storage="ComplexFloatStorage"), "'torch.ComplexFloatStorage'"),
        (pickled_tensor()[:-9], "truncated, damaged or too long"),
        (b"", "truncated, damaged or too long"),
        # A table of 2**32 places, 500,000 nested tuples, too much in all, and 2**63 bytes to come.
        (b"\x80\x02Nr\xff\xff\xff\xff.", "memo number is out of range"),
        (b"\x80\x02})" + b"\x85" * 500_000 + b"Ns.", "more parts than a generator's"),
        (b"\x80\x02" + b"]" * 2**20 + b".", "damaged or too long"),
        (b"\x80\x04\x8e" + b"\xff" * 7 + b"\x7f.", "damaged or too long"),
    ],
)
def test_what_does_not_fit_is_named(data, reason):
    with pytest.raises(FileFormatError, match=reason):
        read(data)


def test_a_list_taken_again_and_again_does_not_multiply():
    # Python 2's OrderedDict takes a list of its entries; here 2,000 take the same one of 5,000.
    entries = b"](" + b"K\x01K\x01\x86" * 5000 + b"eq\x01"
    data = b"\x80\x02(ccollections\nOrderedDict\nq\x00" + entries
    data += b"h\x00h\x01\x85R" * 2000 + b"l."
    with pytest.raises(FileFormatError, match="unfolds to more than it has bytes"):
        unpickle(io.BytesIO(data))


def test_a_pickle_cannot_change_the_stand_ins():
    # BUILD sets attributes: here, those of the function that makes tensors.
    state = pickle.dumps((None, {"_function": 1, "__defaults__": (1,)}), 2)[2:-1]
    data = b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n" + state + b"b."
    with pytest.raises(FileFormatError, match="AttributeError"):
        unpickle(io.BytesIO(data))
    assert torch_pickles._rebuild_tensor.__defaults__ is None
    assert "a" in read(pickled_tensor())
