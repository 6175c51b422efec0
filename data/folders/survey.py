"""What lies in folders: folders, image files, and all else, which is counted or named."""

import collections
import dataclasses
import os
from pathlib import Path

from nasnet.data.folders.bad import Bad, bad_notes, check_bad
from nasnet.data.folders.names import has_image_suffix, is_hidden, is_junk, printable

_SHOWN = 4


@dataclasses.dataclass(frozen=True)
class Folder:
    """What a folder holds.

    Attributes:
        folders: names of the folders in it, sorted.
        images: names of the image files, sorted; links are followed.
    """

    folders: tuple[str, ...]
    images: tuple[str, ...]


class Survey:
    """Looks into folders, and keeps an account of what can't be used there.

    Files with the suffix of an image are not opened (there may be a million of them); any other
    one is an image, or not, by its first bytes.

    Args:
        root: what the names in the account are relative to.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.bad: list[Bad] = []
        self.said: list[str] = []
        self._passed: collections.Counter[str] = collections.Counter()
        self._known: dict[Path, Folder] = {}

    def look(self, folder: Path) -> Folder:
        """What is in a folder; what else is there goes into the account, once."""
        if folder not in self._known:
            self._known[folder] = self._look(folder)
        return self._known[folder]

    def files(self, folder: Path) -> list[Path]:
        """The image files in a folder and in those below it, in order."""
        inside = self.look(folder)
        below = [file for name in inside.folders for file in self.files(folder / name)]
        return [*(folder / name for name in inside.images), *below]

    def _look(self, folder: Path) -> Folder:
        folders, images = [], []
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if is_hidden(entry.name):
                    self._passed[entry.name] += 1
                    continue
                try:
                    is_folder, is_file = entry.is_dir(), entry.is_file()
                except OSError:
                    self.name_bad(folder, entry.name, "it is a link that leads round in a circle")
                    continue
                if is_folder:
                    folders.append(entry.name)
                elif not is_file:
                    lost = (
                        "it is a link that leads nowhere" if entry.is_symlink() else "it is no file"
                    )
                    self.name_bad(folder, entry.name, lost)
                elif has_image_suffix(entry.name) or self._shows(folder, entry.name):
                    images.append(entry.name)
        return Folder(tuple(folders), tuple(images))

    def _shows(self, folder: Path, name: str) -> bool:
        """Whether a file without an image's suffix is one all the same."""
        from nasnet.data.folders.pixels import is_image

        try:
            if is_image(folder / name):
                return True
        except OSError as error:
            self.name_bad(folder, name, f"it cannot be read: {error.strerror}")
            return False
        if is_junk(name):
            self._passed[name] += 1
        else:
            self.name_bad(folder, name, "it is no image of a known format")
        return False

    def name_bad(self, folder: Path, name: str, reason: str) -> None:
        """Takes down a file that cannot be used."""
        place = os.path.relpath(folder / name, self.root)
        self.bad.append((printable(place), reason))

    def use(self, name: str) -> None:
        """Takes back that a file was passed over."""
        self._passed -= collections.Counter([name])

    def say(self, note: str) -> None:
        """Takes down a sentence for a person, once."""
        if note not in self.said:
            self.said.append(note)

    def check(self, count: int) -> None:
        """Refuses too many bad files beside `count` images."""
        check_bad(self.bad, count + len(self.bad), printable(self.root))

    @property
    def notes(self) -> tuple[str, ...]:
        """The whole account, a sentence each."""
        notes = list(self.said)
        if self._passed:
            count, kinds = sum(self._passed.values()), sorted(self._passed)
            shown = ", ".join(map(printable, kinds[:_SHOWN]))
            more = ", ..." if len(kinds) > _SHOWN else ""
            what = (
                "1 file that is no image was"
                if count == 1
                else f"{count:,} files that are no images were"
            )
            notes.append(f"{what} passed over: {shown}{more}")
        return (*notes, *bad_notes(self.bad))
