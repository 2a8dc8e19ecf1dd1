"""How TensorFlow is to work in this process."""

import tensorflow as tf

from tf_cyclegan import cores


def share_cores() -> None:
    """Shares out a CPU's cores for training. To be called before TensorFlow computes anything.

    Where there are two, each operation gets one: the two directions have much to do side by side,
    and halves of one operation wait for each other. On more cores TensorFlow's own way stays,
    which was not measured there.

    Raises:
      RuntimeError: TensorFlow has computed already.
    """
    if not _has_gpu() and cores.usable() == 2:
        tf.config.threading.set_intra_op_parallelism_threads(1)


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
    if not _has_gpu():
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})


def _has_gpu() -> bool:
    return bool(tf.config.list_physical_devices("GPU"))
