"""Networks of another implementation, in this package's terms."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tf_cyclegan import networks
from tf_cyclegan.config import Config
from tf_cyclegan.system.errors import UserError


@dataclass(frozen=True)
class Found:
    """What a file holds.

    Attributes:
      where: the file.
      supported: what is supported, in words.
      recipe: the recipe that trains such networks.
      settings: fields in which its networks differ from the recipe's.
      weights: by the network's name, in the order of its `trainable_variables`.
      optimizers: Adam's iterations, then first and second moment of each weight by turns, by the
        network's name; of all networks or of none.
    """

    where: str
    supported: str
    recipe: str
    settings: Mapping[str, Any]
    weights: Mapping[str, Sequence[np.ndarray]]
    optimizers: Mapping[str, Sequence[np.ndarray]] = field(default_factory=dict)


def check(found: Found, config: Config) -> None:
    """Compares weights with the networks of the settings, before those are built.

    Raises:
      UserError: their number or a shape differs, or a value is not a finite number.
    """
    for name, weights in found.weights.items():
        shapes = _shapes(config, name)
        if len(weights) != len(shapes):
            raise _unfit(found, name, config, f"has {len(weights)} weights and not {len(shapes)}")
        for number, (weight, shape) in enumerate(zip(weights, shapes, strict=True), start=1):
            if weight.shape != shape:
                fault = f"weight {number} has the shape {weight.shape} and not {shape}"
                raise _unfit(found, name, config, fault)
            if not np.isfinite(weight).all():
                raise UserError(
                    f"{found.where}: weight {number} of {name} has values that are not finite: "
                    "training had diverged; take an earlier file"
                )


def adam_state(
    weights: Sequence[np.ndarray], values: Sequence[np.ndarray | None]
) -> list[np.ndarray]:
    """What `Found.optimizers` holds of a network, from the variables of a Keras Adam.

    Args:
      weights: the network's.
      values: iterations, in Keras 3 the learning rate, then moments; None where one is missing.

    Returns:
      An empty list if they are not Adam's, or not finite.
    """
    moments = values[len(values) - 2 * len(weights) :]
    state = [values[0], *moments] if len(values) - len(moments) in (1, 2) else []
    shapes = [(), *(weight.shape for weight in weights for _ in "mv")]
    found = [each for each in state if each is not None]
    if [each.shape for each in found] != shapes or found[0].dtype.kind not in "iu":
        return []
    usable = all(each.dtype.kind == "f" and np.isfinite(each).all() for each in found[1:])
    return found if usable else []


def generator_settings(name: str, source: int, target: int) -> dict[str, Any]:
    """The fields that follow from a generator's channels."""
    x, y = (source, target) if name == "generator_g" else (target, source)
    settings: dict[str, Any] = {"channels_x": x, "channels_y": y}
    # The identity loss needs domains with equal channels.
    return settings if x == y else settings | {"identity_weight": 0.0}


def _shapes(config: Config, name: str) -> list[tuple[int, ...]]:
    """The shapes of a network's weights.

    They follow from narrow networks, since every axis grows linearly with `filters`: what a
    damaged file says may fit into no memory.
    """
    small = [networks.build(dataclasses.replace(config, filters=f), name) for f in (1, 2)]
    narrow, wider = ([tuple(w.shape) for w in each.trainable_variables] for each in small)
    more = config.filters - 1
    return [
        tuple(a + more * (b - a) for a, b in zip(*shapes, strict=True))
        for shapes in zip(narrow, wider, strict=True)
    ]


def _unfit(found: Found, name: str, config: Config, fault: str) -> UserError:
    return UserError(
        f"{found.where}: {name} is none of a run with generator={config.generator}, "
        f"filters={config.filters}: {fault}; only {found.supported} can be imported"
    )
