"""Translation with a trained run."""
