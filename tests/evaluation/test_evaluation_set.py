import shutil

import numpy as np
import pytest

from tf_cyclegan.config import Config, from_recipe
from tf_cyclegan.data import sources
from tf_cyclegan.data.sources import mini_horse2zebra
from tf_cyclegan.evaluation import evaluation_set
from tf_cyclegan.system.errors import UserError


@pytest.fixture
def folder(photos, tmp_path):
    """A copy of the photos that a test may change."""
    return shutil.copytree(photos, tmp_path / "photos")


def test_a_folder_has_pictures_alone(tiny):
    found = evaluation_set.load(tiny, "test")
    assert {domain: len(pictures) for domain, pictures in found.pictures.items()} == {
        "A": 3,
        "B": 2,
    }
    assert (found.targets, found.truth) == ({}, {})
    assert found.name == f"the test pictures of {tiny.dataset}"


def test_split_dataset_and_limit(tiny, folder):
    (folder / "trainA" / "0.png").unlink()
    found = evaluation_set.load(tiny, "train", str(folder), limit=2)
    assert found.pictures["A"].names == ("1.png", "2.png")
    assert len(found.pictures["B"]) == 2


def test_pairs_are_each_others_targets(tiny, folder):
    for domain in "AB":
        part = folder / f"test{domain}"
        (part / "0.png").rename(part / f"z_{domain}.png")
    (folder / "testA" / "2.png").unlink()
    found = evaluation_set.load(tiny, "test", str(folder), limit=1, paired=True)
    assert found.paired_by == "name"
    assert found.pictures["A"].names == ("1.png",)
    assert found.targets["A"].names == ("1.png", "z_B.png")
    assert found.targets["B"].names == ("1.png", "z_A.png")
    np.testing.assert_array_equal(found.targets["B"].read(0), found.pictures["A"].read(0))


def test_unpaired_pictures_are_refused(tiny):
    with pytest.raises(UserError, match="3 pictures of A and 2 of B are not pairs: 2 is not in"):
        evaluation_set.load(tiny, "test", paired=True)


def test_data_sets_without_names_cannot_be_paired(tiny, monkeypatch):
    same = sources.load(tiny.dataset, "trainA", image_size=32)
    monkeypatch.setattr(sources, "load", lambda *args, **kwargs: same)
    with pytest.raises(UserError, match=r"cycle_gan/facades; give its folder or archive"):
        evaluation_set.load(from_recipe("facades"), "test", paired=True)


def test_the_test_pictures_of_the_earth_are_pairs_without_being_told(tiny, monkeypatch):
    same = {split: sources.load(tiny.dataset, "trainA", image_size=32) for split in sources.SPLITS}
    monkeypatch.setattr(sources, "load", lambda dataset, split, **_: same[split])
    earth = Config(dataset="earth_relief/128")
    found = evaluation_set.load(earth, "test", limit=2)
    assert found.paired_by == "place"
    assert found.targets == {"A": same["testB"], "B": same["testA"]}
    assert len(found.pictures["A"]) == 2
    assert evaluation_set.load(earth, "train").targets == {}
    with pytest.raises(UserError, match="train pictures of earth_relief/128 are of different"):
        evaluation_set.load(earth, "train", paired=True)


def test_a_missing_split_is_reported(tiny, folder):
    shutil.rmtree(folder / "testB")
    with pytest.raises(UserError, match="has no pictures testB; give split=train"):
        evaluation_set.load(tiny, "test", str(folder))


def test_drawings_have_their_ground_truth(tmp_path, monkeypatch):
    few = {"trainA": 2, "trainB": 2, "testA": 3, "testB": 2}
    monkeypatch.setattr(mini_horse2zebra, "EXAMPLES", few)
    found = evaluation_set.load(Config(data_dir=str(tmp_path)), "test", paired=True)
    assert found.paired_by == "counterpart"
    for domain, animal, other in (("A", "horse", "zebra"), ("B", "zebra", "horse")):
        pictures, truth = found.pictures[domain], found.truth[domain]
        assert len(truth.masks) == len(pictures) == few[f"test{domain}"]
        for i in range(len(pictures)):
            scene = mini_horse2zebra.draw(f"test{domain}", i, 64)
            np.testing.assert_array_equal(pictures.read(i), getattr(scene, animal))
            np.testing.assert_array_equal(truth.counterparts.read(i), getattr(scene, other))
            np.testing.assert_array_equal(found.targets[domain].read(i), getattr(scene, other))
            np.testing.assert_array_equal(truth.masks.read(i)[..., :1], scene.mask)
