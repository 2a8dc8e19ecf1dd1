"""What a report tells of a run beyond its settings and history."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Facts:
    """Facts of a run.

    Attributes:
      pictures: number of pictures in use, by split: trainA, trainB, testA and testB.
      parameters: number of parameters, by the network's name.
      device: what the run computes on, in words.
      steps: training steps of the whole run.
      started: when training last started or resumed, in seconds since 1970.
    """

    pictures: Mapping[str, int]
    parameters: Mapping[str, int]
    device: str
    steps: int
    started: float
