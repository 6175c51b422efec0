"""Text as numbers."""

import gzip

import numpy as np
import pytest

from nasnet.data.dataset import DataError
from nasnet.data.text import read_text

LINES = "to be or not to be\nthat is the question\n" * 20


def back(text, part, join=""):
    return join.join(text.symbols[i] for i in part)


def test_the_parts_of_a_file_follow_each_other(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(LINES)
    text = read_text(path)
    assert "".join(back(text, part) for part in (text.train, text.val, text.test)) == LINES
    assert len(text.train) == int(0.9 * len(LINES))
    assert text.symbols == tuple(sorted({*LINES}))
    assert text.train.dtype == np.int32


@pytest.mark.parametrize("write", [gzip.compress, lambda content: b"\xef\xbb\xbf" + content])
def test_gzip_and_byte_order_marks_make_no_difference(tmp_path, write):
    (tmp_path / "a.txt").write_bytes(LINES.encode())
    (tmp_path / "b.txt").write_bytes(write(LINES.replace("\n", "\r\n").encode()))
    plain, other = (read_text(tmp_path / name) for name in ("a.txt", "b.txt"))
    assert plain.content == other.content
    assert plain.source != other.source


def test_words_end_lines_and_rare_ones_are_unknown(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("the cat\nthe dog\nthe end\n" * 10)
    text = read_text(path, "words", most=3)
    assert text.symbols == ("<eos>", "<unk>", "the")
    assert back(text, text.train[:6], " ") == "the <unk> <eos> the <unk> <eos>"


@pytest.mark.parametrize("pattern", ["{}.txt", "ptb.{}.txt", "wiki.{}.tokens"])
def test_a_folder_has_the_parts(tmp_path, pattern):
    for name, content in (("train", "aabb"), ("valid", "ab"), ("test", "ba?")):
        (tmp_path / pattern.format(name)).write_text(content)
    text = read_text(tmp_path)
    assert text.symbols == ("<unk>", "a", "b")
    assert back(text, text.test) == "ba<unk>"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"ab\xff", "byte 2 is no UTF-8, expected a text file"),
        (b"\x1f\x8b!", "expected a text file"),
        (b"abc", "0 characters of val, expected at least 2"),
        (None, "No such file"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path, content, text):
    path = tmp_path / "a.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=text):
        read_text(path)


def test_a_folder_without_a_part_is_refused(tmp_path):
    (tmp_path / "train.txt").write_text("ab")
    with pytest.raises(DataError, match=r"files of val are none, expected one, as val\.txt"):
        read_text(tmp_path)
