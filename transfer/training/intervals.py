"""How often a long training saves, validates and writes down. No TensorFlow."""

import dataclasses

from nasnet.runtime.checks import check_fields


@dataclasses.dataclass(frozen=True, slots=True)
class Intervals:
    """How often what is done, and how much is borne with.

    Args:
        checkpoint_every: steps between checkpoints; the end of every epoch is one, too.
        keep: how many of the newest checkpoints stay.
        validate_every: epochs between validations; behind the last epoch is one, too.
        log_every: steps that are averaged into one row of the history.
        max_bad: share of the images of an epoch that may be bad. Ten of them always may, so that a
            single one of few is not too many.

    Raises:
        ValueError: a number is out of its range.
    """

    checkpoint_every: int = 1000
    keep: int = 3
    validate_every: int = 1
    log_every: int = 20
    max_bad: float = 0.01

    def __post_init__(self) -> None:
        check_fields(self, checkpoint_every=1, keep=1, validate_every=1, log_every=1)
        if not 0 <= self.max_bad <= 1:
            raise ValueError(f"max_bad is {self.max_bad}, expected 0 to 1")
