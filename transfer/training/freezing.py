"""Which part of a network a fine-tuning leaves as it is, and when that part shrinks."""

import dataclasses

from nasnet.stacking.plan import Stack


@dataclasses.dataclass(frozen=True, slots=True)
class Freezing:
    """The stem and the first cells are frozen; they may thaw from the top, cell by cell.

    Args:
        until: how many cells are frozen besides the stem with its own cells, such as "3" or "0"; or
            the last end point that is, "Stem" or a cell such as "Cell_2". None for nothing.
        unfreeze_every: epochs after which the highest frozen cell is trained, too, and at last the
            stem; 0 for never.

    Raises:
        ValueError: the number is negative, or something is to thaw where nothing is frozen.
    """

    until: str | None = None
    unfreeze_every: int = 0

    def __post_init__(self) -> None:
        if self.unfreeze_every < 0:
            raise ValueError(f"unfreeze_every is {self.unfreeze_every}, expected at least 0 epochs")
        if self.unfreeze_every and self.until is None:
            raise ValueError(
                f"unfreeze_every is {self.unfreeze_every} where nothing is frozen, expected freeze"
            )

    def end(self, stack: Stack, epoch: int) -> str | None:
        """The last end point of `stack` that is frozen in `epoch`, from 0; None where nothing is.

        Raises:
            ValueError: the plan has no such cell.
        """
        if self.until is None:
            return None
        ends = ["Stem", *[slot.name for slot in stack][stack.stem_cells :]]
        number = ends.index(self.until) if self.until in ends else None
        if self.until.isdecimal() and int(self.until) < len(ends):
            number = int(self.until)
        if number is None:
            raise ValueError(
                f"freeze is {self.until!r}, expected 0 to {len(ends) - 1} cells or one of: "
                f"{', '.join(ends)}"
            )
        if self.unfreeze_every:
            number -= epoch // self.unfreeze_every
        return ends[number] if number >= 0 else None
