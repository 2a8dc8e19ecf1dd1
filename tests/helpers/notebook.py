"""What the tutorial's notebook saves: networks and Adams, after an update, under its names."""

import sys
from pathlib import Path

import keras
import pytest
import tensorflow as tf

from tf_cyclegan.model.cyclegan import NETWORKS
from tf_cyclegan.networks import pix2pix, tensorflow_examples


def standin_objects(monkeypatch: pytest.MonkeyPatch, filters: int) -> dict[str, object]:
    """Objects whose networks are the stand-in's for tensorflow_examples."""
    monkeypatch.syspath_prepend(Path(__file__).parent / "standin")
    module = tensorflow_examples.import_pix2pix()
    for name in [name for name in sys.modules if name.startswith("tensorflow_examples")]:
        del sys.modules[name]
    monkeypatch.setattr(module, "FILTERS", filters)
    return _with_optimizers(
        lambda: module.unet_generator(3, norm_type="instancenorm"),
        lambda: module.discriminator(norm_type="instancenorm", target=False),
    )


def small_objects(depth: int = 3, filters: int = 2) -> dict[str, object]:
    """Objects whose networks are ours, with fewer levels."""
    return _with_optimizers(
        lambda: pix2pix.unet_generator(3, depth=depth, filters=filters),
        lambda: pix2pix.discriminator(filters=filters),
    )


def _with_optimizers(generator, discriminator):
    objects = {}
    for name in NETWORKS:
        network = generator() if name.startswith("generator") else discriminator()
        adam = keras.optimizers.Adam(2e-4, beta_1=0.5)
        variables = network.trainable_variables
        adam.apply_gradients([(tf.identity(v.value), v) for v in variables])
        objects |= {name: network, f"{name}_optimizer": adam}
    return objects


def as_keras_2(objects: dict[str, object], slots: bool) -> dict[str, object]:
    """The same values in the structure that Keras 2 saves.

    Args:
      objects: those of Keras 3.
      slots: whether moments are slots, as until TensorFlow 2.10, or the optimizer's variables.
    """
    converted = {}
    for name in NETWORKS:
        network = tf.train.Checkpoint()
        copies = []
        layers = [each for each in _leaves(objects[name]) if each.trainable_variables]
        for number, layer in enumerate(layers):
            node = tf.train.Checkpoint()
            setattr(network, f"layer_with_weights-{number}", node)
            for variable in layer.trainable_variables:
                copies.append(tf.Variable(variable.numpy()))
                setattr(node, variable.name, copies[-1])
        iterations, _, *moments = (tf.Variable(v.numpy()) for v in _variables(objects, name))
        if slots:
            optimizer = tf.compat.v1.train.AdamOptimizer()
            optimizer.apply_gradients([(tf.zeros(copy.shape), copy) for copy in copies])
            optimizer._track_trackable(iterations, "iter")
            for number, moment in enumerate(moments):
                slot = optimizer.get_slot(copies[number // 2], "mv"[number % 2])
                slot.assign(moment)
        else:
            optimizer = tf.train.Checkpoint(_variables=[iterations, *moments])
        converted |= {name: network, f"{name}_optimizer": optimizer}
    return converted


def _variables(objects, name):
    return objects[f"{name}_optimizer"].variables


def _leaves(network):
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            yield from _leaves(layer)
        else:
            yield layer
