"""Checks on what was read from foreign files."""

import numpy as np
import pytest

from tf_cyclegan import networks
from tf_cyclegan.config import Config
from tf_cyclegan.foreign_weights.found import Found, adam_state, check
from tf_cyclegan.system.errors import UserError


@pytest.mark.parametrize("generator", ["unet", "resnet", "resnet_keras"])
@pytest.mark.parametrize("name", ["generator_f", "discriminator_x"])
def test_shapes_are_those_of_the_networks(generator, name):
    config = Config(image_size=32, filters=5, generator=generator)
    weights = [v.numpy() for v in networks.build(config, name).trainable_variables]
    check(Found("file", "networks", "mini", {}, {name: weights}), config)
    weights[-1] = np.zeros(9, np.float32)
    with pytest.raises(UserError, match=r"has the shape \(9,\) and not"):
        check(Found("file", "networks", "mini", {}, {name: weights}), config)


def test_what_fits_into_no_memory_is_not_built():
    found = Found("file", "networks", "mini", {}, {"generator_g": [np.zeros(1, np.float32)] * 15})
    with pytest.raises(
        UserError, match=r"weight 1 has the shape \(1,\) and not \(4, 4, 3, 1000000"
    ):
        check(found, Config(image_size=32, filters=1_000_000_000))


def test_adams_state():
    weights = [np.zeros((2, 3), np.float32), np.zeros(3, np.float32)]
    count, rate = np.array(7), np.array(0.1, np.float32)
    moments = [weights[0] + 1, weights[0] + 2, weights[1] + 3, weights[1] + 4]
    for values in ([count, rate, *moments], [count, *moments]):
        assert [id(each) for each in adam_state(weights, values)] == [*map(id, [count, *moments])]
    for values in (
        [],
        [count],
        [count, rate],
        [count, rate, *moments[:3]],
        [count, rate, rate, *moments],
        [None, rate, *moments],
        [count, rate, *moments[:3], None],
        [count, rate, *moments[:3], moments[0]],
        [rate, *moments],
        [count, rate, *moments[:3], moments[3] * np.nan],
        [count, rate, *moments[:3], np.array(["a", "b", "c"])],
    ):
        assert adam_state(weights, values) == []
