"""Text for language models: any UTF-8 file, as numbers of characters or of words."""

import collections
import dataclasses
import functools
import gzip
import hashlib
import re
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np

from nasnet.data.dataset import DataError

UNKNOWN, LINE_END = "<unk>", "<eos>"
SHARES = (0.9, 0.05)  # of training and validation; the rest is for the test
Unit = Literal["characters", "words"]
SPLITS = ("train", "val", "test")
# Penn Treebank's files, as distributed, and other usual names.
_FILES = {"train": ("train",), "val": ("valid", "validation", "val"), "test": ("test",)}


@dataclasses.dataclass(frozen=True)
class Text:
    """A text in three parts.

    Attributes:
        source: where it is from.
        unit: what a symbol is.
        symbols: the vocabulary, [V].
        train: numbers of symbols, int32 [n].
        val: likewise.
        test: likewise.
    """

    source: str
    unit: Unit
    symbols: tuple[str, ...]
    train: np.ndarray
    val: np.ndarray
    test: np.ndarray
    classes: ClassVar[tuple[str, ...]] = ()

    @property
    def name(self) -> str:
        """A short one."""
        return self.source

    @functools.cached_property
    def content(self) -> str:
        """A digest of the vocabulary and of all three parts."""
        digest = hashlib.sha256("\0".join(self.symbols).encode())
        for part in (self.train, self.val, self.test):
            digest.update(part.tobytes() + b"/")
        return digest.hexdigest()

    def describe(self) -> list[str]:
        """Lines for a person."""
        counts = ", ".join(
            f"{len(part):,} {word}"
            for part, word in zip(
                (self.train, self.val, self.test),
                ("to train on", "for validation", "for the test"),
                strict=True,
            )
        )
        return [f"{self.source}: {len(self.symbols):,} different {self.unit}, {counts}"]

    def check(self, *, train: int, other: int) -> None:
        """Refuses a text with fewer symbols to train on, or in another part, than given.

        Raises:
            DataError: it has fewer.
        """
        for split, least in (("train", train), ("val", other), ("test", other)):
            found = len(getattr(self, split))
            if found < least:
                raise DataError(
                    f"{self.source}: {found:,} {self.unit} of {split}, expected at least {least:,}"
                )


def read_text(path: Path, unit: Unit = "characters", *, most: int = 10_000) -> Text:
    """The text of a file, or of a folder that has it in parts.

    Of a file the first 90 % are for training, the next 5 % for validation and the last 5 % for the
    test. The vocabulary is that of the training part: its `most` most frequent symbols. All others
    become `<unk>`; of words, `<eos>` ends each line.

    Args:
        path: a text file, as it is or with gzip (.gz); or a folder with files such as `train.txt`,
            `valid.txt` and `test.txt`, or `ptb.train.txt` and so on.
        unit: what a symbol is.
        most: symbols of the vocabulary, at least 2.

    Raises:
        DataError: there is no such text, or too little of it.
        ValueError: `most` is too small.
    """
    if most < 2:
        raise ValueError(f"symbols is {most}, expected at least 2")
    if path.is_dir():
        parts = [_symbols(_read(_file_of(path, split)), unit) for split in SPLITS]
    else:
        found = _symbols(_read(path), unit)
        ends = np.cumsum([int(share * len(found)) for share in SHARES])
        parts = [found[: ends[0]], found[ends[0] : ends[1]], found[ends[1] :]]
    for split, part in zip(SPLITS, parts, strict=True):
        if len(part) < 2:
            raise DataError(f"{path}: {len(part)} {unit} of {split}, expected at least 2")
    symbols = _vocabulary(parts, most)
    numbers = {symbol: i for i, symbol in enumerate(symbols)}
    unknown = numbers.get(UNKNOWN, 0)
    arrays = (
        np.fromiter((numbers.get(s, unknown) for s in part), np.int32, len(part)) for part in parts
    )
    return Text(str(path), unit, symbols, *arrays)


def _file_of(folder: Path, split: str) -> Path:
    names = "|".join(_FILES[split])
    pattern = re.compile(rf"(.*[._-])?({names})(\.txt|\.tokens)?(\.gz)?")
    found = sorted(p for p in folder.iterdir() if pattern.fullmatch(p.name) and p.is_file())
    if len(found) != 1:
        there = ", ".join(p.name for p in found) or "none"
        raise DataError(f"{folder}: files of {split} are {there}, expected one, as {split}.txt")
    return found[0]


def _read(path: Path) -> str:
    try:
        content = path.read_bytes()
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{path}: {reason}, expected a text file") from None
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: byte {error.start} is no UTF-8, expected a text file") from None


def _symbols(text: str, unit: Unit) -> Sequence[str]:
    if unit == "characters":
        return text
    return [word for line in text.splitlines() for word in (*line.split(), LINE_END)]


def _vocabulary(parts: Sequence[Iterable[str]], most: int) -> tuple[str, ...]:
    """The most frequent symbols of the first part, in order; with `<unk>` where it is needed."""
    counts = collections.Counter(parts[0])
    kept = [symbol for symbol, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
    everything = set().union(*parts)
    if len(kept) > most or not everything <= {*kept}:
        kept = kept[:most]
        if UNKNOWN not in kept:
            kept = [*kept[: most - 1], UNKNOWN]
    return tuple(sorted(kept))
