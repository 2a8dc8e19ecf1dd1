from types import SimpleNamespace

import numpy as np

from helpers.pictures import make_picture
from tf_cyclegan.config import Config
from tf_cyclegan.data.pictures import Pictures
from tf_cyclegan.monitoring import samples


def white(batch, training):
    assert not training
    return batch * 0 + 1.0


def black(batch, training):
    assert not training
    return batch * 0 - 1.0


MODEL = SimpleNamespace(translators={"AtoB": white, "BtoA": black})


def cells(sheet):
    """The middle pixel of each cell, by row and column."""
    lefts = [4 + 132 * i + (12 if i > 2 else 0) for i in range(6)]
    rows = (sheet.shape[0] - 20) // 132
    return [[sheet[20 + 132 * r + 64, left + 64].tolist() for left in lefts] for r in range(rows)]


def test_rows_show_input_translation_and_cycle_in_both_directions():
    reads = []
    many = Pictures(tuple("012345678"), lambda i: reads.append(i) or make_picture(i))
    shown = samples.Samples(many, many.first(2), Config(image_size=32))
    sheet = shown.translate(MODEL).sheet()
    np.testing.assert_array_equal(shown.translate(MODEL).sheet(), sheet)
    assert reads == [0, 1, 2, 3, 0, 1], "read once for all translations"
    ones, zeros = [255] * 3, [0] * 3
    found = cells(sheet)
    assert len(found) == samples.COUNT
    for row in found:
        assert row[1:3] == [ones, zeros]
    for row in found[:2]:
        assert row[4:] == [zeros, ones]
    for row in found[2:]:
        assert row[3:] == [ones, ones, ones], "B has only two pictures"
    assert found[0][0] == found[0][3], "the same picture in both domains"


def test_pictures_of_different_sizes():
    sizes = [(32, 64), (64, 32)]
    mixed = Pictures(("0", "1"), lambda i: np.full((*sizes[i], 3), 200, np.uint8))
    shown = samples.Samples(mixed, mixed, Config(image_size=32, preprocess="none"))
    translated = shown.translate(MODEL)
    for rows, first in ((translated.a_to_b, 255), (translated.b_to_a, 0)):
        for size, row in zip(sizes, rows, strict=True):
            assert [picture.shape for picture in row] == [(*size, 3)] * 3
            assert [int(picture.mean()) for picture in row] == [200, first, 255 - first]
