"""An architecture of any kind as a picture: cells as cells, layers as the network that they are."""

from pathlib import Path

from nasnet.cells import Genotype
from nasnet.cells.network import Frame
from nasnet.cells.recurrent.reading import RecurrentCell
from nasnet.stacking.architectures import ImageArchitecture


def draw_architecture(
    architecture: ImageArchitecture | RecurrentCell,
    frame: Frame[ImageArchitecture],
    path: Path,
    *,
    title: str,
    engine: str = "auto",
) -> Path:
    """Draws an architecture into a file; its path.

    Args:
        architecture: what is drawn.
        frame: makes layers the network that is drawn.
        path: its ending says as what: .svg, .png or .gv.
        title: above the picture.
        engine: as of `viz.draw_network`.
    """
    from nasnet import viz

    if isinstance(architecture, Genotype):
        return viz.draw_genotype(architecture, path, title=title, engine=engine)
    if isinstance(architecture, RecurrentCell):
        return viz.draw_recurrent(architecture, path, title=title, engine=engine)
    parts = frame.network(architecture).parts()
    return viz.draw_network(parts, path, title=title, engine=engine)
