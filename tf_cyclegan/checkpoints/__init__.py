"""Checkpoints: what they hold, how it is restored, and the files on disk."""
