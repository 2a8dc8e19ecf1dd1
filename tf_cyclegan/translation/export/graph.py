"""The graph that is exported: a generator with scaling inside, for pictures of any size."""

from typing import Any

import keras
import tensorflow as tf

# Of the graph's signature.
INPUT, OUTPUT = "pictures", "translations"
# The smallest height and width that every generator takes.
_SMALLEST = 16


def build(generator: keras.Model, multiple: int) -> keras.Model:
    """Puts scaling and padding around a generator.

    Args:
      generator: float32 (batch, height, width, channels) in [-1, 1] to the same.
      multiple: what its heights and widths must be multiples of.

    Returns:
      A model of uint8 (batch, height, width, channels) to uint8 of the same height and width.
      Pictures are reflected up to multiples, and cropped back: as `sizes.reflected_up` does.
    """
    pictures = keras.Input((None, None, generator.input_shape[-1]), dtype="uint8", name=INPUT)
    scaled = FromPictures(multiple, name="from_pictures", dtype="float32")(pictures)
    translated = generator(scaled, training=False)
    back = ToPictures(multiple, name=OUTPUT, dtype="float32")
    return keras.Model(pictures, back(translated, pictures))


def generator_in(model: keras.Model) -> keras.Model:
    """The generator of a model that `build` returned."""
    return next(layer for layer in model.layers if isinstance(layer, keras.Model))


def serving(model: keras.Model) -> tf.types.experimental.PolymorphicFunction:
    """The model as a function with a signature: INPUT, uint8 of any size, to {OUTPUT: uint8}."""
    spec = tf.TensorSpec((None, None, None, model.input_shape[-1]), tf.uint8, name=INPUT)

    def translate(pictures: tf.Tensor) -> dict[str, tf.Tensor]:
        return {OUTPUT: model(pictures, training=False)}

    return tf.function(translate, input_signature=[spec])


@keras.saving.register_keras_serializable("tf_cyclegan")
class FromPictures(keras.layers.Layer):
    """Scales uint8 to [-1, 1], and reflects the borders up to multiples.

    uint8 (batch, height, width, channels) to float32 (batch, height + a, width + b, channels).
    """

    def __init__(self, multiple: int, **settings: Any):
        super().__init__(**settings)
        self.multiple = multiple

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "multiple": self.multiple}

    def compute_output_spec(self, pictures: keras.KerasTensor) -> keras.KerasTensor:
        return keras.KerasTensor((*pictures.shape[:1], None, None, pictures.shape[-1]), "float32")

    def call(self, pictures: tf.Tensor) -> tf.Tensor:
        # Gathering, since a pad by reflection is limited to the picture's own size.
        for axis in (1, 2):
            length = tf.shape(pictures)[axis]
            before, padded = _padding(length, self.multiple)
            period = tf.maximum(2 * (length - 1), 1)
            place = tf.abs(tf.range(padded) - before) % period
            pictures = tf.gather(pictures, tf.minimum(place, period - place), axis=axis)
        return tf.cast(pictures, tf.float32) / 127.5 - 1.0


@keras.saving.register_keras_serializable("tf_cyclegan")
class ToPictures(keras.layers.Layer):
    """Crops to the size of the pictures that went in, and scales [-1, 1] to uint8.

    float32 (batch, height + a, width + b, channels) and uint8 (batch, height, width, any) to uint8
    (batch, height, width, channels).
    """

    def __init__(self, multiple: int, **settings: Any):
        super().__init__(**settings)
        self.multiple = multiple

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "multiple": self.multiple}

    def compute_output_spec(
        self, translated: keras.KerasTensor, pictures: keras.KerasTensor
    ) -> keras.KerasTensor:
        return keras.KerasTensor((*pictures.shape[:3], translated.shape[-1]), "uint8")

    def call(self, translated: tf.Tensor, pictures: tf.Tensor) -> tf.Tensor:
        height, width = tf.shape(pictures)[1], tf.shape(pictures)[2]
        top, _ = _padding(height, self.multiple)
        left, _ = _padding(width, self.multiple)
        translated = translated[:, top : top + height, left : left + width]
        scaled = tf.round((translated + 1.0) * 127.5)
        return tf.cast(tf.clip_by_value(scaled, 0.0, 255.0), tf.uint8)


def _padding(length: tf.Tensor, multiple: int) -> tuple[tf.Tensor, tf.Tensor]:
    """The padding before a side of this length, and the length with padding on both ends."""
    # No negative numbers: runtimes differ in how they divide them.
    padded = (tf.maximum(length, _SMALLEST) + multiple - 1) // multiple * multiple
    return (padded - length) // 2, padded
