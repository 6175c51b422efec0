"""What each command makes of a folder of images, as a row of docs/data.md."""

import dataclasses
import functools
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from nasnet.data.folders.bad import most_bad
from nasnet.data.photos.decoding import open_photo
from nasnet.data.photos.images import MAX_PIXELS, open_images
from nasnet.data.photos.pipeline import show_centre
from nasnet.data.photos.records import convert
from nasnet.data.sources import load
from tests.data.folders.layouts import LAYOUTS

HEADER = ("what there is", "search, train", "transfer, export", "convert", "what is said of it")
_BAD = "bad image, left out: "


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a command makes of a folder.

    Attributes:
        classes: their names; empty where it is refused.
        images: how many there are to train on and to choose by.
        bad: names of the files that are left out.
        said: the notes, or why it is refused.
    """

    classes: tuple[str, ...]
    images: int
    bad: frozenset[str]
    said: tuple[str, ...]

    @classmethod
    def of(cls, data: Any, images: int, bad: Any = ()) -> "Outcome":
        notes = data.notes
        named = (note.removeprefix(_BAD).split(": ")[0] for note in notes if note.startswith(_BAD))
        return cls(data.classes, images - len(bad), frozenset([*named, *bad]), notes)


@functools.cache
def _decoder() -> Any:
    """What a training does with a file, traced once."""

    @tf.function(input_signature=[tf.TensorSpec([], tf.string)])
    def shown(path: Any) -> Any:
        return show_centre(open_photo(tf.io.read_file(path), MAX_PIXELS), 8)

    return shown


def search(path: Path, _: Path) -> Outcome:
    dataset = load(str(path))
    return Outcome.of(dataset, len(dataset.y_train) + len(dataset.y_val))


def transfer(path: Path, _: Path) -> Outcome:
    images = open_images(path)
    bad = []
    for split in (images.train, images.validation):
        for i, name in enumerate(split.names):
            try:
                _decoder()(bytes(split.folder / name))
            except tf.errors.OpError:
                bad.append(split.describe(i))
    count = images.train.count + images.validation.count
    if len(bad) > most_bad(count):
        raise ValueError(f"{len(bad)} bad images")
    return Outcome.of(images, count, bad)


def converted(path: Path, aside: Path) -> Outcome:
    images = open_images(path)
    done = convert(path, aside / "records", workers=1)
    rows = (aside / "records" / "bad-images.csv").read_text().splitlines()[1:]
    assert open_images(aside / "records").classes == images.classes
    bad = [row.split(",")[0] for row in rows]
    return Outcome.of(images, done.train + done.validation + len(bad), bad)


COMMANDS: tuple[Callable[[Path, Path], Outcome], ...] = (search, transfer, converted)


@functools.cache
def outcomes(name: str) -> list[Outcome]:
    """What each command makes of a layout; paths are shortened."""
    found = []
    for run in COMMANDS:
        with tempfile.TemporaryDirectory() as aside, pytest.MonkeyPatch.context() as patch:
            patch.setenv("NASNET_CACHE", str(Path(aside) / "cache"))
            root = Path(aside) / "DIR"
            root.mkdir()
            path = LAYOUTS[name](root) or root
            try:
                outcome = run(path, Path(aside))
            except ValueError as error:
                outcome = Outcome((), 0, frozenset(), (str(error),))
            known = re.compile(rf"{re.escape(aside)}/(DIR/)?|-[0-9a-f]{{16}}")
            said = (known.sub("", note) for note in outcome.said)
            found.append(dataclasses.replace(outcome, said=tuple(said)))
    return found


def rows() -> Iterator[tuple[str, ...]]:
    """All layouts and what becomes of them."""
    for name in LAYOUTS:
        found = outcomes(name)
        verdicts = ["read" if outcome.classes else "refused" for outcome in found]
        known = f"{len(found[0].classes)} classes, {found[0].images} images"
        yield (
            name,
            *verdicts,
            "; ".join(filter(None, [known if found[0].classes else "", *found[0].said])),
        )
