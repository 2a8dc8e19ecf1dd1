"""How many floating-point operations a pass and a step take.

Counted are the products of the convolutions and matrix products, an addition and a multiplication
each, borders as if they were inside. Norms, activations, losses and Adam are not.
"""

import math

import keras
import tensorflow as tf

from tf_cyclegan import networks
from tf_cyclegan.benchmark.arrangements import STEP, TRANSLATION
from tf_cyclegan.config import Config

# A layer's gradients, of its input and of its kernel, take a product as large as its own each.
_WITH_GRADIENTS = 3


def of_pass(network: keras.Model, shape: tuple[int, ...]) -> int:
    """Operations of one forward pass, for an input of `shape` with the batch."""
    traced = tf.function(lambda x: network(x, training=True), autograph=False)
    graph = traced.get_concrete_function(tf.TensorSpec(shape, tf.float32)).graph
    return sum(_of_operation(operation) for operation in graph.get_operations())


def of_tasks(config: Config) -> dict[str, int]:
    """Operations of the arrangements' tasks; both domains have as many channels.

    A translation is a pass of a generator. A step has three of each generator, two without identity
    loss, and two of each discriminator, with all gradients, and nothing is computed twice.
    """
    shape = (1, config.image_size, config.image_size, config.channels_x)
    generator = of_pass(networks.build_generator(config, "AtoB", seed=0), shape)
    discriminator = of_pass(networks.build_discriminator(config, "A", seed=0), shape)
    passes = 3 if config.identity_weight else 2
    once = 2 * config.batch_size * (passes * generator + 2 * discriminator)
    return {STEP: _WITH_GRADIENTS * once, TRANSLATION: generator}


def _of_operation(operation: tf.Operation) -> int:
    if operation.type == "Conv2D":
        kernel, made = operation.inputs[1].shape, operation.outputs[0].shape
        return 2 * math.prod(kernel[:3]) * math.prod(made)
    if operation.type == "Conv2DBackpropInput":
        # A transposed convolution: kernel (height, width, channels out, channels in).
        kernel, taken = operation.inputs[1].shape, operation.inputs[2].shape
        return 2 * math.prod(kernel[:3]) * math.prod(taken)
    if operation.type == "MatMul":
        rows, columns = operation.inputs[0].shape
        inner = rows if operation.get_attr("transpose_a") else columns
        return 2 * inner * math.prod(operation.outputs[0].shape)
    return 0
