import time

import h5py
import keras
import numpy as np
import pytest
from PIL import Image

from helpers.pictures import make_picture
from tf_cyclegan.evaluation import inception
from tf_cyclegan.evaluation.inception import InceptionFeatures
from tf_cyclegan.system.errors import UserError

# Raised by Keras while it saves.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture
def small(monkeypatch):
    """Replaces Inception-V3 by a small network."""

    def network(include_top, weights, input_shape, pooling):
        assert (include_top, weights, input_shape, pooling) == (False, None, (299, 299, 3), "avg")
        inputs = keras.Input(input_shape)
        pooled = keras.layers.GlobalAveragePooling2D()(inputs)
        return keras.Model(inputs, keras.layers.Dense(inception.FEATURES)(pooled))

    monkeypatch.setattr(keras.applications, "InceptionV3", network)
    return network(False, None, (299, 299, 3), "avg")


@pytest.fixture
def offline(monkeypatch, tmp_path):
    """The path of Keras' cached weights, which are missing and cannot be downloaded."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(inception, "_URL", "http://127.0.0.1:9/weights.h5")
    return tmp_path / "keras" / "models" / inception.WEIGHTS_FILE


@pytest.mark.slow
def test_features_are_inceptions_with_the_files_weights(tmp_path):
    keras.utils.set_random_seed(0)
    network = keras.applications.InceptionV3(
        include_top=False, weights=None, input_shape=(299, 299, 3), pooling="avg"
    )
    path = tmp_path / "inception.weights.h5"
    network.save_weights(path)
    features = InceptionFeatures(path)
    assert features.weights.startswith("inception.weights.h5 (SHA-256 ")
    pictures = [make_picture(i) for i in range(2)]
    found = features(pictures)
    assert found.shape == (2, inception.FEATURES)
    batch = np.stack([np.asarray(Image.fromarray(p).resize((299, 299), 3)) for p in pictures])
    prepared = keras.applications.inception_v3.preprocess_input(batch.astype(np.float32))
    expected = network(prepared, training=False).numpy()
    # Random weights give small features: the tolerance is relative to how much pictures differ.
    differences = np.abs(expected[0] - expected[1]).max()
    assert differences > 0
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-2 * differences)


def test_another_networks_weights_are_refused(tmp_path):
    other = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    other.save_weights(tmp_path / "other.weights.h5")
    with pytest.raises(
        UserError, match=r"other\.weights\.h5: cannot be read as .* Inception-V3"
    ) as caught:
        InceptionFeatures(tmp_path / "other.weights.h5")
    assert "\n" not in str(caught.value)


def test_pictures_are_preprocessed():
    picture = make_picture(0, 64, 64)
    found = inception.preprocess(picture)
    assert (found.shape, found.dtype) == ((299, 299, 3), np.float32)
    assert -1.0 <= found.min() < found.max() <= 1.0
    grey = inception.preprocess(picture[..., :1])
    np.testing.assert_array_equal(grey, np.repeat(found[..., :1], 3, axis=-1))


def test_batches_keep_the_order_of_pictures(small, tmp_path, monkeypatch):
    small.save_weights(tmp_path / "small.weights.h5")
    features = InceptionFeatures(tmp_path / "small.weights.h5")
    pictures = [make_picture(i, 8, 8) for i in range(5)]
    whole = features(iter(pictures))
    monkeypatch.setattr(inception, "_BATCH_SIZE", 2)
    np.testing.assert_allclose(features(iter(pictures)), whole, rtol=1e-4, atol=1e-5)
    assert features([]).shape == (0, inception.FEATURES)


def test_bad_files_are_refused(small, tmp_path):
    small.save_weights(tmp_path / "cut.weights.h5")
    whole = (tmp_path / "cut.weights.h5").read_bytes()
    (tmp_path / "cut.weights.h5").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "page.h5").write_text("<html>")
    (tmp_path / "model.keras").write_bytes(b"PK")
    h5py.File(tmp_path / "empty.h5", "w").close()
    unreadable = "cannot be read as Keras weights"
    for name, message in (
        ("cut.weights.h5", unreadable),
        ("page.h5", unreadable),
        ("empty.h5", unreadable),
        ("model.keras", r"not an \.h5 file"),
        ("missing.h5", "no such file"),
    ):
        with pytest.raises(UserError, match=message) as caught:
            InceptionFeatures(tmp_path / name)
        assert name in str(caught.value)


def test_cached_weights_need_no_network(small, offline):
    offline.parent.mkdir(parents=True)
    small.save(str(offline), include_optimizer=False)
    features = InceptionFeatures()
    assert "ImageNet" in features.weights
    expected = small.predict_on_batch(inception.preprocess(make_picture(0))[None])
    np.testing.assert_allclose(features([make_picture(0)]), expected, rtol=1e-4, atol=1e-5)


def test_without_network_the_error_comes_at_once(offline, monkeypatch):
    start = time.monotonic()
    with pytest.raises(UserError, match=r"cannot be downloaded .*inception_weights=FILE") as caught:
        InceptionFeatures()
    assert str(offline.parent) in str(caught.value)
    # A server may answer and the download fail nevertheless.
    monkeypatch.setattr(inception, "why_unreachable", lambda url: None)
    with pytest.raises(UserError, match=r"cannot be downloaded .*inception_weights=FILE"):
        InceptionFeatures()
    assert time.monotonic() - start < 10
    assert not offline.exists()
