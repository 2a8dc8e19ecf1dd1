"""What the machine is and how fast it multiplies matrices."""

import platform
import resource
import sys
import time
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from tf_cyclegan import cores

_SIZE_ON_CPU, _SIZE_ON_GPU = 2048, 8192
# So long that another program does not take part of it all the time.
_SECONDS = 3.0


def describe() -> dict[str, Any]:
    """Processor, cores, GPU (None without one) and versions."""
    gpus = tf.config.list_physical_devices("GPU")
    gpu = tf.config.experimental.get_device_details(gpus[0]).get("device_name") if gpus else None
    return {
        "cpu": _cpu(),
        "cores": cores.usable(),
        "gpu": gpu or (gpus[0].name if gpus else None),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
    }


def matrix_product_rate(precision: str) -> float:
    """The machine's best rate of large square matrix products, operations a second.

    On GPUs that have it, float32 is multiplied in TF32, here as in the networks.
    """
    size = _SIZE_ON_GPU if tf.config.list_physical_devices("GPU") else _SIZE_ON_CPU
    matrix = tf.cast(tf.random.stateless_normal([size, size], [0, 0]), precision)
    best = float("inf")
    until = time.perf_counter() + _SECONDS
    while time.perf_counter() < until:
        start = time.perf_counter()
        tf.matmul(matrix, matrix)
        tf.test.experimental.sync_devices()
        best = min(best, time.perf_counter() - start)
    return 2 * size**3 / best


def peak_memory() -> dict[str, int | None]:
    """The most memory that this process has had, and that it has had of the GPU, in bytes."""
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    on_gpu = None
    if tf.config.list_physical_devices("GPU"):
        on_gpu = tf.config.experimental.get_memory_info("GPU:0")["peak"]
    # Kilobytes on Linux.
    return {
        "memory": resident if sys.platform == "darwin" else 1024 * resident,
        "gpu_memory": on_gpu,
    }


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
