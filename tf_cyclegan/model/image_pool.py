"""The image pool: a history of generated pictures for a discriminator."""

import tensorflow as tf


class ImagePool(tf.Module):
    """Mixes older fakes into those shown to the discriminator, after Shrivastava et al. (2017).

    While it fills, every picture is stored and shown. Then, with probability 0.5, a picture
    replaces a random stored one, which is shown instead; otherwise it is shown itself. Section 4 of
    the CycleGAN paper, by the rule of the authors' PyTorch implementation.

    Its state is in variables, for the traced step and for checkpoints.

    Attributes:
      pictures: float32 (size, height, width, channels).
      shown: int64, how many pictures have passed through.
    """

    def __init__(self, size: int, shape: tuple[int, int, int], seed: int):
        """Makes an empty pool of `size` (1 or more) pictures of `shape`, drawing from `seed`."""
        super().__init__()
        self.pictures = tf.Variable(tf.zeros([size, *shape]), trainable=False)
        self.shown = tf.Variable(0, dtype=tf.int64, trainable=False)
        self._size = size
        self._seed = seed

    def exchange(self, batch: tf.Tensor) -> tf.Tensor:
        """The pictures to show for a batch of new ones: (batch, height, width, channels) both."""
        return tf.map_fn(self._exchange_one, batch, parallel_iterations=1)

    def _exchange_one(self, picture: tf.Tensor) -> tf.Tensor:
        # The seed follows from the count of pictures, so that a resumed run draws the same.
        seed = tf.stack([tf.constant(self._seed, tf.int64), self.shown])
        draws = tf.random.stateless_uniform([2], seed)
        filling = self.shown < self._size
        place = tf.where(filling, self.shown, tf.cast(draws[0] * self._size, tf.int64))
        swap = draws[1] < 0.5
        old = self.pictures[place]
        self.pictures.scatter_nd_update([[place]], [tf.where(filling | swap, picture, old)])
        self.shown.assign_add(1)
        return tf.where(filling | ~swap, picture, old)
