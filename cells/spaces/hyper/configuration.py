"""What a hyper-parameter space decodes to: a value for each hyper-parameter that is asked for."""

import dataclasses
import hashlib
import json

from nasnet.cells.spaces.hyper.parameters import Value

FORMAT = "nasnet-hyperparameters"
VERSION = 1


@dataclasses.dataclass(frozen=True, slots=True)
class Configuration:
    """Hyper-parameters by name, in the order of their space.

    Attributes:
        values: those that are asked for with each other's values; no others.
    """

    values: tuple[tuple[str, Value], ...]

    @property
    def key(self) -> str:
        """A short name: 16 hexadecimal digits."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:16]

    def to_json(self) -> str:
        """The values as one line of JSON, with a format version."""
        return json.dumps({"format": FORMAT, "version": VERSION, "values": dict(self.values)})

    @classmethod
    def from_json(cls, text: str) -> "Configuration":
        """The configuration of `to_json`.

        Raises:
            ValueError: the text is not one.
        """
        try:
            data = json.loads(text)
        except (json.JSONDecodeError, RecursionError):
            raise ValueError(f"hyper-parameters are {text!r:.60}, expected JSON") from None
        head = {"format": FORMAT, "version": VERSION}
        values = data.get("values") if isinstance(data, dict) else None
        if not isinstance(values, dict) or data != {**head, "values": values}:
            expected = "the keys format, version and values"
            raise ValueError(f"hyper-parameters are {text!r:.60}, expected {expected}")
        return cls(tuple(values.items()))
