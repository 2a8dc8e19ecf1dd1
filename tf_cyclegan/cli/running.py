"""How a command runs: its help, its errors in one line, its exit status."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import NoReturn

from absl import app, flags, logging

from tf_cyclegan import __version__
from tf_cyclegan.cli import help_text, spelling
from tf_cyclegan.system.errors import UserError


def run(main: Callable[[], None], usage: help_text.Usage) -> None:
    """Parses the flags and runs `main`, telling a user's mistake in one line with exit status 1.

    Args:
      main: the command.
      usage: what its --help says.
    """

    def parse(argv: list[str]) -> list[str]:
        return _parse(argv, usage)

    app.run(lambda _: _run(main), flags_parser=parse)


def _run(main: Callable[[], None]) -> None:
    if not flags.FLAGS["verbosity"].present:
        # TensorFlow notes each save at the level that absl shows by default.
        logging.set_verbosity(logging.WARNING)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        main()
    except UserError as error:
        _fail(spelling.as_flags(str(error)))
    except KeyboardInterrupt as error:
        number = error.args[0] if error.args else signal.SIGINT
        print(
            "\nStopped. What was saved is kept; the same command resumes.",
            file=sys.stderr,
        )
        sys.exit(128 + number)
    except BrokenPipeError:
        # Whoever read the output has seen enough, as `| head` does. Nothing more can be told.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(128 + signal.SIGPIPE)
    except OSError as error:
        if error.filename is None:
            raise
        _fail(f"{error.filename}: {error.strerror}")


def _interrupt(number: int, _: FrameType | None) -> NoReturn:
    """Lets SIGTERM clean up as SIGINT does: what is half written is removed."""
    raise KeyboardInterrupt(number)


def _parse(argv: list[str], usage: help_text.Usage) -> list[str]:
    asked = argv[1:] if "--" not in argv else argv[1 : argv.index("--")]
    if {"-h", "-help", "--help"} & set(asked):
        _show(help_text.short(usage))
    if {"-helpfull", "--helpfull"} & set(asked):
        _show(help_text.full(usage))
    if {"-version", "--version"} & set(asked):
        _show(f"tf_cyclegan {__version__}")
    try:
        rest = flags.FLAGS(argv)
        if len(rest) > 1:
            _fail(f"{rest[1]!r} is not a flag; flags are written --name=value (see --help)")
        return rest
    except flags.Error as error:
        _fail(f"{error} (see --help)")


def _show(text: str) -> NoReturn:
    print(text)
    sys.exit(0)


def _fail(message: str) -> NoReturn:
    name = Path(sys.argv[0]).name
    print(f"{name}: error: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(1)
