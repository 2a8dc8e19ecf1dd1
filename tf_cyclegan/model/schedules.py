"""Learning rates over the epochs."""


def learning_rate(base: float, epoch: int, epochs: int, decay_start: int | None) -> float:
    """Constant for `decay_start` epochs, then linearly towards zero.

    After Zhu et al. (2017), appendix 7.1. Each epoch has one rate, as in the authors' PyTorch
    implementation, and the line reaches zero one epoch after the last, so that the last learns too.

    Args:
      base: the rate at the beginning.
      epoch: the epoch, counted from 0.
      epochs: how many there are in all.
      decay_start: epochs before the decay; None for none.
    """
    if decay_start is None or epoch < decay_start:
        return base
    return base * (1.0 - (epoch + 1 - decay_start) / (epochs + 1 - decay_start))
