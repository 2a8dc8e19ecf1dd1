import zipfile

import pytest

from tf_cyclegan.data import sources
from tf_cyclegan.data.sources import tfds as tfds_source
from tf_cyclegan.system.errors import UserError


@pytest.fixture
def tfds_calls(monkeypatch):
    """The arguments of the calls to the TFDS source."""
    calls = []
    monkeypatch.setattr(tfds_source, "load", lambda *arguments: calls.append(arguments))
    return calls


@pytest.mark.parametrize(
    ("dataset", "image_size", "name"),
    [
        ("mini_horse2zebra", 32, "mini_horse2zebra/64"),
        ("mini_horse2zebra", 64, "mini_horse2zebra/64"),
        ("mini_horse2zebra", 96, "mini_horse2zebra/128"),
        ("mini_horse2zebra", 256, "mini_horse2zebra/256"),
        ("mini_horse2zebra", 512, "mini_horse2zebra/256"),
        ("mini_horse2zebra/128", 64, "mini_horse2zebra/128"),
        ("cycle_gan/horse2zebra", 64, "cycle_gan/horse2zebra"),
        ("cycle_gan", 64, "cycle_gan"),
        ("my_set/a.b:1.0.0", 64, "my_set/a.b:1.0.0"),
    ],
)
def test_names_select_tfds_and_the_drawings_fit_the_image_size(
    tfds_calls, dataset, image_size, name
):
    sources.load(dataset, "trainA", image_size=image_size)
    assert tfds_calls == [(name, "trainA", None)]


def test_paths_select_folders(tfds_calls, photos, monkeypatch, tmp_path):
    monkeypatch.chdir(photos.parent)
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        archive.write(photos / "trainA" / "0.png", "trainA/0.png")
    for path, count in ((photos, 5), ("photos", 5), (tmp_path / "set.zip", 1)):
        assert len(sources.load(str(path), "trainA", image_size=64)) == count
    for missing in ("./no_such_folder", "/no/such/folder", "no_such.zip"):
        with pytest.raises(UserError, match="no such"):
            sources.load(missing, "trainA", image_size=64)
    assert tfds_calls == []


def test_ground_truth_comes_from_the_drawings(tfds_calls):
    sources.load_truth("mini_horse2zebra", "testB", image_size=96, data_dir="there")
    name = "mini_horse2zebra/128"
    assert tfds_calls == [(name, "testB", "there", each) for each in ("counterpart", "mask")]


def test_photographs_have_no_ground_truth(photos):
    assert sources.load_truth(str(photos), "testA", image_size=64) is None
    assert sources.load_truth("cycle_gan/maps", "testA", image_size=64) is None
