"""What names say: which split a folder is, what is no image; and how names are printed."""

import contextlib
import re
from collections.abc import Iterator

from nasnet.data.dataset import DataError

_IMAGE = re.compile(r".*\.(jpe?g|jpe|jfif|png|gif|bmp|dib|webp|tiff?|ppm|pgm|pbm|pnm)", re.I | re.S)
_SPLIT = re.compile(
    "(?:(?P<train>train|training)|(?P<val>val|valid|validation|dev)|(?P<test>test|testing))"
    "(?:[-_ ]?(?:set|data|images))?",
    re.I,
)
_JUNK = re.compile(
    r"__macosx|@eadir|__pycache__|lost\+found|\$recycle\.bin|system volume information"
    r"|(readme|read_me|licen[cs]e|copying|notice|authors|changelog|citation)([-._ ].*)?"
    r"|(md5|sha1|sha256)sums?"
    r"|.*\.(ini|db|txt|csv|tsv|xml|json|jsonl|md|rst|html?|ya?ml|log|pdf|url|lnk|mat|py|ipynb|sh"
    r"|md5|sha256|tmp|bak)",
    re.I | re.S,
)


def split_of(name: str) -> str | None:
    """The split that a folder's name means, in any case of letters; None for any other name."""
    found = _SPLIT.fullmatch(name)
    return found.lastgroup if found else None


def is_hidden(name: str) -> bool:
    """Whether a file or folder is passed over unopened: hidden, or made by a system."""
    return name.startswith(".") or name.lower() in ("__macosx", "@eadir", "$recycle.bin")


def is_junk(name: str) -> bool:
    """Whether what has such a name, and is no image, may be passed over."""
    return name.startswith(".") or _JUNK.fullmatch(name) is not None


def has_image_suffix(name: str) -> bool:
    """Whether a name ends as those of images do."""
    return _IMAGE.fullmatch(name) is not None


@contextlib.contextmanager
def named(name: object) -> Iterator[None]:
    """Puts what is read before the text of an error."""
    try:
        yield
    except DataError as error:
        raise DataError(f"{printable(name)}: {error}") from None


def printable(name: object) -> str:
    """A name as text that can be written anywhere: other bytes and control characters escaped."""
    text = str(name).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
