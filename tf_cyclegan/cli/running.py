"""How a command runs: its help, its errors in one line, its exit status."""

import contextlib
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import NoReturn

from absl import app, flags, logging

from tf_cyclegan import __version__
from tf_cyclegan.cli import help_text, spelling, streams
from tf_cyclegan.system.errors import UserError, reason

_LONGEST = 4000
_SIZES = ("work_size", "image_size", "load_size", "filters", "batch_size", "pool_size")


def run(main: Callable[[], None], usage: help_text.Usage) -> None:
    """Parses the flags and runs `main`, telling a user's mistake in one line with exit status 1.

    Args:
      main: the command.
      usage: what its --help says.
    """

    def parse(argv: list[str]) -> list[str]:
        return _parse(argv, usage)

    def begin(_: list[str]) -> None:
        if not flags.FLAGS["verbosity"].present:
            # TensorFlow notes each save at the level that absl shows by default.
            logging.set_verbosity(logging.WARNING)
        signal.signal(signal.SIGTERM, _interrupt)
        main()

    streams.prepare()
    with one_line_for_errors():
        app.run(begin, flags_parser=parse)


@contextlib.contextmanager
def one_line_for_errors() -> Iterator[None]:
    """Within it a user's mistake is one line and exit status 1, and an interruption no trace."""
    try:
        yield
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
        # Whoever read the output has seen enough, as `| head` does.
        sys.exit(128 + signal.SIGPIPE)
    except OSError as error:
        if error.filename is None:
            raise
        _fail(f"{error.filename}: {error.strerror}")
    except Exception as error:
        if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
            # TensorFlow's, which need not be imported.
            smaller = [f"--{name}" for name in _SIZES if name in flags.FLAGS]
            _fail(f"not enough memory ({reason(error)}); lower {', '.join(smaller)}")
        raise


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
        flags.FLAGS.set_gnu_getopt(usage.files is not None)
        rest = flags.FLAGS(argv)
        if usage.files is not None:
            flags.FLAGS[usage.files].value += rest[1:]
        elif len(rest) > 1:
            _fail(f"{rest[1]!r} is not a flag; flags are written --name=value (see --help)")
        return rest
    except flags.Error as error:
        _fail(f"{error} (see --help)")


def _show(text: str) -> NoReturn:
    print(spelling.as_command(text))
    sys.exit(0)


def _fail(message: str) -> NoReturn:
    name = Path(sys.argv[0]).name
    line = " ".join(message.split())
    # Someone may have given a number of 5,000 digits.
    shown = line if len(line) <= _LONGEST else f"{line[: _LONGEST // 2]}...{line[-_LONGEST // 2 :]}"
    print(f"{name}: error: {shown}", file=sys.stderr)
    sys.exit(1)
