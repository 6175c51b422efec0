"""Pictures on a page: architectures as cells and networks, a sheet of a run's images."""

from pathlib import Path

from nasnet.cells import Genotype
from nasnet.cells.network import Frame
from nasnet.data.dataset import read_arrays
from nasnet.stacking.architectures import ImageArchitecture
from nasnet.viz.page import Picture, picture_of_png, picture_of_svg

_COLUMNS, _ROWS = 12, 10
_DPI = 110


def draw(
    architecture: ImageArchitecture, frame: Frame[ImageArchitecture] | None, title: str
) -> tuple[Picture, ...]:
    """An architecture's cells, where it has some, and its network, where the images are known."""
    from nasnet import viz

    found = []
    if isinstance(architecture, Genotype):
        cells = viz.genotype_to_svg(architecture, title=title)
        found.append(picture_of_svg(cells, f"the cells of {title}"))
    if frame is not None:
        parts = frame.network(architecture).parts()
        network = viz.network_to_svg(parts, title="its network")
        found.append(picture_of_svg(network, f"the network of {title}"))
    return tuple(found)


def sheet(folder: Path) -> tuple[Picture, ...]:
    """Training images of each class, as a network gets them."""
    from nasnet import viz
    from nasnet.viz.render import figure_bytes

    data = read_arrays(folder)
    figure = viz.samples_figure(
        data.x_train, data.y_train, data.classes, columns=_COLUMNS, rows=_ROWS
    )
    png = figure_bytes(figure, ".png", _DPI)
    return (picture_of_png(png, f"training images of {len(data.classes)} classes"),)
