"""tf-cyclegan: one command for all that scripts/ has."""

import importlib
import sys

from tf_cyclegan import __version__
from tf_cyclegan.cli import running, streams
from tf_cyclegan.system.errors import UserError

# What each does, by name. The modules define flags of the same names, so only one is imported.
COMMANDS = {
    "train": "train a CycleGAN, or resume a run",
    "generate": "translate pictures and films",
    "evaluate": "score a run",
    "export": "write a generator for Keras, TensorFlow, ONNX or LiteRT",
    "import": "make a run of published weights",
    "demo": "try a run in the browser",
    "benchmark": "measure how fast this machine trains and translates",
}
_MODULES = {"import": "import_weights"}


def main() -> None:
    """Runs `tf-cyclegan COMMAND ...`, also as `python -m tf_cyclegan COMMAND ...`."""
    streams.prepare()
    asked = sys.argv[1] if len(sys.argv) > 1 else "--help"
    if asked in COMMANDS:
        sys.argv = [f"tf-cyclegan {asked}", *sys.argv[2:]]
        importlib.import_module(f"tf_cyclegan.cli.{_MODULES.get(asked, asked)}").command()
        return
    sys.argv[0] = "tf-cyclegan"
    with running.one_line_for_errors():
        if asked in ("--help", "-h", "--helpfull"):
            print(_help())
        elif asked == "--version":
            print(f"tf_cyclegan {__version__}")
        else:
            raise UserError(f"{asked!r} is no command; there are {', '.join(COMMANDS)}")


def _help() -> str:
    lines = [f"  {name:10}{what}" for name, what in COMMANDS.items()]
    return "\n".join(
        [
            "Train and use CycleGANs: unpaired image-to-image translation.",
            "",
            *lines,
            "",
            "tf-cyclegan COMMAND --help tells more.",
        ]
    )
