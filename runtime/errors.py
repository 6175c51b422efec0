"""What others' errors say, for errors of our own."""


def one_line(error: BaseException | object) -> str:
    """The text of an error on one line, or its type where it has none."""
    return " ".join(str(error).split()) or type(error).__name__
