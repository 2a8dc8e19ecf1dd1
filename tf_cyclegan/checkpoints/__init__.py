"""Checkpoints: what they hold, how it is restored, and the files on disk."""

from tf_cyclegan.checkpoints.saving import restore_tutorial

__all__ = ["restore_tutorial"]
