"""The networks in a checkpoint of the TensorFlow tutorial's notebook.

https://www.tensorflow.org/tutorials/generative/cyclegan saves a `tf.train.Checkpoint` of four
networks, pix2pix of tensorflow_examples, and their optimizers.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tf_cyclegan.foreign_weights.found import Found, generator_settings
from tf_cyclegan.foreign_weights.objects import Objects
from tf_cyclegan.model.cyclegan import NETWORKS
from tf_cyclegan.system.errors import UserError


def read(objects: Objects) -> Found:
    """Takes the networks of a checkpoint, and its optimizers if all are Keras' Adam.

    Raises:
      UserError: it is none of the notebook's, or holds no generator.
    """
    where = str(objects.path)
    if "config" in objects.names:
        raise UserError(
            f"{where}: was saved by tf_cyclegan and needs no import: its workdir translates, and "
            f"train.py takes init_from={where}"
        )
    weights = {name: objects.weights(name) for name in NETWORKS if name in objects.names}
    generators = [name for name in NETWORKS[:2] if weights.get(name)]
    if not generators:
        listed = ", ".join(sorted(objects.names))[:200] or "nothing"
        raise UserError(
            f"{where}: holds no generator_g or generator_f, as the tutorial's notebook names them, "
            f"but {listed}"
        )
    optimizers = {name: objects.adam(name, f"{name}_optimizer") for name in weights}
    return Found(
        where=where,
        supported="the tutorial's networks, pix2pix of tensorflow_examples with instance norm,",
        recipe="tutorial",
        settings=_settings(where, generators[0], weights[generators[0]]),
        weights=weights,
        optimizers=optimizers if all(optimizers.values()) else {},
    )


def _settings(where: str, name: str, weights: Sequence[np.ndarray]) -> dict[str, Any]:
    kernels = [weight for weight in weights if weight.ndim == 4]
    levels = len(kernels) // 2
    if levels < 2:
        raise UserError(f"{where}: {name} has {len(kernels)} convolutions, too few for a U-Net")
    channels = generator_settings(name, kernels[0].shape[2], kernels[-1].shape[2])
    return {"unet_levels": levels, "filters": kernels[0].shape[3], **channels}
