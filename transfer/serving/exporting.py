"""A trained network with all that goes with it, in a new folder."""

import dataclasses
import functools
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from nasnet.runtime.quiet import import_tensorflow
from nasnet.transfer.serving.describing import Card, Written, describe
from nasnet.transfer.serving.export import Agreement, Format
from nasnet.transfer.serving.photos import Opener, Photos, show
from nasnet.transfer.serving.runners import Runner
from nasnet.transfer.serving.trained import TrainedNetwork

_CHECKED = 8


@dataclasses.dataclass(frozen=True)
class Target:
    """What a network becomes.

    Attributes:
        form: of the file.
        int8: whether LiteRT calculates in 8-bit integers.
        pixels: whether it takes pixels from 0 to 255, and rescales them inside; else, and in
            PyTorch, -1..1.

    Raises:
        ValueError: only LiteRT has int8.
    """

    form: Format
    int8: bool = False
    pixels: bool = True

    def __post_init__(self) -> None:
        if self.int8 and self.form != "litert":
            raise ValueError(f"int8 is set with format {self.form!r}, expected 'litert'")


@dataclasses.dataclass(frozen=True)
class Exported:
    """What an export gave.

    Attributes:
        folder: that holds it.
        file: the network's own file or folder.
        check: how it compares to the Keras network, in one line.
        agreement: the same in numbers; None where what runs the file is not installed.
        accuracy: of the validation images, before and after; None where none were given.
        images: how many these were.
    """

    folder: Path
    file: Path
    check: str
    agreement: Agreement | None
    accuracy: tuple[float, float] | None = None
    images: int = 0


def export(
    network: TrainedNetwork,
    target: Target,
    out: Path,
    card: Card,
    *,
    photos: Opener | None = None,
    limit: int = 1000,
) -> Exported:
    """Writes a network and all that `describe` puts beside it into a new folder.

    Args:
        network: a Keras network.
        target: what it becomes.
        out: the folder; there must not be one yet.
        card: what its card takes from elsewhere.
        photos: opens the data whose training images calibrate int8 and whose validation images are
            classified by both networks.
        limit: at most so many validation images.

    Raises:
        ValueError: an argument does not fit the network, or what the export needs is missing.
        OSError: the folder cannot be written.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ValueError(f"{out} is there already, expected a new or an empty folder")
    if target.int8 and photos is None:
        raise ValueError("int8 is set without images, expected some to calibrate by")
    if network.path.suffix != ".keras":
        raise ValueError(f"network is {str(network.path)!r}, expected a run or a .keras file")
    import_tensorflow()
    from nasnet.stacking.keras.pixels import from_pixels, without_rescaling
    from nasnet.transfer.serving.export import export_network
    from nasnet.transfer.serving.runners import load_keras, load_runner, run_keras

    loaded, runner = load_keras(network.path)
    rescaled = target.pixels and target.form != "torch"  # whose code is that of the bare network
    model = from_pixels(loaded) if rescaled else without_rescaling(loaded)
    shape, classes = runner.input_shape, int(model.output_shape[-1])
    if network.classes and len(network.classes) != classes:
        raise ValueError(f"number of class names is {len(network.classes)}, expected {classes}")
    shown = None
    if photos is not None:
        shown = show(photos(shape[:2]), network, shape, classes, limit)
    out.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}."))
    try:
        calibration = None
        if shown is not None and target.int8:
            calibration = run_keras(model).given(shown.calibration)
        if target.form == "torch":
            file, load = _export_torch(network, model, aside, shape)
        else:
            file = export_network(model, aside, target.form, calibration=calibration)
            load = load_runner
        exported = _check(runner, file, shown, load)
        exported = dataclasses.replace(exported, folder=out, file=out / file.name)
        describe(aside, network, model, Written(file.name, target.form, exported.check), card)
        aside.chmod(0o755)
        if out.is_dir():
            out.rmdir()
        os.replace(aside, out)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return exported


def _export_torch(
    network: TrainedNetwork, model: Any, folder: Path, shape: tuple[int, int, int]
) -> tuple[Path, Callable[[Path], Runner]]:
    """The module file, and what loads it."""
    from nasnet.transfer.serving.torch_files import export_torch, load_torch

    if network.source is None:
        raise ValueError(
            f"format is 'torch' for {network.path}, whose cells are not known, expected a run"
        )
    built, recipe = network.source(shape, int(model.output_shape[-1]))
    file = export_torch(model, folder, built, recipe, network.name)
    return file, functools.partial(load_torch, network=built)


def _check(
    original: Runner, file: Path, photos: Photos | None, load: Callable[[Path], Runner]
) -> Exported:
    """Compares on the photos, or on noise where there are none."""
    from nasnet.runtime.libraries import MissingLibraryError
    from nasnet.transfer.serving.export import TOLERANCE, accuracy, compare

    shape = original.input_shape
    what = "validation images" if photos is not None else "images of noise"
    noise = np.random.default_rng(0).integers(0, 256, (_CHECKED, *shape), np.uint8)
    images = noise if photos is None else next(photos.validation())[0][:_CHECKED]
    try:
        runner = load(file)
    except MissingLibraryError as error:
        return Exported(file.parent, file, f"not checked: {error}", None)
    agreement = compare(runner, original, images)
    verdict = "close" if agreement.close else "not close"
    check = (
        f"largest difference of an output to the Keras network {agreement.difference:.2g} on "
        f"{len(images)} {what} (largest output {agreement.largest:.3g}; {verdict}: the tolerance "
        f"is {TOLERANCE:g} of it), same class {agreement.same_class:.0%}"
    )
    if photos is None:
        return Exported(file.parent, file, check, agreement)
    before, count = accuracy(original, photos.validation())
    after, _ = accuracy(runner, photos.validation())
    check += f"; accuracy {before:.4f} before, {after:.4f} after ({after - before:+.4f}, n={count})"
    return Exported(file.parent, file, check, agreement, (before, after), count)
