"""Outputs of the reference implementations, and networks with the weights that gave them."""

from pathlib import Path

import keras
import numpy as np

from helpers import golden

_FOLDER = Path(__file__).parent.parent / "golden"
_UNET = [*(f"down{i}" for i in range(1, 9)), *(f"up{i}" for i in range(1, 8)), "last_t"]
_PATCHGAN = [f"conv{i}" for i in range(1, 6)]
_RESIDUAL = {"c7s1_in", "down1", "down2", "up1", "up2", "c7s1_out"}


def load(name: str) -> dict[str, np.ndarray]:
    """The arrays of one golden file, by key."""
    with np.load(_FOLDER / f"{name}.npz") as arrays:
        return dict(arrays)


def fill(network: keras.Model, prefix: str) -> None:
    """Fills a network with the golden weights.

    Layers of a ResNet have the golden names; in other networks each kernel begins the next block.
    """
    if {layer.name for layer in network.layers} >= _RESIDUAL:
        for layer in network.layers:
            for variable in layer.trainable_variables:
                name = f"{prefix}/{layer.name}/{variable.name}"
                variable.assign(golden.weight(name, tuple(variable.shape)))
        return
    blocks = iter(_UNET if prefix.startswith("generator") else _PATCHGAN)
    block = ""
    for variable in network.trainable_variables:
        if variable.name == "kernel":
            block = next(blocks)
        name = f"{prefix}/{block}/{variable.name}"
        variable.assign(golden.weight(name, tuple(variable.shape)))
    assert next(blocks, None) is None
