"""Learning rates over the epochs."""


def learning_rate(base: float, epoch: int, epochs: int, decay_start: int | None) -> float:
    """Constant for `decay_start` epochs, then linear decay.

    Zhu et al. (2017), appendix 7.1. As in the authors' PyTorch implementation the rate changes once
    an epoch, and the line reaches zero one epoch after the last, so that the last one learns too.

    Args:
      base: the initial rate.
      epoch: counted from 0.
      epochs: total number of epochs.
      decay_start: epochs before the decay; None for no decay.
    """
    if decay_start is None or epoch < decay_start:
        return base
    return base * (1.0 - (epoch + 1 - decay_start) / (epochs + 1 - decay_start))
