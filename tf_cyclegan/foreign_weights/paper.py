"""Converts the paper's PyTorch generator to our names and TensorFlow's layout.

Source: `ResnetGenerator` of github.com/junyanz/pytorch-CycleGAN-and-pix2pix (models/networks.py).
Its layers form one numbered sequence, `model.N`, so the number of blocks fixes all names.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from tf_cyclegan.config import whole_numbers
from tf_cyclegan.system.errors import UserError

_SUPPORTED = (
    "only the ResNet generator with instance norms is supported "
    "(resnet_6blocks, resnet_9blocks; latest_net_G.pth, latest_net_G_A.pth)"
)
_STATISTICS = ("running_mean", "running_var", "num_batches_tracked")
_MAX_LISTED_KEYS = 6


class _Convolution(NamedTuple):
    """A convolution: our name, PyTorch's, and the shapes of PyTorch's weight and bias."""

    name: str
    module: str
    weight: tuple[int, ...]
    bias: tuple[int, ...]

    @property
    def norm(self) -> str:
        """PyTorch's name of the norm after it."""
        parent, number = self.module.rsplit(".", 1)
        return f"{parent}.{int(number) + 1}"


def resnet_weights(
    state: Mapping[str, np.ndarray], where: str
) -> tuple[int, dict[str, np.ndarray]]:
    """Converts the state dict of a ResNet generator, trained with or without dropout.

    Ignores running statistics, which old files hold for instance norms, as the reference does.
    Assumes reflection padding, the reference's default, as a state dict does not tell the padding.

    Args:
      state: arrays by PyTorch's names, from `read_state_dict`.
      where: the file's name, for errors.

    Returns:
      The number of residual blocks, and float32 arrays by our names in the network's order:
      `c7s1_in`, `down1`, `down2`, `res1_1`, `res1_2`, .. `up1`, `up2`, `c7s1_out`, each with
      `/kernel` and `/bias`. Kernels are (height, width, in, out), those of the transposed
      convolutions, `up1` and `up2`, (height, width, out, in); with F filters, `c7s1_in/kernel` is
      (7, 7, channels in, F). Arrays may be views of `state`.

    Raises:
      UserError: it is another network, or a key is missing, unexpected, of the wrong shape or
        type, or not finite; the message lists the keys.
    """
    _reject_other_networks(state, where)
    blocks = _count_blocks(state)
    first, last = "model.1.weight", f"model.{blocks + 17}.weight"
    _reject_keys(
        where, "missing keys", sorted({first, "model.10.conv_block.1.weight"} - state.keys())
    )
    _reject_keys(where, "missing keys", sorted({last} - state.keys()))
    convolutions = _convolutions(
        blocks,
        # Dropout is a layer between the two convolutions of a block.
        second=6 if np.ndim(state.get("model.10.conv_block.6.weight", 0)) == 4 else 5,
        filters=_axis(state[first], 0),
        channels_in=_axis(state[first], 1),
        channels_out=_axis(state[last], 0),
    )
    _check_keys(state, where, convolutions)
    _check_arrays(state, where, convolutions)
    weights = {}
    for convolution in convolutions:
        # From (out, in, h, w), for transposed convolutions (in, out, h, w).
        kernel = state[f"{convolution.module}.weight"].transpose(2, 3, 1, 0)
        weights[f"{convolution.name}/kernel"] = _float32(kernel)
        weights[f"{convolution.name}/bias"] = _float32(state[f"{convolution.module}.bias"])
    return blocks, weights


def _reject_other_networks(state: Mapping[str, np.ndarray], where: str) -> None:
    if any(key.startswith("model.model.") for key in state):
        kind = "a U-Net generator"
    elif "model.0.weight" in state or "net.0.weight" in state:
        kind = "a discriminator"
    elif any(np.ndim(state.get(f"model.{n}.weight", 0)) == 1 for n in (2, 5, 8)):
        kind = "a generator whose norms have weights (batch norm, or affine instance norm)"
    else:
        return
    raise UserError(f"{where}: holds {kind}; {_SUPPORTED}")


def _count_blocks(state: Mapping[str, np.ndarray]) -> int:
    # The highest number counts, so that a gap is reported as missing keys.
    parts = [key.split(".") for key in state]
    found = [whole_numbers.parse(part[1]) for part in parts if part[2:3] == ["conv_block"]]
    # Each block has several keys: a higher number is none of a network's, and is left over.
    numbers = [number for number in found if number is not None and number < 10 + len(state)]
    return max(numbers, default=9) - 9


def _axis(array: np.ndarray, axis: int) -> int:
    # 0 matches no array, so that a wrong number of axes is reported as a wrong shape.
    return array.shape[axis] if array.ndim == 4 else 0


def _convolutions(
    blocks: int, *, second: int, filters: int, channels_in: int, channels_out: int
) -> list[_Convolution]:
    """All convolutions in order; `second` is the number of the second one in each block."""

    def convolution(
        name: str, number: int | str, size: int, before: int, after: int
    ) -> _Convolution:
        return _Convolution(name, f"model.{number}", (after, before, size, size), (after,))

    def transposed(name: str, number: int, before: int, after: int) -> _Convolution:
        return _Convolution(name, f"model.{number}", (before, after, 3, 3), (after,))

    # A norm and a ReLU follow each convolution; reflection padding is a layer too.
    up = 10 + blocks
    widest = 4 * filters
    return [
        convolution("c7s1_in", 1, 7, channels_in, filters),
        convolution("down1", 4, 3, filters, 2 * filters),
        convolution("down2", 7, 3, 2 * filters, widest),
        *(
            convolution(f"res{i}_{part}", f"{9 + i}.conv_block.{number}", 3, widest, widest)
            for i in range(1, blocks + 1)
            for part, number in ((1, 1), (2, second))
        ),
        transposed("up1", up, widest, 2 * filters),
        transposed("up2", up + 3, 2 * filters, filters),
        convolution("c7s1_out", up + 7, 7, filters, channels_out),
    ]


def _check_keys(
    state: Mapping[str, np.ndarray], where: str, convolutions: list[_Convolution]
) -> None:
    needed = {f"{layer.module}.{part}" for layer in convolutions for part in ("weight", "bias")}
    norms = [layer.norm for layer in convolutions[:-1]]
    ignored = {f"{norm}.{statistic}" for norm in norms for statistic in _STATISTICS}
    _reject_keys(where, "missing keys", sorted(needed - state.keys()))
    _reject_keys(where, "unexpected keys", sorted(state.keys() - needed - ignored))


def _check_arrays(
    state: Mapping[str, np.ndarray], where: str, convolutions: list[_Convolution]
) -> None:
    wrong_shapes, wrong_values = [], []
    for layer in convolutions:
        for part, shape in (("weight", layer.weight), ("bias", layer.bias)):
            key = f"{layer.module}.{part}"
            array = state[key]
            if array.shape != shape or 0 in shape:
                wrong_shapes.append(f"{key} {array.shape} instead of {shape}")
            elif array.dtype.kind != "f" or not np.isfinite(_float32(array)).all():
                wrong_values.append(key)
    _reject_keys(where, "wrong shapes", wrong_shapes)
    _reject_keys(where, "values that are not finite floating-point numbers", wrong_values)


def _float32(array: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        return array.astype(np.float32, copy=False)


def _reject_keys(where: str, fault: str, keys: list[str]) -> None:
    """Raises a UserError that lists the keys, unless there are none."""
    if keys:
        hidden = len(keys) - _MAX_LISTED_KEYS
        more = f" and {hidden} more" if hidden > 0 else ""
        listed = ", ".join(key[:120] for key in keys[:_MAX_LISTED_KEYS])
        raise UserError(f"{where}: {fault}: {listed}{more}; {_SUPPORTED}")
