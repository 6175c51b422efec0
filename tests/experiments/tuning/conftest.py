"""What tests of tunings share: images, and a tuning that has run."""

import numpy as np
import pytest

from tests.tunings import FILE, FLAGS


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """Images of 6 x 6 pixels whose brightness is, more or less, their class."""
    path, rng = tmp_path_factory.mktemp("images") / "images.npz", np.random.default_rng(0)
    arrays = {}
    for split, count in (("train", 48), ("val", 24), ("test", 12)):
        y = np.arange(count) % 3
        x = rng.integers(0, 100, (count, 6, 6, 1)) + 60 * y[:, None, None, None]
        arrays |= {f"x_{split}": x.astype(np.uint8), f"y_{split}": y}
    np.savez(path, **arrays)
    return path


@pytest.fixture
def tune(invoke, images, tmp_path):
    """`tune(name, flags, out)`: what the command has said, where it must end well."""

    def call(name, flags="", out="run", code=0):
        words = ["tune", f"{FILE}:{name}", "--data", images, "--out", tmp_path / out]
        found, text, err = invoke(*words, *FLAGS.split(), *flags.split())
        assert found == code, err
        return text, err

    return call


@pytest.fixture(scope="module")
def tuned(images, tmp_path_factory):
    """A tuning of eight trials; not to be changed."""
    from nasnet.experiments import cli

    out = tmp_path_factory.mktemp("runs") / "tuned"
    words = ["tune", f"{FILE}:build_model", "--data", str(images), "--out", str(out)]
    words += [*FLAGS.split(), "--trials", "8", "--keep", "3"]
    assert cli.run(lambda: cli.parse(words).run()) == 0
    return out
