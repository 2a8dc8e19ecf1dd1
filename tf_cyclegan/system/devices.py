"""The devices that TensorFlow has, and how it is to use them in this process."""

import functools
from pathlib import Path

import tensorflow as tf

from tf_cyclegan.system import cores

# Linux's names of the instructions: Intel's matrices, and vectors of Intel's and AMD's.
_BFLOAT16 = {"amx_bf16", "avx512_bf16"}


def has_gpu() -> bool:
    """Whether there is a GPU that TensorFlow may use (`tf.config.set_visible_devices`)."""
    return bool(tf.config.get_visible_devices("GPU"))


@functools.cache
def cpu_computes_bfloat16() -> bool:
    """Whether the CPU has instructions for bfloat16: AMX or AVX512-BF16."""
    try:
        # The lines of features list many other words, but none of these two.
        words = Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    except OSError:
        return False
    return not _BFLOAT16.isdisjoint(words)


def describe() -> str:
    """What computes, in words."""
    gpus = tf.config.get_visible_devices("GPU")
    if not gpus:
        return f"the CPU, {cores.usable()} cores: no GPU found (BUILD.md: what to do about it)"
    name = tf.config.experimental.get_device_details(gpus[0]).get("device_name")
    return f"the GPU: {name or gpus[0].name}"


def share_cores() -> None:
    """Shares out a CPU's cores for training. To be called before TensorFlow computes anything.

    Where there are two, each operation gets one: the two directions have much to do side by side,
    and halves of one operation wait for each other. A container's share of cores, which TensorFlow
    does not know of, becomes its number of threads. Else TensorFlow's own way stays.

    Raises:
      RuntimeError: TensorFlow has computed already.
    """
    if has_gpu():
        return
    usable = cores.usable()
    if usable == 2:
        tf.config.threading.set_intra_op_parallelism_threads(1)
    elif usable < cores.allowed():
        tf.config.threading.set_intra_op_parallelism_threads(usable)
    if usable < cores.allowed():
        tf.config.threading.set_inter_op_parallelism_threads(usable)


def prepare_training(deterministic: bool = False) -> None:
    """Sets TensorFlow's options for training, before the step is traced.

    On a CPU its graph optimizer (Grappler) is left out: the training step is as fast without it,
    and the first step comes seconds sooner (docs/performance.md). On a GPU it stays, where it
    chooses the layout that convolutions want. Both options hold for the whole process.

    Args:
      deterministic: whether every run shall have the same numbers bit for bit.
    """
    if deterministic:
        tf.config.experimental.enable_op_determinism()
    if not has_gpu():
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
