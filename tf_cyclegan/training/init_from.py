"""Fine-tuning: a new run that starts from the networks of another one."""

from collections.abc import Callable
from pathlib import Path

from tf_cyclegan import networks
from tf_cyclegan.checkpoints import files as checkpoint_files
from tf_cyclegan.checkpoints import saving
from tf_cyclegan.config import Config
from tf_cyclegan.model.cyclegan import NETWORKS, CycleGAN
from tf_cyclegan.system.errors import UserError


def find(config: Config, say: Callable[[str], None]) -> Path | None:
    """The checkpoint that `init_from` means: of a workdir, the newest that is intact.

    Args:
      config: the settings of a new run.
      say: called with a line about the networks that are taken.

    Returns:
      None where `init_from` is not set.

    Raises:
      UserError: there is no such checkpoint, it is damaged, or its networks are other ones.
    """
    if config.init_from is None:
        return None
    path = _checkpoint(Path(config.init_from), say)
    _refuse_others(checkpoint_files.config_in(path), config, path)
    saved = checkpoint_files.object_names(path)
    missing = [name for name in NETWORKS if name not in saved]
    anew = f"; it has no {', '.join(missing)}, which start anew" if missing else ""
    say(f"Starting from the networks of {path}{anew}")
    return path


def restore(path: Path, model: CycleGAN) -> None:
    """Sets the model's networks to those of a checkpoint, as far as it has them.

    Raises:
      UserError: it cannot be read.
    """
    config = checkpoint_files.config_in(path)
    saved = checkpoint_files.object_names(path)
    for name in NETWORKS:
        if name in saved:
            # In the other run's settings: layers without weights, such as dropout, may differ.
            source = networks.build(config, name)
            saving.restore_networks(path, **{name: source})
            weights = getattr(model, name).trainable_variables
            for weight, value in zip(weights, source.trainable_variables, strict=True):
                weight.assign(value)
    model.restart_averages()


def _checkpoint(path: Path, say: Callable[[str], None]) -> Path:
    prefix = path.with_suffix("") if path.suffix == ".index" else path
    if path.name and checkpoint_files.exists(prefix):
        if fault := checkpoint_files.find_fault(prefix):
            raise UserError(f"init_from={path}: {fault}; choose another checkpoint")
        return prefix
    if not checkpoint_files.find_all(path):
        raise UserError(
            f"init_from={path}: holds no run, and is no checkpoint; give a run's workdir, or a "
            "checkpoint such as runs/mini/checkpoints/ckpt-8000"
        )
    newest, damaged = checkpoint_files.newest_intact(path)
    for line in damaged:
        say(line)
    return newest


def _refuse_others(there: Config, here: Config, path: Path) -> None:
    """Raises UserError where the weights of the other run do not fit."""
    differing = {
        name: (old, new)
        for name, (old, new) in {
            "generator": (there.generator, here.generator),
            "norm": (there.norm, here.norm),
            "upsampling": (there.upsampling, here.upsampling),
            "attention_mask": (there.attention_mask, here.attention_mask),
            "filters": (there.filters, here.filters),
            "channels_x": (there.channels_x, here.channels_x),
            "channels_y": (there.channels_y, here.channels_y),
            **_depths(there, here),
        }.items()
        if old != new
    }
    if differing:
        listed = ", ".join(f"{name} ({old}, here {new})" for name, (old, new) in differing.items())
        remedy = " ".join(f"{name}={old}" for name, (old, _) in differing.items())
        raise UserError(
            f"init_from={here.init_from}: the networks of {path} differ: {listed}; give {remedy}"
        )


def _depths(there: Config, here: Config) -> dict[str, tuple[int, int | None]]:
    if there.generator == "unet":
        return {
            "unet_levels": (there.unet_depth, here.unet_depth if here.generator == "unet" else None)
        }
    return {"residual_blocks": (there.blocks, None if here.generator == "unet" else here.blocks)}
