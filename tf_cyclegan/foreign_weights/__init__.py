"""Trained weights from other implementations, such as the PyTorch generators of the paper."""
