"""What FID and KID compare: pooled features of keras.applications' Inception-V3.

Its weights are the ones that Keras has for ImageNet, from Keras's cache, from the network, or from
a file. They are not those of the original FID, so that scores are comparable with one another and
not with published ones. Nothing ever stands in for them.
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

SIZE = 299  # What Inception-V3 was trained on.
FEATURES = 2048

# As in keras.applications, which fetches it without a time-out.
_NAME = "inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5"
_URL = f"https://storage.googleapis.com/tensorflow/keras-applications/inception_v3/{_NAME}"
_MD5 = "bcbd6486424b2319ff4ef7d526e38f63"
_BATCH = 16
_WAY_OUT = f"give inception_weights=FILE (keras.applications' {_NAME})"


class InceptionFeatures:
    """Pictures to features.

    Attributes:
      weights: which weights these are, in words.
    """

    def __init__(self, weights: Path | None = None):
        """Builds the network, which takes seconds.

        Args:
          weights: a file of Keras weights (.h5) of Inception-V3 without its top; None for those of
            ImageNet from Keras's cache, or else from the network.

        Raises:
          UserError: the file is missing, damaged, or another network's; or there is no file, and
            the network does not answer.
        """
        if weights is None:
            path, self.weights = _imagenet_weights(), "ImageNet's, of keras.applications"
        else:
            path = weights
            _check_file(path)
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            self.weights = f"{path.name} (SHA-256 {digest[:12]}...)"
        self._network = keras.applications.InceptionV3(
            include_top=False, weights=None, input_shape=(SIZE, SIZE, 3), pooling="avg"
        )
        _load(self._network, path)

    def __call__(self, pictures: Iterable[np.ndarray]) -> np.ndarray:
        """The features of uint8 pictures (height, width, 3 or 1): float32 (pictures, 2048)."""
        left = map(fitted, pictures)
        found = [np.zeros((0, FEATURES), np.float32)]
        while batch := list(islice(left, _BATCH)):
            found.append(self._network.predict_on_batch(np.stack(batch)))
        return np.concatenate(found)


def fitted(picture: np.ndarray) -> np.ndarray:
    """A uint8 picture as Inception-V3 takes it: float32 (299, 299, 3) in [-1, 1].

    Resized by Pillow's bicubic filter, which averages where it shrinks: other resizing moves FID by
    more than many a paper does (Parmar et al., "On Aliased Resizing and Surprising Subtleties in
    GAN Evaluation", 2022).
    """
    resized = images.resize(picture, SIZE, SIZE, "bicubic")
    return images.to_float(np.repeat(resized, 3 // resized.shape[-1], axis=-1))


def _imagenet_weights() -> Path:
    home = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser()
    if (cached := home / "models" / _NAME).is_file():
        return cached
    if reason := why_unreachable(_URL):
        raise UserError(
            f"Inception-V3's weights are not in {cached.parent}, and cannot be fetched from {_URL} "
            f"({reason}): {_WAY_OUT}"
        )
    try:
        # It shows its progress on standard output, which belongs to the program.
        with contextlib.redirect_stdout(sys.stderr):
            return Path(keras.utils.get_file(_NAME, _URL, cache_subdir="models", file_hash=_MD5))
    except Exception as error:  # Keras raises no other for a failed download.
        raise UserError(f"{_URL}: cannot be fetched ({_reason(error)}): {_WAY_OUT}") from error


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise UserError(f"inception_weights={path}: no such file; {_WAY_OUT}")
    # Other formats of Keras may hold code.
    if path.suffix != ".h5":
        raise UserError(f"inception_weights={path}: is no .h5 file; {_WAY_OUT}")


def _load(network: keras.Model, path: Path) -> None:
    try:
        with warnings.catch_warnings():
            # Keras warns where it leaves layers with their random first weights.
            warnings.simplefilter("error", UserWarning)
            network.load_weights(str(path))
    except (OSError, KeyError) as error:
        raise UserError(
            f"{path}: cannot be read as Keras weights ({_reason(error)}); fetch it again, or "
            f"{_WAY_OUT}"
        ) from error
    except (ValueError, UserWarning) as error:
        raise UserError(
            f"{path}: does not fit Inception-V3 without its top ({_reason(error)}); {_WAY_OUT}"
        ) from error


def _reason(error: Exception) -> str:
    return first_line(error)[:200]
