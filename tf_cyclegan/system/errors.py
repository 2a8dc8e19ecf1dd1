"""The one exception for mistakes that a user can mend, and how it quotes others."""


class UserError(Exception):
    """A mistake of the user's, told in one line: what is wrong, where, and what to do.

    The scripts print the message on standard error and exit with status 1, without a stack trace.
    Everything else that is raised is a defect of this package and keeps its trace.
    """

    def __init__(self, message: str):
        # Messages quote names of files and what is in them, which may hold anything, such as
        # what changes the terminal that shows them.
        line = " ".join(message.split())
        shown = (c if c.isprintable() else ascii(c)[1:-1] for c in line)
        super().__init__("".join(shown))


def first_line(error: BaseException) -> str:
    """The first line of an error's text, or its type's name where it has none."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
