"""Where a cluster's scheduler is. No Dask."""

from pathlib import Path


def scheduler_place(address: str | None, scheduler_file: Path | None) -> str | Path | None:
    """Where a scheduler is, of the two ways to say it; None where neither is given.

    Raises:
        ValueError: both are given, or the address is none.
    """
    if address is not None and scheduler_file is not None:
        raise ValueError(
            f"address is {address} beside scheduler_file {scheduler_file}, expected one of the two"
        )
    if address is not None and not address.startswith(("tcp://", "tls://")):
        raise ValueError(f"address is {address!r}, expected the like of tcp://host:8786")
    return scheduler_file if address is None else address
