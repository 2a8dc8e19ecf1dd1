"""The features that FID and KID compare: pooled outputs of keras.applications' Inception-V3.

The weights are Keras' own for ImageNet, not those of the original FID: scores are comparable with
one another, not with published ones.
"""

import contextlib
import hashlib
import os
import sys
import warnings
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import keras
import numpy as np

from tf_cyclegan.data import images
from tf_cyclegan.system.errors import UserError, first_line
from tf_cyclegan.system.network import why_unreachable

SIZE = 299  # The input size that Inception-V3 was trained on.
FEATURES = 2048

# From keras.applications, which downloads the file without a time-out.
WEIGHTS_FILE = "inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5"
_URL = f"https://storage.googleapis.com/tensorflow/keras-applications/inception_v3/{WEIGHTS_FILE}"
_MD5 = "bcbd6486424b2319ff4ef7d526e38f63"
_REMEDY = f"give inception_weights=FILE (keras.applications' {WEIGHTS_FILE})"
_BATCH_SIZE = 16


class InceptionFeatures:
    """Extracts features from pictures.

    Attributes:
      weights: a description of the weights.
    """

    def __init__(self, weights: Path | None = None):
        """Builds the network, which takes seconds.

        Args:
          weights: Keras weights (.h5) of Inception-V3 without its top; None for ImageNet's from
            Keras' cache, else from the network.

        Raises:
          UserError: the file is missing, damaged or of another network; or no file is given, none
            is cached, and the download fails.
        """
        if weights is None:
            path, self.weights = _imagenet_weights(), "ImageNet's, of keras.applications"
        else:
            path = weights
            if not path.is_file():
                raise UserError(f"inception_weights={path}: no such file; {_REMEDY}")
            if path.suffix != ".h5":  # Keras' other formats may contain code.
                raise UserError(f"inception_weights={path}: not an .h5 file; {_REMEDY}")
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            self.weights = f"{path.name} (SHA-256 {digest[:12]}...)"
        self._network = keras.applications.InceptionV3(
            include_top=False, weights=None, input_shape=(SIZE, SIZE, 3), pooling="avg"
        )
        _load_weights(self._network, path)

    def __call__(self, pictures: Iterable[np.ndarray]) -> np.ndarray:
        """The features of uint8 pictures (height, width, 3 or 1): float32 (pictures, 2048)."""
        inputs = map(preprocess, pictures)
        features = [np.zeros((0, FEATURES), np.float32)]
        while batch := list(islice(inputs, _BATCH_SIZE)):
            features.append(self._network.predict_on_batch(np.stack(batch)))
        return np.concatenate(features)


def preprocess(picture: np.ndarray) -> np.ndarray:
    """Turns a uint8 picture into Inception-V3's input: float32 (299, 299, 3) in [-1, 1].

    Resamples with Pillow's antialiased bicubic filter: other filters shift FID by more than many
    papers improve it (Parmar et al., "On Aliased Resizing and Surprising Subtleties in GAN
    Evaluation", 2022).
    """
    resized = images.resize(picture, SIZE, SIZE, "bicubic")
    return images.to_float(np.repeat(resized, 3 // resized.shape[-1], axis=-1))


def _imagenet_weights() -> Path:
    home = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser()
    if (cached := home / "models" / WEIGHTS_FILE).is_file():
        return cached
    if reason := why_unreachable(_URL):
        raise UserError(
            f"Inception-V3's weights are not in {cached.parent} and cannot be downloaded from "
            f"{_URL} ({reason}): {_REMEDY}"
        )
    try:
        # Keras prints its progress bar to standard output, which is for results.
        with contextlib.redirect_stdout(sys.stderr):
            return Path(
                keras.utils.get_file(WEIGHTS_FILE, _URL, cache_subdir="models", file_hash=_MD5)
            )
    except Exception as error:  # Keras raises a bare Exception if a download fails.
        raise UserError(f"{_URL}: cannot be downloaded ({_reason(error)}): {_REMEDY}") from error


def _load_weights(network: keras.Model, path: Path) -> None:
    try:
        with warnings.catch_warnings():
            # Keras only warns if it leaves layers at their random initial weights.
            warnings.simplefilter("error", UserWarning)
            network.load_weights(str(path))
    except (OSError, KeyError, ValueError, UserWarning) as error:
        raise UserError(
            f"{path}: cannot be read as Keras weights of Inception-V3 without its top "
            f"({_reason(error)}); download it again, or {_REMEDY}"
        ) from error


def _reason(error: Exception) -> str:
    return first_line(error)[:200]
