"""What the report shows of a run beyond its settings and history."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Facts:
    """Facts of a run."""

    pictures: Mapping[str, int]  # Number of pictures in use, by split (trainA, ...).
    parameters: Mapping[str, int]  # Number of parameters, by network.
    device: str  # A description.
    steps: int  # Of the whole run.
    started: float  # When training last started or resumed, in seconds since 1970.
