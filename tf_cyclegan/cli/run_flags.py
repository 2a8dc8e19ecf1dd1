"""The flags that choose a trained run, one of its checkpoints, and pictures for it."""

from pathlib import Path

from absl import flags

from tf_cyclegan.config import whole_numbers
from tf_cyclegan.system.errors import UserError

_WORKDIR = flags.DEFINE_string(
    "workdir", None, "the trained run (default: the one under runs/ that was trained last)"
)
_CHECKPOINT = flags.DEFINE_string(
    "checkpoint", None, "the step of the checkpoint to use, or best (default: the newest)"
)
WEIGHTS = flags.DEFINE_enum(
    "weights",
    None,
    ["ema", "live"],
    "averages over the steps of training, or those of the last step (default: ema, where the run "
    "has averages)",
)
SPLIT = flags.DEFINE_enum("split", "test", ["train", "test"], "which pictures to take")
DIRECTION = flags.DEFINE_enum("direction", None, ["AtoB", "BtoA"], "one direction, not both")
DATASET = flags.DEFINE_string(
    "dataset",
    None,
    "take the pictures of this name, folder or .zip (default: what the run was trained on)",
)
LIMIT = flags.DEFINE_integer(
    "limit", None, "take the first so many pictures of each domain", lower_bound=1
)
# For help texts.
RUN = ("workdir", "checkpoint", "direction", "weights")
PICTURES = ("split", "dataset", "limit")


def workdir() -> Path:
    """The run that --workdir names, or the one under runs/ whose checkpoints are the newest.

    Raises:
      UserError: nothing is trained there.
    """
    if _WORKDIR.value:
        return Path(_WORKDIR.value)
    runs = Path("runs")
    saved = list(runs.glob("*/checkpoints/ckpt-*.index"))
    if not saved:
        raise UserError(
            f"{runs}: holds no trained model; python scripts/train.py --epochs=40 trains one "
            f"(or name its --workdir)"
        )
    return max(saved, key=lambda path: path.stat().st_mtime).parent.parent


def checkpoint() -> int | str | None:
    """What --checkpoint names: a step, "best", or None.

    Raises:
      UserError: it names neither.
    """
    text = _CHECKPOINT.value
    if text is None or text == "best":
        return text
    step = whole_numbers.parse(text)
    if step is None:
        raise UserError(f"--checkpoint={text}: give a checkpoint's step, such as 8000, or best")
    return step
