"""CIFAR and MNIST in the files in which they are distributed, and files that look like them."""

import gzip
import io
import pickle
import struct
import tarfile

import numpy as np
import pytest

from nasnet.data.arrays.pickles import read_pickle
from nasnet.data.sources import DataError, load

TEN = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
HUNDRED = tuple(f"class_{i}" for i in range(100))


def pickled(value):
    """A value as Python 2 and its NumPy wrote it with protocol 2: text as bytes, no memo."""
    if isinstance(value, np.ndarray):
        shape = b"".join(pickled(n) for n in value.shape) + (b"\x85", b"\x86")[value.ndim - 1]
        kind = b"cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNN" + 2 * b"J\xff\xff\xff\xff"
        content = b"T" + struct.pack("<I", value.nbytes) + value.tobytes()
        made = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87Rq\x01"
        return made + b"(K\x01" + shape + kind + b"K\x00tb\x89" + content + b"tb"
    if isinstance(value, dict):
        return b"}(" + b"".join(pickled(k) + pickled(v) for k, v in value.items()) + b"u"
    if isinstance(value, list):
        return b"](" + b"".join(map(pickled, value)) + b"e"
    if isinstance(value, str):
        return b"U" + bytes([len(value)]) + value.encode()
    return b"K" + bytes([value]) if value < 256 else b"J" + struct.pack("<i", value)


def task(classes, count):
    """Rows [N, 3072] as in CIFAR's files, colour plane by colour plane, and labels."""
    rng = np.random.default_rng(count)
    return rng.integers(0, 256, (count, 3072), np.uint8), np.arange(count) % classes


def parts(classes, train):
    """Rows and labels by file, without endings."""
    counts = {name: 4 * classes for name in train} | {"test": 2 * classes}
    return {name: task(classes, count + i) for i, (name, count) in enumerate(counts.items())}


BATCHES = [f"data_batch_{i}" for i in range(1, 6)]


def ten_binary():
    files = {
        f"{name.replace('test', 'test_batch')}.bin": np.column_stack([y, x])
        .astype(np.uint8)
        .tobytes()
        for name, (x, y) in parts(10, BATCHES).items()
    }
    return files | {
        "batches.meta.txt": ("\n".join(TEN) + "\n\n").encode(),
        "readme.html": b"<html>",
    }


def ten_python():
    files = {
        name.replace("test", "test_batch"): b"\x80\x02"
        + pickled({"batch_label": name, "labels": y.tolist(), "data": x, "filenames": ["a.png"]})
        + b"."
        for name, (x, y) in parts(10, BATCHES).items()
    }
    meta = {"num_cases_per_batch": 10000, "label_names": list(TEN), "num_vis": 3072}
    return files | {"batches.meta": b"\x80\x02" + pickled(meta) + b"."}


def hundred_binary():
    files = {
        f"{name}.bin": np.column_stack([y // 5, y, x]).astype(np.uint8).tobytes()
        for name, (x, y) in parts(100, ["train"]).items()
    }
    return files | {"fine_label_names.txt": "\n".join(HUNDRED).encode()}


def hundred_python():
    files = {
        name: b"\x80\x02"
        + pickled({"fine_labels": y.tolist(), "coarse_labels": (y // 5).tolist(), "data": x})
        + b"."
        for name, (x, y) in parts(100, ["train"]).items()
    }
    meta = {"fine_label_names": list(HUNDRED), "coarse_label_names": ["fish"]}
    return files | {"meta": b"\x80\x02" + pickled(meta) + b"."}


FORMS = {
    "ten-binary": (ten_binary, TEN, BATCHES),
    "ten-python": (ten_python, TEN, BATCHES),
    "hundred-binary": (hundred_binary, HUNDRED, ["train"]),
    "hundred-python": (hundred_python, HUNDRED, ["train"]),
}


def write(folder, files):
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def archived(path, files):
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"some-folder/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("place", ["folder", "archive"])
def test_cifar_is_read_as_it_is_distributed(tmp_path, form, place):
    make, names, train = FORMS[form]
    source = (
        write(tmp_path / "cifar", make())
        if place == "folder"
        else archived(tmp_path / "cifar.tar.gz", make())
    )
    dataset = load(str(source), seed=3)
    assert dataset.classes == names
    x, y = parts(len(names), train)["test"]
    red = x[:, :1024].reshape(-1, 32, 32)
    np.testing.assert_array_equal(dataset.x_test[..., 0], red)
    np.testing.assert_array_equal(dataset.y_test, y)
    trained = [parts(len(names), train)[file] for file in train]
    wanted = {(x.tobytes(), int(y)) for part in trained for x, y in zip(*part, strict=True)}
    rows = np.concatenate([dataset.x_train, dataset.x_val]).transpose(0, 3, 1, 2)
    labels = np.concatenate([dataset.y_train, dataset.y_val])
    assert {(x.tobytes(), int(y)) for x, y in zip(rows, labels, strict=True)} == wanted
    assert any("held out for validation" in note for note in dataset.notes)


@pytest.mark.parametrize("form", ["ten-python", "hundred-python"])
def test_pickles_of_cifar_are_read_as_by_pickle_itself(form):
    for content in FORMS[form][0]().values():
        theirs = pickle.loads(content, encoding="latin1")  # noqa: S301  (made above)
        np.testing.assert_equal(read_pickle(content), theirs)


class Evil:
    """What a pickle may do: it calls anything."""

    def __reduce__(self):
        return (print, ("never",))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (pickle.dumps({"data": Evil()}, 2), r"the pickle holds 'GLOBAL \w+ print', expected data"),
        (pickle.dumps({"data": Evil()}, 4), "the pickle holds 'FRAME', expected data"),
        (b"cnumpy\nndarray\n(K\x01tR.", "the pickle makes numpy ndarray of"),
        (b"cnumpy\ndtype\nU\x02O8K\x00K\x01\x87R.", r"the pickle makes numpy dtype of \('O8'"),
        (b"}K\x01b.", "the pickle fills in dict, expected arrays"),
        (b"K\x01.", "the pickle is damaged"),
        (b"h\x07.", "the pickle is damaged"),
        (b"", "the pickle is damaged"),
        (b"}(U\x01au.", "the pickle is damaged"),
        (ten_python()["data_batch_1"][:-500], "the pickle is damaged"),
    ],
)
def test_a_pickle_of_anything_else_is_refused_and_never_run(content, message, capsys):
    with pytest.raises(DataError, match=message) as caught:
        read_pickle(content)
    assert "\n" not in str(caught.value)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("form", "change", "message"),
    [
        ("ten-binary", {"data_batch_3.bin": None}, "data_batch_3.bin is missing, expected it"),
        ("ten-binary", {"test_batch.bin": b"\0" * 5000}, "test_batch.bin is damaged, expected a"),
        ("ten-python", {"data_batch_1": b"\x80\x02}."}, "data_batch_1 is damaged, .*: 'data'"),
        (
            "ten-python",
            {"test_batch": pickle.dumps(Evil(), 2)},
            "test_batch: the pickle holds 'GLO",
        ),
        ("ten-python", {"batches.meta": b"}(U\x0blabel_namesK\x01u."}, "batches.meta is damaged"),
        ("hundred-python", {"train": b"}(U\x04dataK\x01u."}, "train is damaged, expected a whole"),
        ("hundred-binary", {"fine_label_names.txt": b"one two"}, "a label in y_train is 99, expe"),
    ],
)
def test_a_bad_file_of_cifar_is_named(tmp_path, form, change, message):
    files = {**FORMS[form][0](), **change}
    folder = write(tmp_path / "cifar", {n: c for n, c in files.items() if c is not None})
    with pytest.raises(DataError, match=f"cifar: .*{message}") as caught:
        load(str(folder))
    assert "\n" not in str(caught.value)


def test_a_bad_archive_is_refused(tmp_path):
    other = archived(tmp_path / "other.tar.gz", {"a.txt": b"text"})
    with pytest.raises(
        DataError, match=r"other.tar.gz: the file is an archive of other files than CIFAR"
    ):
        load(str(other))
    cut = archived(tmp_path / "cut.tar.gz", ten_binary())
    cut.write_bytes(cut.read_bytes()[:-2000])
    with pytest.raises(
        DataError, match=r"cut.tar.gz: the file is damaged, expected a whole archive"
    ):
        load(str(cut))


def idx(array):
    return (
        b"\0\0\x08" + bytes([array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.tobytes()
    )


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("dot", ["-", "."])
def test_mnist_is_read_as_it_is_distributed(tmp_path, packed, dot, rng):
    arrays, files = {}, {}
    for split, count in (("train", 60), ("t10k", 20)):
        x = rng.integers(0, 256, (count, 28, 28), np.uint8)
        y = (np.arange(count) % 3).astype(np.uint8)
        arrays[split] = x, y
        files[f"{split}-images{dot}idx3-ubyte"] = idx(x)
        files[f"{split}-labels{dot}idx1-ubyte"] = idx(y)
    if packed:
        files = {f"{name}.gz": gzip.compress(content) for name, content in files.items()}
    dataset = load(str(write(tmp_path / "raw", files)))
    assert (dataset.image_shape, len(dataset.x_train), len(dataset.x_val)) == ((28, 28, 1), 50, 10)
    np.testing.assert_array_equal(dataset.x_test[..., 0], arrays["t10k"][0])
    np.testing.assert_array_equal(dataset.y_test, arrays["t10k"][1])
    first = min(files)
    (tmp_path / "raw" / first).write_bytes(b"PK\3\4")
    with pytest.raises(DataError, match=r"the file begins with b'PK.*, expected IDX of bytes"):
        load(str(tmp_path / "raw"))
    (tmp_path / "raw" / first).unlink()
    with pytest.raises(DataError, match="t10k-images-idx3-ubyte is missing, expected it beside"):
        load(str(tmp_path / "raw"))
