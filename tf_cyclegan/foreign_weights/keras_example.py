"""The networks of the keras.io example: https://keras.io/examples/generative/cyclegan/

Its model has `gen_G`, `gen_F`, `disc_X`, `disc_Y` and their optimizers. Keras 3 saves it as
`.weights.h5`; Keras 2 saved it as a checkpoint of TensorFlow, or as a SavedModel.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py  # type: ignore[import-untyped]
import numpy as np

from tf_cyclegan.foreign_weights.found import Found, adam_state, generator_settings
from tf_cyclegan.foreign_weights.objects import Objects
from tf_cyclegan.system.errors import UserError, reason

_NAMES = {
    "gen_G": "generator_g",
    "gen_F": "generator_f",
    "disc_X": "discriminator_x",
    "disc_Y": "discriminator_y",
}
_KINDS = ("conv2d", "conv2d_transpose", "group_normalization")
_SUPPORTED = "the keras.io example's networks"

_Weights = Mapping[str, Sequence[np.ndarray]]
_Layers = Mapping[str, Sequence[np.ndarray]]


def is_hdf5(path: Path) -> bool:
    """Whether a file is an HDF5 file."""
    return path.is_file() and bool(h5py.is_hdf5(path))


def has_generators(objects: Objects) -> bool:
    """Whether a checkpoint is of the example."""
    return bool({"gen_G", "gen_F"} & objects.names)


def read_objects(objects: Objects) -> Found:
    """Takes the networks of a checkpoint of Keras 2, whose example has an instance norm.

    Raises:
      UserError: it holds other networks.
    """
    weights = {name: objects.weights(key) for key, name in _NAMES.items() if key in objects.names}
    optimizers = {
        name: objects.adam(key, f"{key}_optimizer")
        for key, name in _NAMES.items()
        if key in objects.names
    }
    return _found(str(objects.path), weights, optimizers, norm="instance")


def read(path: Path, name: str) -> Found:
    """Reads a `.weights.h5` file, whose example has GroupNormalization(groups=1).

    Args:
      path: the file, of the model or of one generator.
      name: generator_g or generator_f, where it is of one generator.

    Raises:
      UserError: it is damaged, or holds other networks.
    """
    layers, optimizers = _read_h5(path, name)
    if not {"generator_g", "generator_f"} & layers.keys():
        raise UserError(
            f"{path}: holds no gen_G or gen_F, or layers of a generator, as Keras 3 saves them in "
            ".weights.h5 files; load it where it was saved, and under Keras 3 "
            "model.save_weights('cyclegan.weights.h5')"
        )
    weights = {each: _ordered(path, each, layers[each]) for each in layers}
    states = {each: adam_state(weights[each], optimizers.get(each, [])) for each in weights}
    return _found(str(path), weights, states, norm="layer")


def _found(where: str, weights: _Weights, optimizers: _Weights, norm: str) -> Found:
    name = "generator_g" if "generator_g" in weights else "generator_f"
    kernels = [weight for weight in weights[name] if weight.ndim == 4]
    # Three before the residual blocks, three after them.
    blocks, rest = divmod(len(kernels) - 6, 2)
    if blocks < 1 or rest:
        raise UserError(
            f"{where}: {name} has {len(kernels)} convolutions, which make no residual blocks; only "
            f"{_SUPPORTED} can be imported"
        )
    settings: dict[str, Any] = {
        "residual_blocks": blocks,
        "filters": kernels[0].shape[3],
        "norm": norm,
        **generator_settings(name, kernels[0].shape[2], kernels[-1].shape[3]),
    }
    kept = optimizers if all(optimizers.values()) else {}
    return Found(where, _SUPPORTED, "keras", settings, weights, kept)


def _ordered(path: Path, name: str, layers: _Layers) -> list[np.ndarray]:
    """The weights of a network in its order. Keras numbers the layers of each kind."""
    kinds = {kind: _numbered(kind, layers) for kind in _KINDS}
    if others := sorted(layers.keys() - {each for listed in kinds.values() for each in listed}):
        raise UserError(
            f"{path}: {name} has layers that the example has not: {', '.join(others)[:200]}; only "
            f"{_SUPPORTED} can be imported"
        )
    body, last = kinds["conv2d"][:-1], kinds["conv2d"][-1:]
    convolutions = [*body, *kinds["conv2d_transpose"], *last]
    # A norm follows each but the last, and in discriminators each but the first and the last.
    norms = kinds["group_normalization"]
    skipped = max(0, len(convolutions) - 1 - len(norms))
    followers = [*[()] * skipped, *(layers[norm] for norm in norms), ()]
    pairs = zip(convolutions, followers, strict=False)
    return [array for convolution, norm in pairs for array in (*layers[convolution], *norm)]


def _numbered(kind: str, layers: _Layers) -> list[str]:
    """The layers of a kind by number: `conv2d`, `conv2d_1`, and so on."""
    numbers = {}
    for name in layers:
        if found := re.fullmatch(rf"{kind}(?:_([0-9]{{1,6}}))?", name):
            numbers[name] = int(found[1] or 0)
    return sorted(numbers, key=numbers.__getitem__)


def _read_h5(path: Path, name: str) -> tuple[dict[str, _Layers], _Weights]:
    """The arrays of each layer that has any, and of each optimizer, by the network's name.

    `name` is that of a network which is the whole file.
    """
    try:
        with h5py.File(path, "r") as file:
            # `key in file` would follow a link.
            keys = set(file)
            layers = {
                each: dict(_layers_of(_child(file, key, h5py.Group)))
                for key, each in _NAMES.items()
                if key in keys
            }
            if not layers and "layers" in keys and (alone := dict(_layers_of(file))):
                layers = {name: alone}
            optimizers = {
                each: _variables_of(_child(file, f"{key}_optimizer", h5py.Group))
                for key, each in _NAMES.items()
                if f"{key}_optimizer" in keys
            }
            lists = [v for each in layers.values() for v in each.values()] + [*optimizers.values()]
            # Links, and chunks that were never written, make arrays of any size.
            if sum(array.nbytes for arrays in lists for array in arrays) > path.stat().st_size:
                raise ValueError("its arrays are larger than the file")
            return (
                {key: {k: _loaded(v) for k, v in each.items()} for key, each in layers.items()},
                {key: _loaded(each) for key, each in optimizers.items()},
            )
    # What HDF5 raises for damaged files.
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        raise UserError(
            f"{path}: is not a valid .weights.h5 file ({reason(error)}); copy it again"
        ) from error


def _layers_of(network: h5py.Group) -> Iterator[tuple[str, list[h5py.Dataset]]]:
    layers = _child(network, "layers", h5py.Group)
    for name in layers:
        if variables := _variables_of(_child(layers, name, h5py.Group)):
            yield name, variables


def _variables_of(owner: h5py.Group) -> list[h5py.Dataset]:
    variables = _child(owner, "vars", h5py.Group)
    return [_child(variables, number, h5py.Dataset) for number in sorted(variables, key=int)]


def _child(parent: h5py.Group, name: str, kind: type) -> Any:
    """A group or an array of numbers. Raises ValueError for all else, and what leads elsewhere."""
    # Other links, and other kinds of storage, read files beside this one.
    if not isinstance(parent.get(name, getlink=True), h5py.HardLink):
        raise ValueError(f"{name[:100]} is missing, or a link")
    child = parent[name]
    if not isinstance(child, kind):
        raise ValueError(f"{name[:100]} is of another kind")
    if isinstance(child, h5py.Dataset) and (
        child.external or child.is_virtual or child.dtype.kind not in "fiu" or child.shape is None
    ):
        raise ValueError(f"{name[:100]} is no array of numbers")
    return child


def _loaded(datasets: Sequence[h5py.Dataset]) -> list[np.ndarray]:
    return [np.asarray(each[()], None if each.dtype.kind in "iu" else "f4") for each in datasets]
