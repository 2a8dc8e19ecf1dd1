"""The exception for users' mistakes, and how messages quote other errors."""

import re


class UserError(Exception):
    """A user's mistake, in one line: what is wrong, where, and what to do.

    Commands print the message to standard error and exit with status 1, without a stack trace. Any
    other exception is a bug of this package and keeps its trace.
    """

    def __init__(self, message: str):
        line = " ".join(message.split())
        # File names and contents in it may hold control sequences for the terminal.
        printable = (c if c.isprintable() else ascii(c)[1:-1] for c in line)
        super().__init__("".join(printable))


def reason(error: BaseException) -> str:
    """The first line of an error, short: at most its last 200 letters.

    Without TensorFlow's decorations, or the number of an operating system's error.
    """
    line = re.sub(r"^\{\{.*?\}\} ?|^\[Errno \d+\] | \[Op:.*", "", first_line(error))
    return line if len(line) <= 200 else f"...{line[-200:]}"


def first_line(error: BaseException) -> str:
    """The first line of an error's message, or its type's name without one."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
