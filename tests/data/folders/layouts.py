"""Folders of images as people have them: how each is made, by its name in docs/data.md."""

import os
import shutil
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import scipy.io
from PIL import Image

from tests.pictures import GOOD, encoded, pixels, write_folder

Build = Callable[[Path], Path | None]  # fills a folder; gives what is to be read, if it is another


def plain(root: Path, **splits: dict[str, int]) -> Path:
    """Two classes in train and val."""
    return write_folder(root, **(splits or {"train": {"a": 3, "b": 3}, "val": {"a": 1, "b": 1}}))


def only(**splits: dict[str, int]) -> Build:
    return lambda root: plain(root, **splits)


def named(train: str, **others: str) -> Build:
    """Splits that are called otherwise."""

    def build(root: Path) -> None:
        for name in (train, *others.values()):
            write_folder(root / name, flat={"a": 3, "b": 3})

    return build


def put(root: Path, place: str, data: bytes | str = "") -> None:
    path = root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())


def among(files: Mapping[str, bytes | str], place: str = "train/a") -> Build:
    """Two classes, and files beside the images of one, or elsewhere."""

    def build(root: Path) -> None:
        plain(root)
        for name, data in files.items():
            put(root, f"{place}/{name}", data)

    return build


def good(*kinds: str) -> Build:
    return among({f"{kind}-{GOOD[kind][0]}": GOOD[kind][1] for kind in kinds})


def flat_val(labels: dict[str, str] | None = None, count: int = 2) -> Build:
    """Validation images without class folders, called as ImageNet's, and files beside train."""

    def build(root: Path) -> None:
        write_folder(root, train={"n01": 3, "n02": 3})
        for i in range(count):
            put(root, f"val/ILSVRC2012_val_0000000{i + 1}.JPEG", encoded(pixels(i + 70), "JPEG"))
        for name, text in (labels or {}).items():
            put(root, name, text)

    return build


def devkit(root: Path) -> None:
    truth = {"ILSVRC2012_devkit_t12/data/ILSVRC2012_validation_ground_truth.txt": "2\n1\n"}
    flat_val(truth)(root)
    synsets = np.array([(1, "n01"), (2, "n02")], [("ILSVRC2012_ID", "u2"), ("WNID", "O")])
    scipy.io.savemat(root / "ILSVRC2012_devkit_t12" / "data" / "meta.mat", {"synsets": synsets})


def kaggle(root: Path) -> None:
    flat_val()(root / "ILSVRC" / "Data" / "CLS-LOC")
    put(root, "ILSVRC/Data/CLS-LOC/test/ILSVRC2012_test_00000001.JPEG", encoded(pixels(9), "JPEG"))
    (root / "ILSVRC" / "Annotations").mkdir()
    rows = ["ImageId,PredictionString"]
    rows += [f"ILSVRC2012_val_0000000{i},n0{i} 85 1 499 272 " for i in (1, 2)]
    put(root, "LOC_val_solution.csv", "\n".join(rows))


def tiny_imagenet(root: Path) -> None:
    for name in ("n01", "n02"):
        for i in range(3):
            put(root, f"train/{name}/images/{name}_{i}.JPEG", encoded(pixels(i), "JPEG"))
        put(root, f"train/{name}/{name}_boxes.txt", f"{name}_0.JPEG\t0\t0\t62\t62\n")
    for i in range(2):
        put(root, f"val/images/val_{i}.JPEG", encoded(pixels(i + 30), "JPEG"))
    rows = (f"val_{i}.JPEG\tn0{i + 1}\t0\t32\t44\t62\n" for i in range(2))
    put(root, "val/val_annotations.txt", "".join(rows))
    put(root, "test/images/test_0.JPEG", encoded(pixels(50), "JPEG"))
    put(root, "wnids.txt", "n01\nn02\n")


def wrapped(*folders: str) -> Build:
    return lambda root: plain(root.joinpath(*folders)) and None


def macos(root: Path) -> None:
    plain(root / "pets")
    put(root, "__MACOSX/pets/train/a/._0.png", "resource fork")


def twice_wrapped(root: Path) -> None:
    for split in ("training_set", "test_set"):
        write_folder(root / split / split, flat={"cats": 3, "dogs": 3})


def zipped(build: Build, *more: zipfile.ZipInfo | str) -> Build:
    """The same as an archive, with members more."""

    def pack(root: Path) -> Path:
        build(root / "inside")
        path = root / "pets.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for file in sorted((root / "inside").rglob("*")):
                archive.write(file, file.relative_to(root / "inside"))
            for member in more:
                archive.writestr(member, "text")
        return path

    return pack


def zip_link() -> zipfile.ZipInfo:
    member = zipfile.ZipInfo("train/a/link.png")
    member.external_attr = 0o120777 << 16
    return member


def cut_zip(root: Path) -> Path:
    path = zipped(plain)(root)
    path.write_bytes(path.read_bytes()[:-100])
    return path


def link(place: str, target: str) -> Build:
    def build(root: Path) -> None:
        plain(root)
        os.symlink(target, root / place)

    return build


def linked_class(root: Path) -> Path:
    plain(root / "set")
    shutil.move(root / "set" / "train" / "b", root / "elsewhere")
    os.symlink(root / "elsewhere", root / "set" / "train" / "b")
    return root / "set"


def folders(*places: str) -> Build:
    def build(root: Path) -> None:
        plain(root)
        for place in places:
            (root / place).mkdir()

    return build


def turned() -> bytes:
    """A JPEG that lies on its side."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return encoded(pixels(3, 24, 40), "JPEG", exif=exif)


def all_grey(root: Path) -> None:
    plain(root)
    for file in root.rglob("*.png"):
        Image.open(file).convert("L").save(file)


def any_bytes(root: Path) -> None:
    plain(root)
    os.rename(root / "train" / "a" / "0.png", os.fsencode(root / "train" / "a") + b"/\xff\xe9.png")
    for split in ("train", "val"):
        os.rename(root / split / "b", os.fsencode(root / split) + b"/caf\xe9")


def among_nothing(root: Path) -> None:
    for i in range(3):
        put(root, f"{i}.png", encoded(pixels(i)))


CUT = encoded(pixels(0, 64, 64), "JPEG")[:-200]
DEEP = encoded(Image.fromarray(np.full((24, 24), 0.5, np.float32)), "TIFF")
LARGE = encoded(Image.new("L", (9500, 9500), 90), "JPEG")
TOO_LARGE = encoded(Image.new("1", (10_001, 10_000)))
TEXT = "no image, but text that is long enough to be one"
SYNSETS = "imagenet_2012_validation_synset_labels.txt"
TRUTH = "ILSVRC2012_validation_ground_truth.txt"
NOTES = ("README.md", "LICENSE", "notes.txt", "labels.csv", "0.xml", "0.json")

LAYOUTS: dict[str, Build] = {
    "train, val": plain,
    "class folders alone": only(flat={"a": 3, "b": 3}),
    "train alone": only(train={"a": 3, "b": 3}),
    "train, val, test": named("train", val="val", test="test"),
    "Train, Val, Test": named("Train", val="Val", test="Test"),
    "TRAIN, VALIDATION": named("TRAIN", val="VALIDATION"),
    "training, validation, testing": named("training", val="validation", test="testing"),
    "train, valid": named("train", val="valid"),
    "train, dev": named("train", val="dev"),
    "train, test": named("train", test="test"),
    "training_set and test_set, each in another of its name": twice_wrapped,
    "train, dev and valid": named("train", val="valid", more="dev"),
    "train and Train": named("train", more="Train"),
    "val and test without train": named("val", test="test"),
    "train and test, both without class folders": only(flat={"train": 3, "test": 3}),
    "train, val, and test images without classes": among({"1.png": encoded(pixels(1))}, "test"),
    "a class that is called train": only(flat={"train": 3, "bus": 3}),
    "another folder beside train": folders("masks"),
    "an empty folder test": folders("test"),
    "all in a folder more": wrapped("pets"),
    "all in two folders more": wrapped("data", "pets"),
    "a folder more, and __MACOSX beside it": macos,
    "a .zip of class folders": zipped(only(flat={"a": 3, "b": 3})),
    "a .zip of train and val in a folder, made by macOS": zipped(macos),
    "a .zip with a member ../x.png": zipped(plain, "../x.png"),
    "a .zip with a link": zipped(plain, zip_link()),
    "a .zip that is cut short": cut_zip,
    "val without class folders": flat_val(),
    "the same with lines of names and classes in val/val_annotations.txt": flat_val(
        {
            "val/val_annotations.txt": "".join(
                f"ILSVRC2012_val_0000000{i}.JPEG\tn0{i}\n" for i in (1, 2)
            )
        }
    ),
    "ImageNet as Kaggle has it, with LOC_val_solution.csv": kaggle,
    f"ImageNet with a flat val and {SYNSETS}": flat_val({SYNSETS: "n02\nn01\n"}),
    "ImageNet with a flat val and the development kit": devkit,
    f"ImageNet with a flat val and {TRUTH} alone": flat_val({TRUTH: "2\n1\n"}),
    "ImageNet with a flat val and Caffe's val.txt": flat_val(
        {"val.txt": "ILSVRC2012_val_00000001.JPEG 1\nILSVRC2012_val_00000002.JPEG 0\n"}
    ),
    "a flat val and a label file that leaves an image out": flat_val(
        {"val.txt": "ILSVRC2012_val_00000001.JPEG n01\nother.JPEG n02\n"}
    ),
    "a flat val and a label file of other classes": flat_val({SYNSETS: "n02\nn77\n"}),
    "Tiny-ImageNet": tiny_imagenet,
    ".DS_Store, Thumbs.db, desktop.ini": among(
        {".DS_Store": "x", "Thumbs.db": "x", "desktop.ini": "x"}
    ),
    ".ipynb_checkpoints and @eaDir in a class": among(
        {".ipynb_checkpoints/0.png": encoded(pixels(1)), "@eaDir/0.png": encoded(pixels(1))}
    ),
    ", ".join(NOTES) + " beside images": among(dict.fromkeys(NOTES, TEXT)),
    "a read-me and labels.csv beside train": among(dict.fromkeys(NOTES, TEXT), "."),
    "a movie beside images": among({"0.mp4": b"\0\0\0\x20ftypisom"}),
    "an image beside class folders": among({"x.png": encoded(pixels(1))}, "train"),
    "an image beside train": among({"x.png": encoded(pixels(1))}, "."),
    "a folder in a class folder": among({"more/x.png": encoded(pixels(1))}),
    "a link that leads nowhere": link("train/a/x.png", "gone.png"),
    "a link in a circle": link("train/a/x.png", "x.png"),
    "a link to an image": link("train/a/x.png", "0.png"),
    "a link to a class folder": linked_class,
    "a link to the folder above": link("train/a/up", ".."),
    "an empty class folder": folders("train/c"),
    "an empty class folder in val": only(train={"a": 3, "b": 3}, val={"a": 1, "b": 0}),
    "a class in val that train lacks": only(train={"a": 3, "b": 3}, val={"c": 1}),
    "a class that val lacks": only(train={"a": 3, "b": 3}, val={"a": 1}),
    "a single class": only(flat={"a": 3}),
    "images without class folders": among_nothing,
    "an empty folder": lambda root: None,
    "GIF, its first frame": good("gif"),
    "BMP": good("bmp-named-jpg"),
    "WebP": good("webp"),
    "TIFF, of 16 bits, too": good("tiff", "deep-tiff"),
    "PPM": good("ppm"),
    "JFIF": good("jfif"),
    "a file without a suffix": good("no-suffix"),
    "a PNG that is called .jpg": good("png-named-jpg"),
    "a PNG that is called .txt": among({"x.txt": encoded(pixels(1))}),
    "PNG of 16 bits a channel, grey": good("16-bit"),
    "PNG with a palette, or with alpha": good("palette", "alpha"),
    "CMYK": good("cmyk"),
    "all images grey": all_grey,
    "a JPEG on its side by its EXIF data": among({"x.jpg": turned()}),
    "TIFF with floats": among({"x.tif": DEEP}),
    "text that is called .jpg": among({"x.jpg": TEXT}),
    "an empty file": among({"x.jpg": b""}),
    "a JPEG that is cut short": among({"x.jpg": CUT}),
    "a JPEG of 90 megapixels": among({"x.jpg": LARGE}),
    "a PNG of 100.01 megapixels": among({"x.png": TOO_LARGE}),
    "11 bad images among 19": among({f"{i}.jpg": TEXT for i in range(11)}),
    "a class with bad images alone": among({f"{i}.jpg": TEXT for i in range(3)}, "train/c"),
    "names that are not UTF-8": any_bytes,
}
