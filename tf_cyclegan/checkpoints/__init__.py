"""What is saved of a run, how it comes back, and the files on the disk."""

from tf_cyclegan.checkpoints.saving import restore_tutorial

__all__ = ["restore_tutorial"]
