"""What settings check about their numbers and names, in the same words everywhere."""

from collections.abc import Iterable


def check_least(least: float, **values: float) -> None:
    """Raises ValueError unless each of the values, by its name, is at least `least`."""
    for name, value in values.items():
        if value < least:
            raise ValueError(f"{name} is {value}, expected at least {least}")


def check_fields(settings: object, **least: float) -> None:
    """Raises ValueError unless each of these fields of `settings` is at least what is given."""
    for name, lowest in least.items():
        check_least(lowest, **{name: getattr(settings, name)})


def check_seconds(timeout: float) -> None:
    """Raises ValueError unless a time-out is above 0."""
    if not timeout > 0:
        raise ValueError(f"timeout is {timeout}, expected above 0 seconds")


def check_known(name: str, value: str, known: Iterable[str], more: str = "") -> None:
    """Raises ValueError unless `value` is one of `known`; `more` says what else it may be."""
    names = list(known)
    if value not in names:
        raise ValueError(f"{name} is {value!r}, expected one of: {', '.join(names)}{more}")


def seconds_of(minutes: float | None, hours: float | None) -> float | None:
    """A limit of time in seconds; None where there is none.

    Raises:
        ValueError: both are given, or one is not above 0.
    """
    if minutes is not None and hours is not None:
        raise ValueError(f"minutes is {minutes} beside hours {hours}, expected one of the two")
    for name, value in (("minutes", minutes), ("hours", hours)):
        if value is not None and not 0 < value < float("inf"):
            raise ValueError(f"{name} is {value}, expected above 0")
    if hours is not None:
        return 3600 * hours
    return None if minutes is None else 60 * minutes
