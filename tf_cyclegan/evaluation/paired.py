"""How close a translation is to the true one, for test pictures that come in pairs.

Pictures are uint8 (height, width, channels); errors are in levels of 0 to 255.
"""

import numpy as np
import tensorflow as tf

from tf_cyclegan.evaluation.differences import absolute_error, share_within


def scores(translated: np.ndarray, target: np.ndarray) -> dict[str, float]:
    """Every score of this module, by name.

    `accuracy_5` and `accuracy_10`, the shares of pixels that differ by less than 5 and 10 levels in
    every channel, are what papers report for aerial photographs and maps (Fu et al.,
    "Geometry-Consistent Generative Adversarial Networks for One-Sided Unsupervised Domain
    Mapping", 2019, https://arxiv.org/abs/1809.05852).
    """
    return {
        "l1": absolute_error(translated, target),
        "rmse": float(np.sqrt(mean_squared_error(translated, target))),
        "psnr": psnr(translated, target),
        "ssim": ssim(translated, target),
        **{f"accuracy_{levels}": share_within(translated, target, levels) for levels in (5, 10)},
    }


def mean_squared_error(picture: np.ndarray, other: np.ndarray) -> float:
    """The mean squared difference over all pixels and channels."""
    return float(np.square(picture.astype(np.float64) - other).mean())


def psnr(picture: np.ndarray, other: np.ndarray) -> float:
    """`10 log10(255^2 / mean squared error)`, in decibels; infinite for equal pictures."""
    error = mean_squared_error(picture, other)
    return float(10.0 * np.log10(255.0**2 / error)) if error else float("inf")


def ssim(picture: np.ndarray, other: np.ndarray) -> float:
    """Structural similarity, 1 for equal pictures; the mean over channels.

    Wang et al., "Image Quality Assessment: From Error Visibility to Structural Similarity" (2004),
    with its Gaussian window of 11x11 pixels, standard deviation 1.5, K1 0.01 and K2 0.03, without
    padding.
    """
    return float(tf.image.ssim(tf.constant(picture), tf.constant(other), max_val=255))
