import zipfile

import pytest

from tf_cyclegan import datasets
from tf_cyclegan.datasets import tfds_source
from tf_cyclegan.errors import UserError


@pytest.fixture
def asked(monkeypatch):
    """The names that are passed on to tensorflow-datasets."""
    names = []
    monkeypatch.setattr(tfds_source, "load", lambda name, split, data_dir: names.append(name))
    return names


@pytest.mark.parametrize(
    ("image_size", "config"), [(32, "64"), (64, "64"), (96, "128"), (256, "256"), (512, "256")]
)
def test_drawings_come_in_the_resolution_above(asked, image_size, config):
    datasets.load("mini_horse2zebra", "trainA", image_size=image_size)
    assert asked == [f"mini_horse2zebra/{config}"]


def test_a_named_resolution_of_the_drawings_is_kept(asked):
    datasets.load("mini_horse2zebra/128", "trainA", image_size=64)
    assert asked == ["mini_horse2zebra/128"]


@pytest.mark.parametrize("name", ["cycle_gan/horse2zebra", "cycle_gan", "my_set/a.b:1.0.0"])
def test_names_go_to_tensorflow_datasets(asked, name):
    datasets.load(name, "trainA", image_size=64)
    assert asked == [name]


def test_paths_go_to_folders(asked, photos, monkeypatch, tmp_path):
    assert len(datasets.load(str(photos), "trainA", image_size=64)) == 5
    monkeypatch.chdir(photos.parent)
    assert len(datasets.load("photos", "trainA", image_size=64)) == 5
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        archive.write(photos / "trainA" / "0.png", "trainA/0.png")
    assert len(datasets.load(str(tmp_path / "set.zip"), "trainA", image_size=64)) == 1
    for missing in ("./no_such_folder", "/no/such/folder", "no_such.zip"):
        with pytest.raises(UserError, match="no such"):
            datasets.load(missing, "trainA", image_size=64)
    assert asked == []


def test_the_truth_is_that_of_the_drawings_that_are_read(monkeypatch):
    asked = []
    monkeypatch.setattr(tfds_source, "load", lambda *arguments: asked.append(arguments))
    datasets.load_truth("mini_horse2zebra", "testB", image_size=96, data_dir="there")
    name = "mini_horse2zebra/128"
    assert asked == [(name, "testB", "there", each) for each in ("counterpart", "mask")]


def test_photographs_have_no_truth(photos):
    assert datasets.load_truth(str(photos), "testA", image_size=64) is None
    assert datasets.load_truth("cycle_gan/maps", "testA", image_size=64) is None


def test_drawn_sets_are_known_by_name():
    assert datasets.is_drawn("mini_horse2zebra")
    assert datasets.is_drawn("mini_horse2zebra/128")
    assert not datasets.is_drawn("cycle_gan/horse2zebra")
