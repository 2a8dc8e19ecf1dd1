"""TensorFlow's devices and process-wide options."""

import functools
from pathlib import Path

import tensorflow as tf

from tf_cyclegan.system import cores

# CPU flags in Linux's /proc/cpuinfo.
_BFLOAT16_FLAGS = {"amx_bf16", "avx512_bf16"}


def has_gpu() -> bool:
    """Whether TensorFlow sees a GPU (`tf.config.set_visible_devices` can hide it)."""
    return bool(tf.config.get_visible_devices("GPU"))


@functools.cache
def cpu_computes_bfloat16() -> bool:
    """Whether the CPU has bfloat16 instructions: AMX or AVX512-BF16."""
    try:
        words = Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    except OSError:
        return False
    return not _BFLOAT16_FLAGS.isdisjoint(words)


def describe() -> str:
    """The device that computes, for people."""
    gpus = tf.config.get_visible_devices("GPU")
    if not gpus:
        return f"the CPU, {cores.usable()} cores: no GPU found (BUILD.md: what to do about it)"
    name = tf.config.experimental.get_device_details(gpus[0]).get("device_name")
    return f"the GPU: {name or gpus[0].name}"


def set_thread_counts() -> None:
    """Sets TensorFlow's thread counts for training on a CPU.

    On two cores each op gets one thread: both directions run in parallel, and the halves of one op
    would wait for each other. A container's CPU quota, which TensorFlow does not know, limits both
    counts. Otherwise TensorFlow's defaults stay.

    Raises:
      RuntimeError: TensorFlow has already computed something.
    """
    if has_gpu():
        return
    usable = cores.usable()
    limited = usable < cores.allowed()
    if usable == 2 or limited:
        tf.config.threading.set_intra_op_parallelism_threads(1 if usable == 2 else usable)
    if limited:
        tf.config.threading.set_inter_op_parallelism_threads(usable)


def prepare_training(deterministic: bool = False) -> None:
    """Sets TensorFlow's process-wide options for training, before the step is traced.

    On a CPU it disables the graph optimizer (Grappler): steps are as fast without it, and the first
    one comes seconds sooner (docs/performance.md). On a GPU Grappler chooses the layout of
    convolutions, so it stays.

    Args:
      deterministic: whether runs must agree bit for bit.
    """
    if deterministic:
        tf.config.experimental.enable_op_determinism()
    if not has_gpu():
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
