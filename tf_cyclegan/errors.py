"""The one exception for mistakes that a user can mend."""


class UserError(Exception):
    """A mistake of the user's, told in one line: what is wrong, where, and what to do.

    The scripts print the message on standard error and exit with status 1, without a stack trace.
    Everything else that is raised is a defect of this package and keeps its trace.
    """

    def __init__(self, message: str):
        super().__init__(" ".join(message.split()))
