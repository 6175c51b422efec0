"""Ways in which a command ends, and the exit code of each."""

OK = 0
FAILURE = 1
USAGE = 2
NOT_FOUND = 3
MISSING_DATA = 5
INTERRUPTED = 130


class NotFoundError(ValueError):
    """There is no such run, trial or cell."""


class FailedError(RuntimeError):
    """Nothing was wrong with what was asked for; the work itself failed."""
