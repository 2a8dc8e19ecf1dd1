import zipfile

import pytest

from tf_cyclegan.data import sources
from tf_cyclegan.data.sources import tfds as tfds_source
from tf_cyclegan.system.errors import UserError


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
    sources.load("mini_horse2zebra", "trainA", image_size=image_size)
    assert asked == [f"mini_horse2zebra/{config}"]


def test_a_named_resolution_of_the_drawings_is_kept(asked):
    sources.load("mini_horse2zebra/128", "trainA", image_size=64)
    assert asked == ["mini_horse2zebra/128"]


@pytest.mark.parametrize("name", ["cycle_gan/horse2zebra", "cycle_gan", "my_set/a.b:1.0.0"])
def test_names_go_to_tensorflow_datasets(asked, name):
    sources.load(name, "trainA", image_size=64)
    assert asked == [name]


def test_paths_go_to_folders(asked, photos, monkeypatch, tmp_path):
    assert len(sources.load(str(photos), "trainA", image_size=64)) == 5
    monkeypatch.chdir(photos.parent)
    assert len(sources.load("photos", "trainA", image_size=64)) == 5
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        archive.write(photos / "trainA" / "0.png", "trainA/0.png")
    assert len(sources.load(str(tmp_path / "set.zip"), "trainA", image_size=64)) == 1
    for missing in ("./no_such_folder", "/no/such/folder", "no_such.zip"):
        with pytest.raises(UserError, match="no such"):
            sources.load(missing, "trainA", image_size=64)
    assert asked == []


def test_the_truth_is_that_of_the_drawings_that_are_read(monkeypatch):
    asked = []
    monkeypatch.setattr(tfds_source, "load", lambda *arguments: asked.append(arguments))
    sources.load_truth("mini_horse2zebra", "testB", image_size=96, data_dir="there")
    name = "mini_horse2zebra/128"
    assert asked == [(name, "testB", "there", each) for each in ("counterpart", "mask")]


def test_photographs_have_no_truth(photos):
    assert sources.load_truth(str(photos), "testA", image_size=64) is None
    assert sources.load_truth("cycle_gan/maps", "testA", image_size=64) is None


def test_drawn_sets_are_known_by_name():
    assert sources.is_drawn("mini_horse2zebra")
    assert sources.is_drawn("mini_horse2zebra/128")
    assert not sources.is_drawn("cycle_gan/horse2zebra")
