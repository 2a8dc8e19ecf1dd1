"""Makes a workdir from the networks of other implementations."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from tf_cyclegan import networks
from tf_cyclegan.checkpoints import files as checkpoint_files
from tf_cyclegan.checkpoints import saving
from tf_cyclegan.checkpoints.saving import Checkpoints, TrainingState
from tf_cyclegan.config import Config, from_recipe
from tf_cyclegan.config.json_file import CONFIG_FILE, to_json
from tf_cyclegan.config.settings import from_dict
from tf_cyclegan.foreign_weights import found as found_networks
from tf_cyclegan.foreign_weights import keras_example, notebook
from tf_cyclegan.foreign_weights.found import Found, generator_settings
from tf_cyclegan.foreign_weights.objects import Objects, find
from tf_cyclegan.foreign_weights.paper import resnet_weights
from tf_cyclegan.foreign_weights.state_dicts import read_state_dict
from tf_cyclegan.model.cyclegan import NETWORKS, CycleGAN
from tf_cyclegan.system import locks
from tf_cyclegan.system.errors import UserError
from tf_cyclegan.system.files import write_file


@dataclass(frozen=True)
class Imported:
    """What was imported.

    Attributes:
      config: the settings written to the workdir.
      trainable: whether training can go on, with all four networks.
      optimizers: whether it goes on with the optimizers' state too.
    """

    config: Config
    trainable: bool
    optimizers: bool


def import_weights(
    weights_g: Path | None, weights_f: Path | None, workdir: Path, changes: Mapping[str, Any]
) -> Imported:
    """Makes a workdir from trained networks: for translation, and with discriminators for training.

    The content of a file decides what it is: one generator of the paper's PyTorch implementation
    (see `read_state_dict`), a checkpoint of the TensorFlow tutorial's notebook, or a .weights.h5 or
    checkpoint of the keras.io example. With all four networks the workdir is a run at step 0, with
    the optimizers' state if the file has it; else it holds the generators and translates.

    Args:
      weights_g: the generator from A to B, or a file of both directions; or None.
      weights_f: the generator from B to A, or None.
      workdir: a folder without a run; made where it is missing.
      changes: settings to change in the recipe of such networks, such as the dataset.

    Raises:
      UserError: no file is given, one cannot be read or holds other networks, the two have
        different architectures, or the workdir holds a run or is not writable. Nothing is written.
    """
    if checkpoint_files.find_all(workdir) or (workdir / CONFIG_FILE).exists():
        raise UserError(f"workdir={workdir}: holds a run already; choose another one")
    files = {"generator_g": weights_g, "generator_f": weights_f}
    for path in files.values():
        # Reading a pipe may block forever. Checkpoints are prefixes, which do not exist.
        if path is not None and path.exists() and not (path.is_file() or path.is_dir()):
            raise UserError(f"{path}: is neither a file nor a folder; give the weights' file")
    read = [_read(path, name) for name, path in files.items() if path is not None]
    if not read:
        raise UserError("from=FILE is missing: give a generator's file, such as latest_net_G.pth")
    found = _joined(read)
    settings = {**found.settings, **changes, "recipe": found.recipe}
    config = from_dict(settings, found.where)
    found_networks.check(found, config)
    if found.weights.keys() == set(NETWORKS):
        _save_run(workdir, found, config)
        return Imported(config, trainable=True, optimizers=bool(found.optimizers))
    generators = {name: networks.build(config, name) for name in files if name in found.weights}
    for name, generator in generators.items():
        _assign(generator.trainable_variables, found.weights[name])
    saving.save_networks(workdir, generators, config)
    write_file(workdir / CONFIG_FILE, to_json(config).encode())
    return Imported(config, trainable=False, optimizers=False)


def _read(path: Path, name: str) -> Found:
    """Reads a file; `name` is the generator in it if it holds one alone."""
    if checkpoint := find(path):
        objects = Objects(checkpoint)
        if keras_example.has_generators(objects):
            return keras_example.read_objects(objects)
        return notebook.read(objects)
    if keras_example.is_hdf5(path):
        return keras_example.read(path, name)
    if path.suffix == ".keras":
        raise UserError(
            f"{path}: is a whole model; load it and model.save_weights('cyclegan.weights.h5')"
        )
    blocks, arrays = resnet_weights(read_state_dict(path), str(path))
    source, filters = arrays["c7s1_in/kernel"].shape[2:]
    settings = {"generator": "resnet", "residual_blocks": blocks, "filters": filters}
    settings |= generator_settings(name, source, arrays["c7s1_out/kernel"].shape[3])
    return Found(str(path), "the paper's ResNet", "paper", settings, {name: [*arrays.values()]})


def _joined(read: Sequence[Found]) -> Found:
    """The networks of one or two files."""
    first, *others = read
    for other in others:
        if first.weights.keys() != {"generator_g"} or other.weights.keys() != {"generator_f"}:
            raise UserError(
                f"from_f={other.where}: goes with from={first.where} only where these are files of "
                "one generator each, A to B and B to A; give a file of all networks alone, as from"
            )
        for name in ("generator", *first.settings):
            ours, theirs = (_setting(each, name) for each in (first, other))
            if ours != theirs:
                raise UserError(
                    f"{other.where}: does not fit {first.where}: {name} is {theirs} and not "
                    f"{ours}; give two generators that were trained together"
                )
        first = dataclasses.replace(first, weights={**first.weights, **other.weights})
    return first


def _setting(found: Found, name: str) -> Any:
    return getattr(from_recipe(found.recipe, found.settings), name)


def _save_run(workdir: Path, found: Found, config: Config) -> None:
    """Saves a run at step 0: no step of this package has been done."""
    model = CycleGAN(config)
    for name, weights in found.weights.items():
        _assign(getattr(model, name).trainable_variables, weights)
    for name, (iterations, *moments) in found.optimizers.items():
        count, _, *variables = model.optimizers[name].variables
        count.assign(int(iterations))
        _assign(variables, moments)
    with locks.hold(workdir):
        # The pictures that it was trained on are not known; `build` notes those to train on.
        state = TrainingState(len(model.scalar_names), [0, 0])
        Checkpoints(workdir, model, state, config).save()
        write_file(workdir / CONFIG_FILE, to_json(config).encode())


def _assign(variables: Sequence[keras.Variable], arrays: Sequence[np.ndarray]) -> None:
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)
