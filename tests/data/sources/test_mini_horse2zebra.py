import socket
import subprocess
import sys

import numpy as np
import pytest
import tensorflow_datasets as tfds

from tf_cyclegan.data.sources import mini_horse2zebra

FEW = {"trainA": 3, "trainB": 2, "testA": 2, "testB": 4}


@pytest.fixture(scope="module")
def builder(tmp_path_factory):
    """A small set, prepared without a network."""

    def no_network(*args, **kwargs):
        raise AssertionError(f"the network was used: {args}")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mini_horse2zebra, "EXAMPLES", FEW)
        patch.setattr(socket.socket, "connect", no_network)
        patch.setattr(socket, "getaddrinfo", no_network)
        builder = tfds.builder("mini_horse2zebra", data_dir=tmp_path_factory.mktemp("tfds"))
        builder.download_and_prepare()
    return builder


def read(builder, split, **kwargs):
    return list(tfds.as_numpy(builder.as_dataset(split=split, **kwargs)))


def test_the_documented_size():
    assert mini_horse2zebra.EXAMPLES == {"trainA": 200, "trainB": 200, "testA": 60, "testB": 60}
    assert mini_horse2zebra.SPLITS.keys() == mini_horse2zebra.EXAMPLES.keys()


@pytest.mark.parametrize("size", [64, 128, 256])
def test_configs(size, tmp_path):
    info = tfds.builder(f"mini_horse2zebra/{size}", data_dir=tmp_path).info
    shapes = {name: info.features[name].shape for name in ("image", "counterpart", "mask")}
    side = (size, size)
    assert shapes == {"image": (*side, 3), "counterpart": (*side, 3), "mask": (*side, 1)}
    assert info.features["label"].names == ["A", "B"]
    assert not list(tmp_path.iterdir()), "nothing is written before the preparation"


def test_the_default_config_is_64(builder):
    assert builder.info.full_name == "mini_horse2zebra/64/1.0.0"


@pytest.mark.parametrize(("split", "count"), FEW.items())
def test_examples_are_the_drawings_in_order(builder, split, count):
    animal, other, label = ("horse", "zebra", 0) if split[-1] == "A" else ("zebra", "horse", 1)
    examples = read(builder, split)
    assert len(examples) == builder.info.splits[split].num_examples == count
    for index, example in enumerate(examples):
        scene = mini_horse2zebra.draw(split, index, 64)
        assert example["name"].decode() == f"{animal}_{index:04d}"
        assert example["label"] == label
        np.testing.assert_array_equal(example["image"], getattr(scene, animal))
        np.testing.assert_array_equal(example["counterpart"], getattr(scene, other))
        np.testing.assert_array_equal(example["mask"], scene.mask)


def test_pictures_are_stored_as_png_and_can_be_read_encoded(builder):
    pictures = dict.fromkeys(("image", "counterpart", "mask"), tfds.decode.SkipDecoding())
    decoders = tfds.decode.PartialDecoding(dict.fromkeys(pictures, True), decoders=pictures)
    for example in read(builder, "testB", decoders=decoders):
        assert example.keys() == pictures.keys()
        assert all(value.startswith(b"\x89PNG") for value in example.values())


def test_no_two_splits_share_a_scene():
    masks = {mini_horse2zebra.draw(split, i, 32).mask.tobytes() for split in FEW for i in range(5)}
    assert len(masks) == 20


def test_a_prepared_set_is_not_drawn_again(builder, monkeypatch):
    monkeypatch.delattr(mini_horse2zebra, "draw")
    again = tfds.builder("mini_horse2zebra/64", data_dir=builder.data_dir_root)
    again.download_and_prepare()
    assert len(read(again, "testB")) == FEW["testB"]


@pytest.mark.slow
def test_drawing_needs_no_tensorflow():
    code = (
        "import sys, tf_cyclegan.data.sources.drawings.scene as d, numpy as np;"
        "d.draw_scene(np.random.default_rng(0), 16);"
        "assert not {'tensorflow', 'tensorflow_datasets'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
