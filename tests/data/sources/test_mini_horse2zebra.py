import socket
import subprocess
import sys

import numpy as np
import pytest

tfds = pytest.importorskip("tensorflow_datasets")

from tf_cyclegan.data.sources import mini_horse2zebra  # noqa: E402

FEW = {"trainA": 3, "trainB": 2, "testA": 2, "testB": 4}


@pytest.fixture(scope="module")
def builder(tmp_path_factory):
    """A small set, prepared without a network."""

    def no_network(*args, **kwargs):
        raise AssertionError(f"the network was asked for: {args}")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mini_horse2zebra, "EXAMPLES", FEW)
        patch.setattr(socket.socket, "connect", no_network)
        patch.setattr(socket, "getaddrinfo", no_network)
        made = tfds.builder("mini_horse2zebra", data_dir=tmp_path_factory.mktemp("tfds"))
        made.download_and_prepare()
    return made


def read(builder, split, **kwargs):
    return list(tfds.as_numpy(builder.as_dataset(split=split, **kwargs)))


def test_the_whole_set_has_the_documented_size():
    assert mini_horse2zebra.EXAMPLES == {"trainA": 200, "trainB": 200, "testA": 60, "testB": 60}
    assert mini_horse2zebra.SPLITS.keys() == mini_horse2zebra.EXAMPLES.keys()


@pytest.mark.parametrize("size", [64, 128, 256])
def test_configs(size, tmp_path):
    made = tfds.builder(f"mini_horse2zebra/{size}", data_dir=tmp_path)
    assert made.info.features["image"].shape == (size, size, 3)
    assert made.info.features["counterpart"].shape == (size, size, 3)
    assert made.info.features["mask"].shape == (size, size, 1)
    assert made.info.features["label"].names == ["A", "B"]
    assert not list(tmp_path.iterdir())  # Nothing is written before it is prepared.


def test_the_default_config_is_64(builder):
    assert builder.info.full_name == "mini_horse2zebra/64/1.0.0"


def test_counts(builder):
    assert {name: split.num_examples for name, split in builder.info.splits.items()} == FEW
    for split, count in FEW.items():
        assert len(read(builder, split)) == count


@pytest.mark.parametrize("split", FEW)
def test_examples_are_the_drawings_in_order(builder, split):
    animal, label = ("horse", 0) if split.endswith("A") else ("zebra", 1)
    other = "zebra" if animal == "horse" else "horse"
    for index, example in enumerate(read(builder, split)):
        scene = mini_horse2zebra.draw(split, index, 64)
        assert example["name"].decode() == f"{animal}_{index:04d}"
        assert example["label"] == label
        np.testing.assert_array_equal(example["image"], getattr(scene, animal))
        np.testing.assert_array_equal(example["counterpart"], getattr(scene, other))
        np.testing.assert_array_equal(example["mask"], scene.mask)


def test_pictures_are_kept_as_png(builder):
    skip = tfds.decode.SkipDecoding()
    decoders = {"image": skip, "counterpart": skip, "mask": skip}
    for example in read(builder, "testB", decoders=decoders):
        for feature in decoders:
            assert example[feature].startswith(b"\x89PNG")


def test_names_and_encoded_pictures_can_be_read_alone(builder):
    decoders = tfds.decode.PartialDecoding(
        {"image": True, "name": True}, decoders={"image": tfds.decode.SkipDecoding()}
    )
    examples = read(builder, "trainA", decoders=decoders)
    assert [set(example) for example in examples] == [{"image", "name"}] * FEW["trainA"]
    assert [example["name"] for example in examples] == [
        b"horse_0000",
        b"horse_0001",
        b"horse_0002",
    ]


def test_no_two_splits_share_a_scene():
    masks = {mini_horse2zebra.draw(split, i, 32).mask.tobytes() for split in FEW for i in range(5)}
    assert len(masks) == 20


def test_a_prepared_set_is_taken_as_it_is(builder, monkeypatch):
    def draw(*args):
        raise AssertionError("drawn again")

    monkeypatch.setattr(mini_horse2zebra, "draw", draw)
    again = tfds.builder("mini_horse2zebra/64", data_dir=builder.data_dir_root)
    again.download_and_prepare()
    assert len(read(again, "testB")) == FEW["testB"]


def test_drawing_needs_no_tensorflow():
    code = (
        "import sys, tf_cyclegan.data.sources.drawings.scene as d, numpy as np;"
        "d.draw_scene(np.random.default_rng(0), 16);"
        "assert not {'tensorflow', 'tensorflow_datasets'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
