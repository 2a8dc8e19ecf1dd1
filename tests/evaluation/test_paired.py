import numpy as np
import pytest
from scipy.ndimage import correlate1d

from helpers.pictures import make_picture
from tf_cyclegan.evaluation import differences, paired


def flat(*values, size=16):
    return np.full((size, size, len(values)), values, np.uint8)


def test_errors_of_flat_pictures():
    found = paired.scores(flat(10, 20, 30), flat(13, 20, 26))
    assert found["l1"] == pytest.approx((3 + 0 + 4) / 3)
    assert found["rmse"] == pytest.approx(np.sqrt((9 + 0 + 16) / 3))
    assert found["psnr"] == pytest.approx(20 * np.log10(255) - 10 * np.log10(25 / 3))
    assert found["accuracy_5"] == 1.0


def test_uint8_does_not_overflow():
    assert differences.absolute_error(flat(0), flat(255)) == 255.0
    assert differences.absolute_error(flat(255), flat(0)) == 255.0
    assert paired.mean_squared_error(flat(0), flat(255)) == 255.0**2
    assert differences.share_within(flat(2, 0), flat(0, 255), 10) == 0.0


def test_accuracy_is_strict_and_by_the_worst_channel():
    made = np.array([[[4, 4, 4], [5, 0, 0], [0, 9, 0], [0, 0, 10]]], np.uint8)
    shares = [differences.share_within(made, np.zeros_like(made), levels) for levels in (5, 10)]
    assert shares == [0.25, 0.75]


def test_equal_pictures():
    picture = make_picture(0)
    expected = {"l1": 0, "rmse": 0, "psnr": np.inf, "ssim": 1, "accuracy_5": 1, "accuracy_10": 1}
    assert paired.scores(picture, picture.copy()) == pytest.approx(expected)


def test_ssim_of_flat_pictures():
    # Without variance only the luminance term remains: (2ab + C1) / (a^2 + b^2 + C1).
    c1 = (0.01 * 255) ** 2
    expected = (2 * 50 * 100 + c1) / (50**2 + 100**2 + c1)
    assert paired.ssim(flat(50), flat(100)) == pytest.approx(expected, abs=3e-4)


def test_ssim_agrees_with_its_definition():
    """Wang's formula with scipy's filters, over whole windows, channel by channel."""
    x, y = make_picture(0), make_picture(1)
    weights = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
    weights /= weights.sum()

    def mean(plane):
        return correlate1d(correlate1d(plane, weights, 0), weights, 1)[5:-5, 5:-5]

    expected = []
    for a, b in zip(np.moveaxis(x, -1, 0) * 1.0, np.moveaxis(y, -1, 0) * 1.0, strict=True):
        ma, mb = mean(a), mean(b)
        va, vb, cov = mean(a * a) - ma**2, mean(b * b) - mb**2, mean(a * b) - ma * mb
        c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
        similar = (2 * ma * mb + c1) * (2 * cov + c2)
        expected.append((similar / ((ma**2 + mb**2 + c1) * (va + vb + c2))).mean())
    assert paired.ssim(x, y) == pytest.approx(np.mean(expected), abs=3e-4)
