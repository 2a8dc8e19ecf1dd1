"""Spectral normalization of a discriminator's convolutions."""

from typing import Any

import keras
import tensorflow as tf

# For kernels of zeros.
_EPSILON = 1e-12


@keras.saving.register_keras_serializable("tf_cyclegan")
class SpectralConv2D(keras.layers.Conv2D):
    """A convolution by its kernel over the kernel's largest singular value.

    Miyato et al., "Spectral Normalization for Generative Adversarial Networks" (2018), algorithm 1:
    the kernel is a matrix (height * width * input channels, output channels), and each pass in
    training takes one step of the power iteration. Gradients take the singular vectors for
    constants.

    Args:
      *arguments, **settings: those of Keras' Conv2D.
    """

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        super().build(input_shape)
        # In the checkpoint, so that a resumed run goes on where it was.
        self.vector = self.add_weight(
            name="vector",
            shape=(self.filters,),
            initializer=keras.initializers.RandomNormal(seed=0),
            trainable=False,
            autocast=False,
        )

    def save_own_variables(self, store: dict[str, Any]) -> None:
        # Keras' convolutions name the variables that they save.
        super().save_own_variables(store)
        store["vector"] = self.vector

    def load_own_variables(self, store: dict[str, Any]) -> None:
        super().load_own_variables(store)
        self.vector.assign(store["vector"])

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        self._iterates = training
        return super().call(inputs)

    def convolution_op(self, inputs: tf.Tensor, kernel: Any) -> tf.Tensor:
        """As Keras', with the normalized kernel."""
        kernel = tf.convert_to_tensor(kernel)
        matrix = tf.reshape(tf.cast(kernel, tf.float32), [-1, self.filters])
        constant = tf.stop_gradient(matrix)
        right = tf.convert_to_tensor(self.vector)[:, None]
        left = _normalized(constant @ right)
        if self._iterates:
            right = _normalized(tf.transpose(constant) @ left)
            self.vector.assign(right[:, 0])
        value = tf.reduce_sum(left * (matrix @ right))
        return super().convolution_op(inputs, kernel / tf.cast(value, kernel.dtype))


def _normalized(column: tf.Tensor) -> tf.Tensor:
    return column / (tf.norm(column) + _EPSILON)
