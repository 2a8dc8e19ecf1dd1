"""Generators and pictures with scores that can be worked out by hand."""

import numpy as np

from tf_cyclegan.data.pictures import Pictures

BOTH = ("AtoB", "BtoA")
LEVEL = 1 / 127.5


def flat(*levels, size=32):
    """Pictures of one grey each."""
    names = tuple(map(str, levels))
    return Pictures(names, lambda i: np.full((size, size, 3), levels[i], np.uint8))


def brighter(batch, training):
    assert not training
    return batch + 20 * LEVEL


def darker(batch, training):
    assert not training
    return batch - 5 * LEVEL


GENERATORS = {"AtoB": brighter, "BtoA": darker}
