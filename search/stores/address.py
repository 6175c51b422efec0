"""Where a store is: a file, or a search of its own in a database server."""

import dataclasses
import re
from pathlib import Path
from urllib.parse import urlsplit

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,49}")
FORM = "postgresql://HOST/DATABASE#SEARCH"


@dataclasses.dataclass(frozen=True, slots=True)
class Address:
    """A search in a PostgreSQL database; each has a schema of its own there.

    Attributes:
        url: of the database, without a password.
        search: its name, among those of the database.
    """

    url: str
    search: str

    @property
    def schema(self) -> str:
        """The schema that its tables are in."""
        return f"nasnet_{self.search}"

    def __str__(self) -> str:
        return f"{self.url}#{self.search}"


def is_url(text: str | Path) -> bool:
    """Whether it names a database server, and no file."""
    return "://" in str(text)


def parse_address(text: str, search: str = "") -> Address:
    """The address that `text` gives.

    Args:
        text: `postgresql://HOST/DATABASE#SEARCH`.
        search: where it has none.

    Raises:
        ValueError: it is none, or has a password, which would be written into files.
    """
    url, _, name = text.partition("#")
    try:
        parts = urlsplit(url)
        scheme, password = parts.scheme, parts.password
    except ValueError:
        scheme, password = "", None
    if scheme not in ("postgresql", "postgres") or not parts.path.strip("/"):
        raise ValueError(f"store is {text!r}, expected {FORM}")
    if password is not None:
        hidden = text.replace(f":{password}@", ":...@")
        raise ValueError(
            f"store is {hidden!r} with a password, expected none: it stands in PGPASSWORD or in "
            "~/.pgpass, not in the files of a run"
        )
    name = name or search
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"search of the store is {name!r}, expected up to 50 letters, digits, '.', '_', '-', "
            f"as in {FORM}"
        )
    return Address(url.replace("postgres://", "postgresql://", 1), name)
