"""The model: four networks, their losses and optimizers, and the training step."""
