import time

import h5py
import keras
import numpy as np
import pytest
from PIL import Image

from helpers.pictures import make_picture
from tf_cyclegan.evaluation import inception
from tf_cyclegan.evaluation.inception import InceptionFeatures
from tf_cyclegan.system import network as network_probe
from tf_cyclegan.system.errors import UserError

# Of Keras, while it saves.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Random weights of the real network, in a file: what they tell is nothing."""
    keras.utils.set_random_seed(0)
    network = keras.applications.InceptionV3(
        include_top=False, weights=None, input_shape=(299, 299, 3), pooling="avg"
    )
    path = tmp_path_factory.mktemp("weights") / "inception.weights.h5"
    network.save_weights(path)
    return path, network


@pytest.fixture
def small(monkeypatch):
    """A small network in Inception-V3's place, for what does not depend on it."""

    def network(include_top, weights, input_shape, pooling):
        assert (include_top, weights, input_shape, pooling) == (False, None, (299, 299, 3), "avg")
        inputs = keras.Input(input_shape)
        pooled = keras.layers.GlobalAveragePooling2D()(inputs)
        return keras.Model(inputs, keras.layers.Dense(inception.FEATURES)(pooled))

    monkeypatch.setattr(keras.applications, "InceptionV3", network)
    return network(False, None, (299, 299, 3), "avg")


@pytest.fixture
def offline(monkeypatch, tmp_path):
    """No cached weights, and no network."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(inception, "_URL", "http://127.0.0.1:9/weights.h5")
    return tmp_path / "keras" / "models" / inception._NAME


def test_features_are_those_of_inception_with_the_files_weights(weights):
    path, network = weights
    features = InceptionFeatures(path)
    assert features.weights.startswith("inception.weights.h5 (SHA-256 ")
    pictures = [make_picture(i) for i in range(3)]
    found = features(pictures)
    assert found.shape == (3, inception.FEATURES)
    batch = np.stack([np.asarray(Image.fromarray(p).resize((299, 299), 3)) for p in pictures])
    prepared = keras.applications.inception_v3.preprocess_input(batch.astype(np.float32))
    expected = network.predict_on_batch(prepared)
    # Random weights make small features: exactness is relative to how much pictures differ.
    differences = np.abs(expected[0] - expected[1]).max()
    assert differences > 0
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-2 * differences)


def test_another_networks_weights_are_refused(weights, tmp_path):
    other = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    other.save_weights(tmp_path / "other.weights.h5")
    with pytest.raises(UserError, match=r"other\.weights\.h5: does not fit Inception-V3") as caught:
        InceptionFeatures(tmp_path / "other.weights.h5")
    assert "\n" not in str(caught.value)


def test_pictures_are_fitted():
    picture = make_picture(0, 64, 64)
    fitted = inception.fitted(picture)
    assert (fitted.shape, fitted.dtype) == ((299, 299, 3), np.float32)
    assert -1.0 <= fitted.min() < fitted.max() <= 1.0
    grey = inception.fitted(picture[..., :1])
    np.testing.assert_array_equal(grey, np.repeat(fitted[..., :1], 3, axis=-1))


def test_pictures_go_in_batches_and_keep_their_order(small, tmp_path, monkeypatch):
    small.save_weights(tmp_path / "small.weights.h5")
    features = InceptionFeatures(tmp_path / "small.weights.h5")
    pictures = [make_picture(i, 8, 8) for i in range(5)]
    whole = features(iter(pictures))
    monkeypatch.setattr(inception, "_BATCH", 2)
    np.testing.assert_allclose(features(iter(pictures)), whole, rtol=1e-4, atol=1e-5)
    assert features([]).shape == (0, inception.FEATURES)


def test_bad_files_get_one_line(small, tmp_path):
    small.save_weights(tmp_path / "cut.weights.h5")
    whole = (tmp_path / "cut.weights.h5").read_bytes()
    (tmp_path / "cut.weights.h5").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "page.h5").write_text("<html>")
    (tmp_path / "model.keras").write_bytes(b"PK")
    with h5py.File(tmp_path / "empty.h5", "w"):
        pass
    for name, told in (
        ("cut.weights.h5", "cannot be read as Keras weights"),
        ("page.h5", "cannot be read as Keras weights"),
        ("empty.h5", "does not fit Inception-V3"),
        ("model.keras", r"is no \.h5 file"),
        ("nothere.h5", "no such file"),
    ):
        with pytest.raises(UserError, match=told) as caught:
            InceptionFeatures(tmp_path / name)
        assert name in str(caught.value)


def test_cached_weights_are_taken_without_the_network(small, offline):
    offline.parent.mkdir(parents=True)
    small.save(str(offline), include_optimizer=False)
    features = InceptionFeatures()
    assert "ImageNet" in features.weights
    prepared = inception.fitted(make_picture(0))[None]
    np.testing.assert_allclose(
        features([make_picture(0)]), small.predict_on_batch(prepared), rtol=1e-4, atol=1e-5
    )


def test_offline_without_weights_is_told_at_once(offline, monkeypatch):
    monkeypatch.setattr(network_probe, "_SECONDS", 1.0)
    start = time.monotonic()
    with pytest.raises(UserError, match=r"cannot be fetched .*inception_weights=FILE") as caught:
        InceptionFeatures()
    assert time.monotonic() - start < 10
    assert str(offline.parent) in str(caught.value)


def test_a_failed_download_gets_one_line(offline, monkeypatch):
    monkeypatch.setattr(inception, "why_unreachable", lambda url: None)
    with pytest.raises(UserError, match=r"cannot be fetched .*inception_weights=FILE"):
        InceptionFeatures()
    assert not offline.exists()
