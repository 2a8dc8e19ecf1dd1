"""Trained weights from elsewhere, such as the PyTorch generators of the paper's authors."""
