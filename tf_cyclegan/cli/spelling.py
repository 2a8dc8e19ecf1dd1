"""From the library's words to the command's: the library names fields, a command has flags."""

import re

from absl import flags


def as_flags(text: str) -> str:
    """The text with fields that this command has flags for written as flags.

    `epochs=3` becomes `--epochs=3`, `xla=True` becomes `--xla`, `xla=False` `--noxla`.
    """
    by_module = flags.FLAGS.flags_by_module_dict()
    names = {f.name for m, ours in by_module.items() if not m.startswith("absl") for f in ours}
    if not names:
        return text
    field = rf"(?<![\w./\\-])({'|'.join(map(re.escape, sorted(names)))})="
    text = re.sub(rf"{field}True\b", r"--\1", text)
    text = re.sub(rf"{field}False\b", r"--no\1", text)
    return re.sub(field, r"--\1=", text)
