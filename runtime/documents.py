"""JSON documents with a format and a version: what architectures write themselves as."""

import json
from collections.abc import Sequence
from typing import Any


def document(form: str, version: int, content: dict[str, Any], indent: int | None = None) -> str:
    """`content` as JSON with its format and version; one line without `indent`."""
    return json.dumps({"format": form, "version": version, **content}, indent=indent)


def read_document(
    text: str, what: str, form: str, version: int, keys: Sequence[str]
) -> dict[str, Any]:
    """What `document` wrote, by key.

    Args:
        text: the document.
        what: it is, in words with a verb: "layers are".
        form: the format that it must have.
        version: the version that it must have.
        keys: that it must have beside these two, and no others.

    Raises:
        ValueError: the text is no such document.
    """
    try:
        data: Any = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        raise ValueError(f"{what} {text!r:.60}, expected JSON") from None
    found = (data.get("format"), data.get("version")) if isinstance(data, dict) else ()
    names = ("format", "version", *keys)
    if found != (form, version) or {*data} != {*names}:
        raise ValueError(f"{what} {text!r:.60}, expected the keys {', '.join(names)}")
    return data
