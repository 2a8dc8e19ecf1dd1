"""Makes a workdir from the PyTorch generators that the paper's authors publish."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tf_cyclegan import networks
from tf_cyclegan.checkpoints import files as checkpoint_files
from tf_cyclegan.checkpoints import saving
from tf_cyclegan.config import Config, from_recipe
from tf_cyclegan.config.json_file import CONFIG_FILE, to_json
from tf_cyclegan.foreign_weights.paper import resnet_weights
from tf_cyclegan.foreign_weights.state_dicts import read_state_dict
from tf_cyclegan.system.errors import UserError
from tf_cyclegan.system.files import write_file


def import_weights(
    weights_g: Path | None, weights_f: Path | None, workdir: Path, changes: Mapping[str, Any]
) -> Config:
    """Makes a workdir from one or two generators of the paper's PyTorch implementation.

    Args:
      weights_g: state dict of the generator from A to B (see `read_state_dict`), or None.
      weights_f: state dict of the generator from B to A, or None.
      workdir: a folder without a run; made where it is missing.
      changes: settings to change in the recipe `paper`, such as the dataset to translate.

    Returns:
      The settings written to the workdir.

    Raises:
      UserError: no file is given, one cannot be read or is not a ResNet generator, the two have
        different architectures, or the workdir holds a run or is not writable. Nothing is written.
    """
    if checkpoint_files.find_all(workdir) or (workdir / CONFIG_FILE).exists():
        raise UserError(f"workdir={workdir}: holds a run already; choose another one")
    files = {"AtoB": weights_g, "BtoA": weights_f}
    found = {
        direction: resnet_weights(read_state_dict(path), str(path))
        for direction, path in files.items()
        if path is not None
    }
    if not found:
        raise UserError("from=FILE is missing: give a generator's file, such as latest_net_G.pth")
    architecture, *others = (_architecture(direction, *found[direction]) for direction in found)
    for name in architecture:
        if others and others[0][name] != architecture[name]:
            raise UserError(
                f"{weights_f}: does not fit {weights_g}: {name} is {others[0][name]} and not "
                f"{architecture[name]}; give two generators that were trained together"
            )
    config = from_recipe("paper", {**changes, **architecture})
    generators = {}
    for direction, (_, arrays) in found.items():
        name = "generator_g" if direction == "AtoB" else "generator_f"
        generators[name] = networks.build_generator(config, direction, seed=0)
        for layer in generators[name].layers:
            for weight in layer.weights:
                weight.assign(arrays[f"{layer.name}/{weight.name}"])
    saving.save_networks(workdir, generators, config)
    write_file(workdir / CONFIG_FILE, to_json(config).encode())
    return config


def _architecture(
    direction: str, blocks: int, arrays: Mapping[str, np.ndarray]
) -> dict[str, int | str | float]:
    """The settings that follow from a generator's weights."""
    source, filters = arrays["c7s1_in/kernel"].shape[2:]
    target = arrays["c7s1_out/kernel"].shape[3]
    x, y = (source, target) if direction == "AtoB" else (target, source)
    settings: dict[str, int | str | float] = {
        "generator": "resnet",
        "residual_blocks": blocks,
        "filters": filters,
        "channels_x": x,
        "channels_y": y,
    }
    # The identity loss needs domains with equal channels.
    return settings if x == y else settings | {"identity_weight": 0.0}
