"""How TensorFlow is to work in this process."""

import tensorflow as tf


def prepare_training(deterministic: bool = False) -> None:
    """Sets TensorFlow's options for training, before anything is traced.

    On a CPU its graph optimizer (Grappler) is left out: the training step is as fast without it,
    and the first step comes seconds sooner (docs/performance.md). On a GPU it stays, where it
    chooses the layout that convolutions want. Both options hold for the whole process.

    Args:
      deterministic: whether every run shall have the same numbers bit for bit.
    """
    if deterministic:
        tf.config.experimental.enable_op_determinism()
    if not tf.config.list_physical_devices("GPU"):
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
