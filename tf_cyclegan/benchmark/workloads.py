"""What a child process does again and again: a training step, or a translation."""

import contextlib
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from tf_cyclegan import first_values, images, networks
from tf_cyclegan.benchmark.arrangements import STEP, Arrangement
from tf_cyclegan.benchmark.plain_step import PlainStep, plain_network
from tf_cyclegan.config import Config
from tf_cyclegan.cyclegan import CycleGAN
from tf_cyclegan.preprocessing import for_translation


class Workload:
    """One arrangement, ready to be timed.

    Attributes:
      facts: `trace_seconds` and `operations` of the traced step's graph; nothing of a translation,
        which is not traced.
    """

    def __init__(self, arrangement: Arrangement):
        """Builds the networks and traces; the first run compiles."""
        self.facts: dict[str, Any] = {}
        make = self._step if arrangement.task == STEP else _translation
        self._once = make(arrangement)

    def run(self, count: int) -> dict[str, float]:
        """Does it `count` times: seconds on the clock, and of all threads' processor, for each."""
        clock, processor = time.perf_counter(), time.process_time()
        for _ in range(count):
            self._once()
        tf.test.experimental.sync_devices()
        return {
            "wall": (time.perf_counter() - clock) / count,
            "processor": (time.process_time() - processor) / count,
        }

    def _step(self, arrangement: Arrangement) -> Callable[[], Any]:
        config = arrangement.config
        # As in training. The plain networks are copies of ours, whose values they need.
        plain = arrangement.plain
        with contextlib.nullcontext() if plain else first_values.computed_meanwhile():
            model = PlainStep(config) if plain else CycleGAN(config)
            start = time.perf_counter()
            graph = model.train_step.get_concrete_function().graph
            self.facts["trace_seconds"] = time.perf_counter() - start
        self.facts["operations"] = _operations(graph)
        x, y = (
            tf.constant(images.to_float(_picture(config, channels, config.batch_size)))
            for channels in (config.channels_x, config.channels_y)
        )
        # Bound here, so that the model lives as long as its step.
        return lambda: model.train_step(x, y)


def _translation(arrangement: Arrangement) -> Callable[[], Any]:
    """As `generation.Translator` does it, of one picture in image_size."""
    config = arrangement.config
    generator = networks.build_generator(config, "AtoB", seed=0)
    if arrangement.plain:
        generator = plain_network(generator)
    (picture,) = _picture(config, 3, 1)
    return lambda: images.to_uint8(generator(for_translation(picture, "A", config), training=False))


def _picture(config: Config, channels: int, count: int) -> np.ndarray:
    shape = (count, config.image_size, config.image_size, channels)
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def _operations(graph: tf.Graph) -> int:
    """Operations of a graph with those of the functions that it calls."""
    definition = graph.as_graph_def()
    return len(definition.node) + sum(
        len(function.node_def) for function in definition.library.function
    )
