import numpy as np

from helpers.pictures import make_folder, make_picture
from tf_cyclegan.config import Config
from tf_cyclegan.data import training_pictures


def test_samples_come_from_usable_training_pictures_without_test_pictures(tmp_path):
    root = make_folder(tmp_path / "photos", trainA=4, trainB=2, testB=1)
    (root / "trainA" / "0.png").write_bytes(b"")
    config = Config(dataset=str(root), image_size=32, skip_unreadable=True)
    loaded = training_pictures.load(config, lambda line: None)
    assert loaded.counts() == {"trainA": 3, "trainB": 2, "testA": 0, "testB": 1}
    assert not loaded.tested
    x, y = loaded.shown(2)
    assert (x.names, y.names) == (("1.png", "2.png"), ("0.png",))
    np.testing.assert_array_equal(x.read(0), make_picture(1))
    assert loaded.train_x.names == ("1.png", "2.png", "3.png")
    assert loaded.train_x.read(0).shape == (36, 36, 3)
