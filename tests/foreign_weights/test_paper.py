import numpy as np
import pytest

from helpers.state_dicts import resnet_state
from tf_cyclegan.foreign_weights.paper import resnet_weights
from tf_cyclegan.system.errors import UserError


def refusal(state: dict[str, np.ndarray]) -> str:
    with pytest.raises(UserError, match=r"^net\.pth: .*only the ResNet generator") as caught:
        resnet_weights(state, "net.pth")
    return str(caught.value).removeprefix("net.pth: ")


@pytest.mark.parametrize("blocks", [1, 6, 9])
@pytest.mark.parametrize("second", [5, 6])
def test_block_count_and_kernel_layout(blocks, second):
    state = resnet_state(blocks, f=3, channels_out=1, second=second)
    found, weights = resnet_weights(state, "net.pth")
    assert found == blocks
    names = ["c7s1_in", "down1", "down2"]
    names += [f"res{block}_{part}" for block in range(1, blocks + 1) for part in (1, 2)]
    names += ["up1", "up2", "c7s1_out"]
    assert list(weights) == [f"{name}/{part}" for name in names for part in ("kernel", "bias")]
    assert weights["c7s1_in/kernel"].shape == (7, 7, 3, 3)
    assert weights["down2/kernel"].shape == (3, 3, 6, 12)
    assert weights["up1/kernel"].shape == (3, 3, 6, 12)
    assert weights["up1/bias"].shape == (6,)
    assert weights["c7s1_out/kernel"].shape == (7, 7, 3, 1)
    down, up = state["model.4.weight"], state[f"model.{10 + blocks}.weight"]
    # Row 0, column 2, from channel 1 to channel 4.
    assert weights["down1/kernel"][0, 2, 1, 4] == down[4, 1, 0, 2]
    assert weights["up1/kernel"][0, 2, 4, 1] == up[1, 4, 0, 2]
    last = f"model.{9 + blocks}.conv_block.{second}.weight"
    np.testing.assert_array_equal(
        weights[f"res{blocks}_2/kernel"], np.moveaxis(state[last], (2, 3, 1, 0), (0, 1, 2, 3))
    )


@pytest.mark.parametrize(("second", "norm"), [(5, 6), (6, 7)])
def test_only_running_statistics_are_ignored(second, norm):
    state = resnet_state(second=second)
    statistics = {
        f"{module}.{part}": np.zeros(2, np.float32)
        for module in ("model.2", "model.13", f"model.11.conv_block.{norm}")
        for part in ("running_mean", "running_var", "num_batches_tracked")
    }
    assert resnet_weights(state | statistics, "net.pth")[0] == 2
    stray = {"model.3.running_mean": np.zeros(2, np.float32)}
    assert refusal(state | stray).startswith("unexpected keys: model.3.running_mean;")


@pytest.mark.parametrize(
    ("blocks", "removed", "listed"),
    [
        (
            2,
            ("model.7.bias", "model.11.conv_block.5.weight"),
            "model.11.conv_block.5.weight, model.7.bias;",
        ),
        # A whole block, and both ends.
        (3, ("model.11.",), "model.11.conv_block.1.bias, model.11.conv_block.1.w"),
        (2, ("model.1.weight",), "model.1.weight;"),
        (2, ("model.10.conv_block.1.weight",), "model.10.conv_block.1.weight;"),
        (2, ("model.19.weight",), "model.19.weight;"),
    ],
)
def test_missing_keys_are_listed(blocks, removed, listed):
    state = {k: v for k, v in resnet_state(blocks).items() if not k.startswith(removed)}
    assert refusal(state).startswith(f"missing keys: {listed}")


def test_unexpected_keys_are_listed():
    extra = np.zeros(1, np.float32)
    state = resnet_state() | {"model.19.scale": extra, "epoch": extra}
    assert refusal(state).startswith("unexpected keys: epoch, model.19.scale;")


@pytest.mark.parametrize("number", ["9" * 5000, "1000000000", "²"])
def test_numbers_that_no_network_has_are_unexpected(number):
    stray = {
        f"model.{number}.conv_block.1.weight": np.zeros((8, 8, 3, 3), np.float32),
        "model.1000000008.weight": np.zeros((3, 2, 7, 7), np.float32),
    }
    assert refusal(resnet_state() | stray).startswith("unexpected keys: model.1")


def test_zero_padding_is_detected():
    # Without padding layers, the convolutions of a block have the numbers 0 and 3.
    state = {
        key.replace("conv_block.1", "conv_block.0").replace("conv_block.5", "conv_block.3"): array
        for key, array in resnet_state().items()
    }
    assert refusal(state).startswith("missing keys: model.10.conv_block.1.weight;")


@pytest.mark.parametrize(
    ("key", "shape", "message"),
    [
        ("model.4.weight", (5, 2, 3, 3), "model.4.weight (5, 2, 3, 3) instead of (4, 2, 3, 3);"),
        ("model.12.weight", (4, 8, 3, 3), "model.12.weight (4, 8, 3, 3) instead of (8, 4, 3, 3);"),
        ("model.12.bias", (8,), "model.12.bias (8,) instead of (4,);"),
        ("model.19.bias", (1,), "model.19.bias (1,) instead of (3,);"),
        ("model.1.weight", (2, 3, 3, 3), "model.1.weight (2, 3, 3, 3) instead of (2, 3, 7, 7);"),
        ("model.1.weight", (), "model.1.weight () instead of (0, 0, 7, 7),"),
        ("model.19.weight", (2,), "model.19.weight (2,) instead of (0, 2, 7, 7),"),
        ("model.1.weight", (0, 3, 7, 7), "model.1.weight (0, 3, 7, 7) instead of"),
    ],
)
def test_wrong_shapes_are_listed(key, shape, message):
    state = resnet_state() | {key: np.zeros(shape, np.float32)}
    assert refusal(state).startswith(f"wrong shapes: {message}")


@pytest.mark.parametrize("value", [np.float32("nan"), np.float32("inf"), 1e300, np.int64(1)])
def test_values_that_are_not_finite_floats_are_listed(value):
    state = resnet_state() | {"model.4.bias": np.full(4, value)}
    assert refusal(state).startswith(
        "values that are not finite floating-point numbers: model.4.bias;"
    )


@pytest.mark.parametrize(
    ("keys", "kind"),
    [
        ({"model.model.0.weight": 4, "model.model.1.model.1.weight": 4}, "a U-Net generator;"),
        ({"model.0.weight": 4, "model.2.weight": 4}, "a discriminator;"),
        ({"net.0.weight": 4, "net.2.weight": 4}, "a discriminator;"),
        ({"model.1.weight": 4, "model.2.weight": 1}, "a generator whose norms have weights"),
    ],
)
def test_other_networks_are_recognized(keys, kind):
    state = {key: np.zeros((1,) * axes, np.float32) for key, axes in keys.items()}
    assert refusal(state).startswith(f"holds {kind}")


def test_long_lists_are_cut():
    state = resnet_state() | {f"fc{i}.weight": np.zeros(1, np.float32) for i in range(9)}
    assert "fc5.weight and 3 more;" in refusal(state)
    assert refusal({}).startswith("missing keys: model.1.weight, model.10.conv_block.1.weight;")
