"""A .zip of class folders, unpacked once beside other caches, without trusting it.

It goes to NAME-DIGEST in $NASNET_CACHE, or else in ~/.cache/nasnet; the digest is of the archive's
place, size and time, so that another archive is unpacked anew. That folder may be deleted. Members
that would land outside it, links, and encrypted ones are refused; so is what would be much larger
than its archive, or than the disk has room for.
"""

import hashlib
import os
import shutil
import stat
import tempfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath, PureWindowsPath

from nasnet.data.dataset import DataError
from nasnet.data.folders.names import is_hidden, printable
from nasnet.runtime.errors import one_line

_MOST_MEMBERS = 5_000_000
_MOST_GROWTH = 100  # images hardly shrink; a bomb does a thousandfold
_SMALL = 2**28  # bytes that an archive may always hold


def unpacked(path: Path) -> Path:
    """The folder with what is in an archive; made at the first call.

    Raises:
        DataError: it is no .zip, damaged, or not to be trusted.
        OSError: the cache cannot be written.
    """
    if path.suffix.lower() != ".zip" or not path.is_file():
        raise DataError(f"{printable(path)} is neither a folder nor a .zip, expected class folders")
    about = path.stat()
    key = f"{path.resolve()}\0{about.st_size}\0{about.st_mtime_ns}"
    digest = hashlib.sha256(os.fsencode(key)).hexdigest()[:16]
    cache = Path(os.environ.get("NASNET_CACHE") or Path.home() / ".cache" / "nasnet")
    folder = cache / f"{path.stem}-{digest}"
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(dir=cache, prefix=".unpacking."))
    try:
        _unpack(path, aside)
        aside.chmod(0o755)
        try:
            os.rename(aside, folder)
        except OSError:
            if not folder.is_dir():  # else another process was faster
                raise
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        reason = one_line(error)
        raise DataError(f"{printable(path)} is damaged, expected a whole .zip: {reason}") from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return folder


def _unpack(path: Path, out: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        members = [m for m in archive.infolist() if not any(map(is_hidden, _parts(path, m)))]
        _check_size(path, members, shutil.disk_usage(out).free)
        for member in members:
            target = out.joinpath(*_parts(path, member))
            if member.is_dir():
                target.mkdir(parents=True, exist_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            # "x": a name that comes twice is refused; no more is read than the archive promises.
            try:
                with archive.open(member) as source, target.open("xb") as file:
                    shutil.copyfileobj(source, file, 2**20)
            except FileExistsError:
                raise _refused(path, member, "comes twice") from None


def _parts(path: Path, member: zipfile.ZipInfo) -> tuple[str, ...]:
    """The folders and the file that a member names, all of them inside."""
    name = member.filename
    parts = PurePosixPath(name).parts
    if not parts or ".." in parts or PurePosixPath(name).is_absolute() or "\0" in name:
        raise _refused(path, member, "leads out of it")
    if PureWindowsPath(name).drive or "\\" in name:
        raise _refused(path, member, "is a path of Windows")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise _refused(path, member, "is a link")
    if member.flag_bits & 1:
        raise _refused(path, member, "is encrypted")
    return parts


def _check_size(path: Path, members: list[zipfile.ZipInfo], free: int) -> None:
    if len(members) > _MOST_MEMBERS:
        raise DataError(
            f"{printable(path)} has {len(members):,} members, expected at most {_MOST_MEMBERS:,}"
        )
    size = sum(member.file_size for member in members)
    for limit, why in (
        (max(_SMALL, _MOST_GROWTH * path.stat().st_size), f"{_MOST_GROWTH} times its own size"),
        (free, "the room on the disk of the cache"),
    ):
        if size > limit:
            raise DataError(
                f"{printable(path)} holds {size:,} bytes, expected at most {limit:,}, {why}"
            )


def _refused(path: Path, member: zipfile.ZipInfo, why: str) -> DataError:
    return DataError(
        f"{printable(path)}: member {printable(member.filename)} {why}, expected plain files "
        "in folders of its own"
    )
