import shutil

import numpy as np
import pytest

from tf_cyclegan.config import Config, from_recipe
from tf_cyclegan.data import sources
from tf_cyclegan.data.sources import mini_horse2zebra
from tf_cyclegan.evaluation import evaluation_set
from tf_cyclegan.system.errors import UserError


@pytest.fixture
def drawn(tmp_path, monkeypatch):
    """The settings of a run on a few drawings."""
    few = {"trainA": 2, "trainB": 2, "testA": 3, "testB": 2}
    monkeypatch.setattr(mini_horse2zebra, "EXAMPLES", few)
    return Config(data_dir=str(tmp_path))


def test_a_folder_gives_its_pictures_alone(tiny):
    found = evaluation_set.load(tiny, "test")
    assert {domain: len(pictures) for domain, pictures in found.pictures.items()} == {
        "A": 3,
        "B": 2,
    }
    assert (found.targets, found.truth) == ({}, {})
    assert found.name == f"the test pictures of {tiny.dataset}"


def test_split_dataset_and_limit(tiny, photos, tmp_path):
    other = shutil.copytree(photos, tmp_path / "other")
    (other / "trainA" / "0.png").unlink()
    found = evaluation_set.load(tiny, "train", str(other), limit=2)
    assert found.pictures["A"].names == ("1.png", "2.png")
    assert len(found.pictures["B"]) == 2


def test_pairs_by_name_are_each_others_targets(tiny, photos, tmp_path):
    root = shutil.copytree(photos, tmp_path / "pairs")
    (root / "testA" / "0.png").rename(root / "testA" / "z_A.png")
    (root / "testB" / "0.png").rename(root / "testB" / "z_B.png")
    (root / "testA" / "2.png").unlink()
    found = evaluation_set.load(tiny, "test", str(root), limit=1, paired=True)
    assert found.paired_by == "name"
    assert found.pictures["A"].names == ("1.png",)
    assert found.targets["A"].names == ("1.png", "z_B.png")
    assert found.targets["B"].names == ("1.png", "z_A.png")
    np.testing.assert_array_equal(found.targets["B"].read(0), found.pictures["A"].read(0))


def test_what_is_not_paired_is_told(tiny):
    with pytest.raises(UserError, match="3 pictures of A and 2 of B are no pairs: 2 is not in"):
        evaluation_set.load(tiny, "test", paired=True)


def test_sets_without_names_cannot_be_paired(tiny, monkeypatch):
    same = sources.load(tiny.dataset, "trainA", image_size=32)
    monkeypatch.setattr(sources, "load", lambda *args, **kwargs: same)
    config = from_recipe("facades")
    with pytest.raises(UserError, match=r"cycle_gan/facades, .* give its folder or archive"):
        evaluation_set.load(config, "test", paired=True)


def test_a_missing_test_split_is_told(tiny, photos, tmp_path):
    root = shutil.copytree(photos, tmp_path / "photos")
    shutil.rmtree(root / "testB")
    with pytest.raises(UserError, match="has no pictures testB; give split=train"):
        evaluation_set.load(tiny, "test", str(root))


def test_drawings_come_with_their_truth(drawn):
    found = evaluation_set.load(drawn, "test", paired=True)
    for domain, animal, other in (("A", "horse", "zebra"), ("B", "zebra", "horse")):
        assert len(found.truth[domain].masks) == len(found.pictures[domain])
        for i in range(len(found.pictures[domain])):
            scene = mini_horse2zebra.draw(f"test{domain}", i, 64)
            np.testing.assert_array_equal(found.pictures[domain].read(i), getattr(scene, animal))
            truth = found.truth[domain]
            np.testing.assert_array_equal(truth.counterparts.read(i), getattr(scene, other))
            np.testing.assert_array_equal(truth.masks.read(i)[..., :1], scene.mask)
            np.testing.assert_array_equal(found.targets[domain].read(i), getattr(scene, other))
    assert found.paired_by == "counterpart"
