"""From images of one's own to their classes: each command as the one before has printed it."""

import json
import re
import shlex
import shutil
import zipfile

import keras
import numpy as np
import pytest
from PIL import Image

from nasnet.data import sources

PRINTED = re.compile(r"(?:next|or): (nasnet .*)$", re.MULTILINE)
SEARCH = (
    "--evaluator parameters --controller random --trials 2 --workers 1 --blocks 1 "
    "--stack.repeats 1 --stack.filters 2"
)
TRAIN = "--stack.repeats 1 --stack.filters 2 --recipe.epochs 1 --recipe.batch-size 10"


def images(rng, count, shape):
    """Coarse noise: a picture that differs wherever it is cut out or resized in another way."""
    height, width, channels = shape
    coarse = rng.integers(0, 256, (count, 4, 4, channels), np.uint8)
    return coarse.repeat(-(-height // 4), 1).repeat(-(-width // 4), 2)[:, :height, :width]


def picture(image, path):
    """An image [H, W, 1 or 3] as a file."""
    Image.fromarray(image[..., 0] if image.shape[2] == 1 else image).save(path)
    return path


def write_arrays(folder, rng, shape, classes):
    """An .npz, and one of its images as a file."""
    count = max(6 * classes, 24)
    x, y = images(rng, count, shape), np.arange(count) % classes
    np.savez(folder / "mine.npz", x_train=x, y_train=y)
    return folder / "mine.npz", picture(x[5], folder / "one.png"), []


def write_photos(folder, rng, kind):
    """Photos of any size in class folders, or a .zip of them, and one of the files."""
    root = folder / "my photos"
    for i, image in enumerate(images(rng, 36, (41, 57, 3))):
        path = root / ("left", "right")[i % 2] / f"{i}.{('png', 'jpg')[i // 2 % 2]}"
        path.parent.mkdir(parents=True, exist_ok=True)
        picture(image[: 20 + i], path)
    shutil.copy(root / "right" / "35.jpg", folder / "one.jpg")
    size = ["--image-size", "16"]
    if kind == "folder":
        return root, folder / "one.jpg", size
    with zipfile.ZipFile(folder / "my photos.zip", "w") as archive:
        for path in sorted(root.rglob("*.*")):
            archive.write(path, path.relative_to(folder))
    shutil.rmtree(root)
    return folder / "my photos.zip", folder / "one.jpg", size


SLOW = pytest.mark.slow
CASES = [
    pytest.param(write_arrays, (12, 16, 1), 2, id="grey, not square, two classes"),
    pytest.param(write_photos, "folder", None, id="class folders"),
    pytest.param(write_photos, "zip", None, id="zip of class folders", marks=SLOW),
    pytest.param(write_arrays, (16, 16, 3), 3, id="colour", marks=SLOW),
    pytest.param(write_arrays, (16, 16, 1), 3, id="grey", marks=SLOW),
    pytest.param(write_arrays, (16, 12, 3), 3, id="not square", marks=SLOW),
    pytest.param(write_arrays, (8, 8, 3), 300, id="300 classes", marks=SLOW),
]


@pytest.fixture
def printed(invoke):
    """Runs a command that succeeds; the commands that it printed, its output and messages."""

    def call(words, *flags):
        code, out, err = invoke(*words, *flags)
        assert code == 0, err
        return [shlex.split(line)[1:] for line in PRINTED.findall(out)], out, err

    return call


@pytest.mark.parametrize(("write", "what", "classes"), CASES)
def test_a_chain_of_printed_commands_ends_in_classes(
    write, what, classes, tmp_path, rng, printed, monkeypatch
):
    monkeypatch.setenv("NASNET_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    data, file, size = write(*(tmp_path, rng, what) + ((classes,) if classes else ()))
    search = ["search", "--data", data, *size, *SEARCH.split(), "--out", tmp_path / "a search"]
    [train], _, said = printed(search)
    assert said.startswith("data: ")
    (export, predict), _, _ = printed(train, *TRAIN.split())
    guesses = ["--json", "--top", "1000"]
    _, out, _ = printed([word.replace("IMAGE", str(file)) for word in predict], *guesses)
    found = probabilities(out)
    # What the reader of arrays makes of the file is what the network was shown.
    expected = shown(data, file, size, tmp_path / predict[1])
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-7)
    [predict], _, _ = printed(export)
    _, out, _ = printed([word.replace("IMAGE", str(file)) for word in predict], *guesses)
    np.testing.assert_allclose(probabilities(out), expected, rtol=1e-4, atol=1e-7)


def probabilities(out):
    """By class, [classes]."""
    [found] = json.loads(out)
    assert "error" not in found
    by_label = {guess["label"]: guess["probability"] for guess in found["predictions"]}
    return np.array([by_label[i] for i in range(len(by_label))])


def shown(data, file, size, run):
    """The network's probabilities of the file as it was read among the data, [classes]."""
    if data.suffix == ".npz":
        image = np.asarray(Image.open(file)).reshape(sources.load(str(data)).image_shape)
    else:  # a folder of this file alone, twice, is read as the data were
        for name in ("a", "b"):
            for split in ("train", "val"):
                (run / "alone" / split / name).mkdir(parents=True)
                shutil.copy(file, run / "alone" / split / name)
        image = sources.load(str(run / "alone"), image_size=int(size[1])).x_val[0]
    model = keras.models.load_model(run / "model.keras", compile=False)
    outputs = model(image[None], training=False)
    return keras.ops.convert_to_numpy(outputs)[0]
