"""From the library's words to the command's: the library names fields, a command has flags."""

import re
import sys

from absl import flags

_SCRIPT = re.compile(r"python scripts/(\w+)\.py")


def as_flags(text: str) -> str:
    """The text with fields that this command has flags for written as flags, and `as_command`.

    `epochs=3` becomes `--epochs=3`, `xla=True` becomes `--xla`, `xla=False` `--noxla`.
    """
    by_module = flags.FLAGS.flags_by_module_dict()
    names = {f.name for m, ours in by_module.items() if not m.startswith("absl") for f in ours}
    if names:
        field = rf"(?<![\w./\\-])({'|'.join(map(re.escape, sorted(names)))})="
        text = re.sub(rf"{field}True\b", r"--\1", text)
        text = re.sub(rf"{field}False\b", r"--no\1", text)
        text = re.sub(field, r"--\1=", text)
    return as_command(text)


def as_command(text: str) -> str:
    """The text with `python scripts/train.py` written as this process was started.

    That is `tf-cyclegan train` where the command was installed, as from a wheel without scripts/.
    """
    if not sys.argv[0].startswith("tf-cyclegan"):
        return text
    return _SCRIPT.sub(lambda m: f"tf-cyclegan {m[1].removesuffix('_weights')}", text)
