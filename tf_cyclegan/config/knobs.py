"""Fields that know their meaning and their limits."""

import dataclasses
import functools
import math
import reprlib
import types
from typing import Any, get_args, get_type_hints

from tf_cyclegan.system.errors import UserError

_INT32_MAX = 2**31 - 1
_TYPE_NAMES = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}


def knob(
    default: Any,
    meaning: str,
    *,
    choices: tuple[str, ...] = (),
    least: float | None = None,
    below: float | None = None,
    resumable: bool = False,
) -> Any:
    """A dataclass field. `resumable`: a run may be resumed with another value."""
    metadata = {
        "meaning": meaning,
        "choices": choices,
        "least": least,
        "below": below,
        "resumable": resumable,
    }
    return dataclasses.field(default=default, metadata=metadata)


@functools.cache
def field_type(owner: type, name: str) -> tuple[type, bool]:
    """The plain type of a field, and whether it may be None."""
    hint = get_type_hints(owner)[name]
    if isinstance(hint, types.UnionType):
        return get_args(hint)[0], True
    return hint, False


def checked(owner: type, field: dataclasses.Field[Any], value: Any) -> Any:
    """The value as the field holds it: whole numbers become floats where those are wanted.

    Raises:
      UserError: it is of another type or out of the field's range.
    """
    name, limits = field.name, field.metadata
    kind, optional = field_type(owner, name)
    if value is None and optional:
        return None
    if kind in (int, float) and type(value) is int and abs(value) > _INT32_MAX:
        raise UserError(f"{name}: give a number of {_INT32_MAX} or less")
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind:
        raise UserError(f"{name} takes {_TYPE_NAMES[kind]}, not {reprlib.repr(value)}")
    if limits["choices"] and value not in limits["choices"]:
        raise UserError(f"{name}={value}: choose one of {', '.join(limits['choices'])}")
    if isinstance(value, float) and not math.isfinite(value):
        raise UserError(f"{name}={value}: give a finite number")
    if limits["least"] is not None and value < limits["least"]:
        raise UserError(f"{name}={value}: give {limits['least']} or more")
    if limits["below"] is not None and value >= limits["below"]:
        raise UserError(f"{name}={value}: give less than {limits['below']}")
    return value
