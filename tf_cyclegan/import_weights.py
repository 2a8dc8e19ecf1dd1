"""From the weights that the paper's authors publish to a workdir that translates."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from tf_cyclegan import checkpoint_files, checkpoints, networks
from tf_cyclegan.config import Config
from tf_cyclegan.config_file import CONFIG_FILE, to_json
from tf_cyclegan.errors import UserError
from tf_cyclegan.files import write_file
from tf_cyclegan.recipes import from_recipe
from tf_cyclegan.torch_weights.paper_weights import resnet_weights
from tf_cyclegan.torch_weights.torch_files import read_state_dict


def import_weights(
    weights_g: Path | None, weights_f: Path | None, workdir: Path, changes: Mapping[str, Any]
) -> Config:
    """Makes a workdir of one or two generators of the paper's PyTorch implementation.

    Args:
      weights_g: state dict of the generator from A to B: .pth of either format, or .safetensors.
        None leaves this direction out.
      weights_f: that of the generator from B to A, likewise.
      workdir: a folder without a run in it; made where it is missing.
      changes: settings beside the recipe `paper`, such as the data set to translate.

    Returns:
      The settings of the workdir.

    Raises:
      UserError: neither file is given, one is no such generator's, the two do not fit each other,
        or the workdir holds a run or cannot be written to. Nothing is written then.
    """
    if checkpoint_files.find_all(workdir) or (workdir / CONFIG_FILE).exists():
        raise UserError(f"--workdir={workdir}: holds a run already; choose another one")
    files = {"AtoB": weights_g, "BtoA": weights_f}
    found = {
        direction: resnet_weights(read_state_dict(path), str(path))
        for direction, path in files.items()
        if path is not None
    }
    if not found:
        raise UserError("--from is missing: give the file of a generator, latest_net_G.pth say")
    direction, (blocks, arrays) = next(iter(found.items()))
    config = from_recipe("paper", {**changes, **_architecture(direction, blocks, arrays)})
    generators = {}
    for direction, (_, arrays) in found.items():
        name = "generator_g" if direction == "AtoB" else "generator_f"
        generators[name] = networks.build_generator(config, direction, seed=0)
        _fill(generators[name], arrays, str(files[direction]))
    checkpoints.save_networks(workdir, generators, config)
    write_file(workdir / CONFIG_FILE, to_json(config).encode())
    return config


def _architecture(
    direction: str, blocks: int, arrays: Mapping[str, np.ndarray]
) -> dict[str, int | str | float]:
    source, filters = arrays["c7s1_in/kernel"].shape[2:]
    target = arrays["c7s1_out/kernel"].shape[3]
    settings: dict[str, int | str | float] = {
        "generator": "resnet",
        "residual_blocks": blocks,
        "filters": filters,
        "channels_x": source if direction == "AtoB" else target,
        "channels_y": target if direction == "AtoB" else source,
    }
    if source != target:
        settings["identity_weight"] = 0.0
    return settings


def _fill(generator: keras.Model, arrays: Mapping[str, np.ndarray], where: str) -> None:
    """Gives each layer its weights by the layer's name."""
    layers = {layer.name: layer for layer in generator.layers if layer.weights}
    needed = {f"{name}/{w.name}": w for name, layer in layers.items() for w in layer.weights}
    shapes = {name: tuple(w.shape) for name, w in needed.items()}
    given = {name: array.shape for name, array in arrays.items()}
    if shapes != given:
        name = next(n for n in sorted(shapes | given) if shapes.get(n) != given.get(n))
        raise UserError(
            f"{where}: does not fit the other generator: {name} is {given.get(name, 'missing')}, "
            f"not {shapes.get(name, 'there')}; give the two generators of one training"
        )
    for name, weight in needed.items():
        weight.assign(arrays[name])
