"""Runs that were not trained, whose generators do something all the same."""

from pathlib import Path

from tf_cyclegan.checkpoints.saving import Checkpoints, TrainingState
from tf_cyclegan.config import Config
from tf_cyclegan.model.cyclegan import CycleGAN


def save_run(workdir: Path, config: Config, gain: float = 10.0) -> CycleGAN:
    """Saves a run with a checkpoint at step 0, and returns its model.

    Args:
      workdir: the run's folder.
      config: its settings.
      gain: by how much the kernels of the generators are larger than at the start of training.
    """
    model = CycleGAN(config)
    for generator in (model.generator_g, model.generator_f):
        for variable in generator.trainable_variables:
            if len(variable.shape) == 4:
                variable.assign(variable * gain)
    state = TrainingState(len(model.scalar_names), [1, 1])
    Checkpoints(workdir, model, state, config).save()
    return model
