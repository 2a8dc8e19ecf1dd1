"""A process of the benchmark: one arrangement, done as often as it is asked to.

`python -m tf_cyclegan.benchmark.child REQUEST` takes the arguments of `prepare` as JSON. For each
number on standard input it does the task so many times and answers with a line of JSON. It ends
with its standard input, and so with the process that started it.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from tf_cyclegan import networks
from tf_cyclegan.benchmark.plain_step import PlainStep, plain_network
from tf_cyclegan.config import Config
from tf_cyclegan.data import images
from tf_cyclegan.data.preprocessing import for_translation
from tf_cyclegan.model.cyclegan import CycleGAN
from tf_cyclegan.system import devices
from tf_cyclegan.system.errors import first_line


def prepare(task: str, plain: bool, settings: dict[str, Any]) -> Callable[[], Any]:
    """Builds networks, and returns what does the task once.

    Args:
      task: "step", of training, or "translation", of a picture as `Translator.translate` does it.
      plain: as the tutorial arranges it, not as this package does.
      settings: of the Config.
    """
    config = Config(**settings)
    if task == "translation":
        generator = networks.build_generator(config, "AtoB", seed=0)
        network = plain_network(generator) if plain else generator
        (picture,) = _pictures(1, config)
        return lambda: images.to_uint8(
            network(for_translation(picture, "A", config), training=False)
        )
    if not plain:
        devices.set_thread_counts()
        devices.prepare_training()
    model = PlainStep(config) if plain else CycleGAN(config)
    x, y = (tf.constant(images.to_float(_pictures(config.batch_size, config))) for _ in "xy")
    # Bound here, so that the model lives as long as its step.
    return lambda: model.train_step(x, y)


def _pictures(count: int, config: Config) -> np.ndarray:
    shape = (count, config.image_size, config.image_size, 3)
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def _measure(once: Callable[[], Any], count: int) -> dict[str, float | None]:
    """Seconds of one, and the most memory that the process has had, in bytes."""
    start = time.perf_counter()
    for _ in range(count):
        once()
    tf.test.experimental.sync_devices()
    seconds = (time.perf_counter() - start) / count
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    gpu = tf.config.experimental.get_memory_info("GPU:0")["peak"] if devices.has_gpu() else None
    # Linux counts kilobytes.
    memory = resident if sys.platform == "darwin" else 1024 * resident
    return {"seconds": seconds, "memory": memory, "gpu_memory": gpu}


def main() -> None:
    # What anything else writes to standard output is not an answer.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for gpu in tf.config.list_physical_devices("GPU"):
        # Several processes share it.
        tf.config.experimental.set_memory_growth(gpu, True)
    try:
        once = prepare(**json.loads(sys.argv[1]))
        for line in sys.stdin:
            print(json.dumps(_measure(once, int(line))), file=answers, flush=True)
    # Whatever TensorFlow cannot do here belongs into the table.
    except Exception as error:
        told = f"{type(error).__name__}: {first_line(error)}"
        print(json.dumps({"error": told}), file=answers, flush=True)


if __name__ == "__main__":
    main()
