"""State dicts of the paper's ResNet generator, with PyTorch's names and layout."""

import zlib

import numpy as np


def values(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Small float32 values, fixed by name and shape."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    return rng.normal(0, 0.1, shape).astype(np.float32)


def resnet_state(
    blocks: int = 2, f: int = 2, *, channels_in: int = 3, channels_out: int = 3, second: int = 5
) -> dict[str, np.ndarray]:
    """A generator's state dict with `f` filters; `second` is 6 with dropout."""
    up = 10 + blocks
    weights = {
        "model.1": (f, channels_in, 7, 7),
        "model.4": (2 * f, f, 3, 3),
        "model.7": (4 * f, 2 * f, 3, 3),
        f"model.{up}": (4 * f, 2 * f, 3, 3),
        f"model.{up + 3}": (2 * f, f, 3, 3),
        f"model.{up + 7}": (channels_out, f, 7, 7),
    }
    for block in range(10, up):
        for number in (1, second):
            weights[f"model.{block}.conv_block.{number}"] = (4 * f, 4 * f, 3, 3)
    state = {}
    for module, shape in weights.items():
        transposed = module in (f"model.{up}", f"model.{up + 3}")
        state[f"{module}.weight"] = values(f"{module}.weight", shape)
        state[f"{module}.bias"] = values(f"{module}.bias", shape[1:2] if transposed else shape[:1])
    return state
