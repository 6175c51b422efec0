"""Archives are unpacked once, and none of them writes elsewhere or fills the disk."""

import os
import zipfile

import pytest

from nasnet.data.dataset import DataError
from nasnet.data.folders import archives
from tests.pictures import write_folder


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("NASNET_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def pack(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


def test_an_archive_is_unpacked_once_and_another_one_anew(tmp_path, cache):
    root = write_folder(tmp_path / "set", flat={"a": 2, "b": 1})
    files = {str(f.relative_to(root)): f.read_bytes() for f in root.rglob("*.png")}
    path = pack(tmp_path / "set.zip", [*files.items(), ("__MACOSX/a/._0.png", "x")])
    folder = archives.unpacked(path)
    assert folder.parent == cache
    assert {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*.*")} == files
    (folder / "mark").touch()
    assert (archives.unpacked(path) / "mark").exists()
    os.utime(path, (1, 1))
    assert archives.unpacked(path) != folder


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("../x.png", "member ../x.png leads out of it"),
        ("a/../../x.png", "leads out of it"),
        ("/x.png", "member /x.png leads out of it"),
        ("C:/x.png", "is a path of Windows"),
        ("a\\x.png", "is a path of Windows"),
        ("a/0.png", "member a/0.png comes twice"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_members_that_cannot_be_trusted_are_refused(tmp_path, cache, name, message):
    path = pack(tmp_path / "x.zip", [("a/0.png", "0"), (name, "x")])
    with pytest.raises(DataError, match=rf"x\.zip: .*{message}.*, expected plain files"):
        archives.unpacked(path)
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == [path]


def test_an_encrypted_member_is_refused(tmp_path):
    path = pack(tmp_path / "x.zip", [("a/0.png", "0")])
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"member a/0\.png is encrypted"):
        archives.unpacked(path)


def test_a_bomb_is_refused_before_anything_is_unpacked(tmp_path, cache, monkeypatch):
    monkeypatch.setattr(archives, "_SMALL", 1000)
    path = pack(tmp_path / "x.zip", [("a/0.png", bytes(10**7))])
    with pytest.raises(DataError, match=r"holds 10,000,000 bytes, expected at most .*100 times"):
        archives.unpacked(path)
    assert not list(cache.iterdir())
