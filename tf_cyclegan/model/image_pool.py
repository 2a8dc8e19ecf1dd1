"""The image pool: a history of generated pictures for a discriminator."""

import tensorflow as tf


class ImagePool(tf.Module):
    """Mixes older fakes into those shown to the discriminator, after Shrivastava et al. (2017).

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
        """The pictures to show for a batch of new ones: (batch, height, width, channels) both.

        While the pool fills, every picture is stored and shown. Then, with probability 0.5, a
        picture replaces a random stored one, which is shown instead; otherwise it is shown itself.
        Section 4 of the CycleGAN paper, by the rule of the authors' PyTorch implementation.
        """
        return tf.map_fn(self._exchange_one, batch, parallel_iterations=1)

    def pair(self, batch: tf.Tensor) -> tf.Tensor:
        """A batch of new pictures, then for each a random stored one: (2 * batch, ...).

        Each new picture then takes a free place, or a random one. The first is its own pair.
        """
        older = tf.map_fn(self._pair_one, batch, parallel_iterations=1)
        return tf.concat([batch, older], axis=0)

    def _draws(self) -> tf.Tensor:
        """Two numbers in [0, 1)."""
        # The seed follows from the count of pictures, so that a resumed run draws the same.
        seed = tf.stack([tf.constant(self._seed, tf.int64), self.shown])
        return tf.random.stateless_uniform([2], seed)

    def _pair_one(self, picture: tf.Tensor) -> tf.Tensor:
        draws = self._draws()
        stored = tf.minimum(self.shown, self._size)
        old = self.pictures[tf.cast(draws[0] * tf.cast(stored, tf.float32), tf.int64)]
        old = tf.where(stored > 0, old, picture)
        place = tf.cast(draws[1] * self._size, tf.int64)
        place = tf.where(self.shown < self._size, self.shown, place)
        self.pictures.scatter_nd_update([[place]], [picture])
        self.shown.assign_add(1)
        return old

    def _exchange_one(self, picture: tf.Tensor) -> tf.Tensor:
        draws = self._draws()
        filling = self.shown < self._size
        place = tf.where(filling, self.shown, tf.cast(draws[0] * self._size, tf.int64))
        swap = draws[1] < 0.5
        old = self.pictures[place]
        self.pictures.scatter_nd_update([[place]], [tf.where(filling | swap, picture, old)])
        self.shown.assign_add(1)
        return tf.where(filling | ~swap, picture, old)
