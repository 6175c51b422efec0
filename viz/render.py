"""The one place where pictures become files, each written aside and then renamed."""

import io
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nasnet.cells import Genotype, Part
from nasnet.cells.recurrent.reading import RecurrentCell
from nasnet.runtime.checks import check_known
from nasnet.runtime.files import write_atomically
from nasnet.viz.cell.dot import digraph, genotype_to_dot
from nasnet.viz.cell.drawing import (
    genotype_figure,
    genotype_to_svg,
    recurrent_figure,
    recurrent_to_svg,
)
from nasnet.viz.network.dot import network_digraph, network_to_dot
from nasnet.viz.network.drawing import network_figure, network_to_svg

if TYPE_CHECKING:
    import graphviz
    from matplotlib.figure import Figure


class GraphvizError(OSError):
    """Graphviz was asked for and is missing, or fails."""


ENGINES = ("auto", "dot", "own")
GENOTYPE_SUFFIXES = (".dot", ".gv", ".png", ".svg")
FIGURE_SUFFIXES = (".pdf", ".png", ".svg")
_DPI = 200


def draw_genotype(
    genotype: Genotype,
    path: str | os.PathLike[str],
    *,
    title: str | None = None,
    engine: str = "auto",
) -> Path:
    """Draws both cells of a genotype into a file; an older file is replaced.

    Args:
        genotype: what is drawn.
        path: where to; its suffix, .gv, .dot, .svg or .png, says as what. Missing folders are
            made.
        title: one line above the cells.
        engine: "dot" lays out with Graphviz, "own" without; "auto" takes Graphviz where it is
            installed and works. DOT text is the same for all.

    Returns:
        The path that was written.

    Raises:
        ValueError: the suffix or the engine is unknown.
        GraphvizError: the engine is "dot" and Graphviz is missing, or fails.
    """
    path = Path(path)
    suffix = _suffix(path, GENOTYPE_SUFFIXES)
    check_known("engine", engine, ENGINES)
    if suffix in (".gv", ".dot"):
        data = genotype_to_dot(genotype, title=title).encode()
    elif engine == "dot":
        data = _with_graphviz(digraph(genotype, title=title), suffix)
    elif engine == "own" or not shutil.which("dot"):
        data = _without_graphviz(genotype, title, suffix)
    else:
        try:
            data = _with_graphviz(digraph(genotype, title=title), suffix)
        except GraphvizError:  # some builds of Graphviz lack a format or fonts
            data = _without_graphviz(genotype, title, suffix)
    return _write(path, data)


def draw_recurrent(
    cell: RecurrentCell,
    path: str | os.PathLike[str],
    *,
    title: str | None = None,
    engine: str = "auto",
) -> Path:
    """Draws a recurrent cell into a file, its inputs at the bottom; an older file is replaced.

    The arguments, the result and the errors are those of `draw_genotype`, but that "auto" is "own".
    """
    path = Path(path)
    suffix = _suffix(path, GENOTYPE_SUFFIXES)
    if suffix in (".gv", ".dot") or engine not in ("auto", "own"):
        return draw_network(cell.parts(), path, title=title, engine=engine)
    if suffix == ".svg":
        return _write(path, recurrent_to_svg(cell, title=title).encode())
    return _write(path, figure_bytes(recurrent_figure(cell, title=title), suffix))


def draw_network(
    nodes: Sequence[Part],
    path: str | os.PathLike[str],
    *,
    title: str | None = None,
    engine: str = "auto",
    expand: bool = False,
) -> Path:
    """Draws a whole network into a file, the image at the bottom; an older file is replaced.

    Args:
        nodes: from the image on, each behind all that it reads.
        path: where to; its suffix, .gv, .dot, .svg or .png, says as what. Missing folders are
            made.
        title: one line above the network.
        engine: "dot" lays out with Graphviz; "own" and "auto" without, which keeps the network in
            straight columns. DOT text is the same for all.
        expand: whether each normal cell has a box of its own, instead of one box a run.

    Returns:
        The path that was written.

    Raises:
        ValueError: the suffix or the engine is unknown, or the nodes are no network.
        GraphvizError: the engine is "dot" and Graphviz is missing, or fails.
    """
    path = Path(path)
    suffix = _suffix(path, GENOTYPE_SUFFIXES)
    check_known("engine", engine, ENGINES)
    if suffix in (".gv", ".dot"):
        data = network_to_dot(nodes, title=title, expand=expand).encode()
    elif engine == "dot":
        data = _with_graphviz(network_digraph(nodes, title=title, expand=expand), suffix)
    elif suffix == ".svg":
        data = network_to_svg(nodes, title=title, expand=expand).encode()
    else:
        data = figure_bytes(network_figure(nodes, title=title, expand=expand), suffix)
    return _write(path, data)


def save_figure(figure: "Figure", path: str | os.PathLike[str]) -> Path:
    """Writes a figure to a .png, .svg or .pdf file; an older file is replaced.

    Raises:
        ValueError: the suffix is another.
    """
    path = Path(path)
    return _write(path, figure_bytes(figure, _suffix(path, FIGURE_SUFFIXES)))


def _suffix(path: Path, accepted: tuple[str, ...]) -> str:
    suffix = path.suffix.lower()
    if suffix not in accepted:
        wanted = ", ".join(accepted)
        raise ValueError(f"suffix of {path.name!r} is {path.suffix!r}, expected one of: {wanted}")
    return suffix


def _with_graphviz(graph: "graphviz.Digraph", suffix: str) -> bytes:
    import graphviz

    if suffix == ".png":
        graph.attr(dpi=str(_DPI))
    try:
        return graphviz.pipe("dot", suffix[1:], graph.source.encode(), quiet=True)
    except graphviz.ExecutableNotFound:
        raise GraphvizError(
            "Graphviz is not installed, expected a `dot` command for engine 'dot'; "
            "engine 'own' draws without"
        ) from None
    except (graphviz.CalledProcessError, OSError) as error:
        raise GraphvizError(f"Graphviz failed; engine 'own' draws without: {error}") from error


def _without_graphviz(genotype: Genotype, title: str | None, suffix: str) -> bytes:
    if suffix == ".svg":
        return genotype_to_svg(genotype, title=title).encode()
    return figure_bytes(genotype_figure(genotype, title=title), suffix)


def figure_bytes(figure: "Figure", suffix: str, dpi: int = _DPI) -> bytes:
    """A figure as the content of a file with such a suffix."""
    buffer = io.BytesIO()
    dated = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}  # equal figures, equal files
    figure.savefig(buffer, format=suffix[1:], dpi=dpi, metadata=dated.get(suffix))
    return buffer.getvalue()


def _write(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, data)
    return path
