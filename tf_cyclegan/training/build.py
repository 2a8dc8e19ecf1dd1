"""Building the model of a run, and restoring it from its checkpoint."""

from dataclasses import dataclass

from tf_cyclegan.checkpoints.saving import Checkpoints, TrainingState
from tf_cyclegan.config import json_file
from tf_cyclegan.model.cyclegan import CycleGAN
from tf_cyclegan.system import devices
from tf_cyclegan.system.files import write_output
from tf_cyclegan.training import init_from
from tf_cyclegan.training.prepare import Prepared


@dataclass(frozen=True)
class Built:
    """The model, its state, and where they are saved.

    Attributes:
      history: the text that the restored checkpoint was saved with; empty for a new run.
      device: the device and the compute type, in words.
    """

    model: CycleGAN
    state: TrainingState
    checkpoints: Checkpoints
    history: str
    device: str


def build(prepared: Prepared) -> Built:
    """Builds the networks, traces the step, and restores the newest checkpoint.

    Raises:
      UserError: a checkpoint does not match the model.
      OSError: the workdir cannot be written to.
    """
    config, workdir = prepared.config, prepared.workdir
    model = CycleGAN(config)
    # Traced here, so that its seconds do not count as those of the first step.
    model.train_step.get_concrete_function()
    state = TrainingState(len(model.scalar_names), prepared.pictures.fingerprints())
    checkpoints = Checkpoints(workdir, model, state, config)
    history = checkpoints.restore(prepared.newest) if prepared.newest else ""
    if prepared.start:
        init_from.restore(prepared.start, model)
    if not prepared.done:
        # An imported run has none.
        state.pictures.assign(prepared.pictures.fingerprints())
    write_output(workdir / json_file.CONFIG_FILE, json_file.to_json(config).encode())
    device = f"{devices.describe()}; computing in {model.precision}"
    return Built(model, state, checkpoints, history, device)
