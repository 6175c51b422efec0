"""A network that starts from the weights of another of the same cells. NumPy only.

Each cell takes over one whole cell of the source, and each of its parts (an input, an operation of
a block, the output) either all of its arrays or none:

- a Reduction cell that of the same number, and the cells of an ImageNet stem, where the source has
  none, its first one;
- a Normal cell one of the same stage: of those that most of it fits, the nearest;
- the convolutions of the stem and the classifiers only what has the same kind of stem, for behind
  another one the images, and most likely the classes, are others; classifiers of as many classes.

A part does not fit where its convolution reads other things: the 1x1 convolutions of a cell's
inputs go over all states that an earlier cell emits, so those behind Normal cells do not fit behind
a Reduction cell or the stem. What does not fit starts afresh.

Other widths are Net2Net's (Chen et al., https://arxiv.org/abs/1511.05641): of n channels that
become m, channel j repeats channel floor(j n / m), and the weights that read a channel are divided
by how often it is there. A wider network then computes the same function. In this order, unlike
cyclically, repeats stay within the states of a concatenation and within the two halves of a
factorized reduction (where widths are even), so both keep the function, too. A narrower network
keeps every n/m-th channel, and not the function; nor does one whose width happens to be that of the
stem, because 1x1 convolutions that would match the two are then left out.
"""

import dataclasses
from collections.abc import Mapping
from fractions import Fraction

import numpy as np

from nasnet.transfer.sites import Shapes, Site, find_sites, infer_stack

_READS = ("kernel", "pointwise_kernel")  # these add up what they read


@dataclasses.dataclass(frozen=True, slots=True)
class WarmStart:
    """The weights to begin with, and where they come from.

    Attributes:
        arrays: every weight of the network by its path.
        carried: paths of those that are copies.
        adapted: paths of those brought to another width.
        fresh: paths of those that are not from the source.
        cells: which cell of the source stands behind each cell, lower-case.
    """

    arrays: dict[str, np.ndarray]
    carried: tuple[str, ...]
    adapted: tuple[str, ...]
    fresh: tuple[str, ...]
    cells: dict[str, str]

    def __str__(self) -> str:
        parts = []
        for name in ("carried", "adapted", "fresh"):
            paths = getattr(self, name)
            count = sum(self.arrays[path].size for path in paths)
            parts.append(f"{name} {len(paths)} arrays of {count:,} values")
        return ", ".join(parts)


def warm_start(
    shapes: Shapes,
    source: Mapping[str, np.ndarray],
    *,
    initial: Mapping[str, np.ndarray],
    noise: float = 0.01,
) -> WarmStart:
    """Carries over what fits, by the rules above.

    Args:
        shapes: of every weight of the network, by its path.
        source: weights of a network of the same genotype, by their paths.
        initial: fresh weights of the network.
        noise: what a kernel that becomes wider gets of its fresh weights, as a factor. Without any
            the repeats of a channel never part in training; with any the function is kept roughly.

    Raises:
        ValueError: `initial` has other weights than `shapes`, or nothing in `source` fits.
    """
    if {path: array.shape for path, array in initial.items()} != dict(shapes):
        raise ValueError("initial weights are those of another network, expected those of shapes")
    given = {path: array.shape for path, array in source.items()}
    origins, cells = _origins(shapes, given)
    arrays: dict[str, np.ndarray] = {}
    carried: list[str] = []
    adapted: list[str] = []
    fresh: list[str] = []
    for path, shape in shapes.items():
        origin = origins.get(path)
        if origin is None:
            arrays[path] = np.array(initial[path])
            fresh.append(path)
            continue
        arrays[path] = _resized(source[origin], shape, path.rsplit("/", 1)[-1])
        (carried if given[origin] == shape else adapted).append(path)
        wider = any(new > old for new, old in zip(shape, given[origin], strict=True))
        if wider and path.endswith("kernel"):
            arrays[path] += noise * initial[path]
    if not carried and not adapted:
        raise ValueError("source has no weights that fit, expected a network of the same cells")
    return WarmStart(arrays, tuple(carried), tuple(adapted), tuple(fresh), cells)


def _resized(array: np.ndarray, shape: tuple[int, ...], role: str) -> np.ndarray:
    """A copy of `array` with its channels brought to `shape`."""
    out = np.array(array)
    for axis, (old, new) in enumerate(zip(array.shape, shape, strict=True)):
        if old == new:
            continue
        index = np.arange(new) * old // new
        out = np.take(out, index, axis)
        if role in _READS and axis == array.ndim - 2:
            repeats = np.bincount(index, minlength=old)[index].astype(out.dtype)
            out /= repeats[:, None]
    return out


def _origins(shapes: Shapes, source: Shapes) -> tuple[dict[str, str], dict[str, str]]:
    """Path of the source by path, for those that have one, and cell of the source by cell."""
    stack, before = infer_stack(shapes), infer_stack(source)
    sites, theirs = find_sites(shapes, stack), find_sites(source, before)
    origins, cells = {}, {}
    for site in sites:
        options = [
            (other, [part for part in site.parts if _fits(part, site, other)])
            for other in _candidates(site, theirs)
        ]
        if not options:
            continue
        best, parts = max(options, key=lambda option: site.size(option[1]))
        for part in parts:
            cells[site.name] = best.name
            for array in site.parts[part]:
                origins[f"{site.name}_{part}_{array}"] = f"{best.name}_{part}_{array}"
    if stack.stem == before.stem:
        scale = Fraction(stack.filters, before.filters)
        for prefix in ("stem_", "auxlogits_", "logits_"):
            paths = [path for path in shapes if path.startswith(prefix)]
            if paths and _end_fits(prefix, shapes, source, scale):
                origins |= {path: path for path in paths}
    return origins, cells


def _end_fits(prefix: str, shapes: Shapes, source: Shapes, scale: Fraction) -> bool:
    """Whether the source's arrays of the stem's convolutions or of a classifier fit."""
    new, old = ({k: v for k, v in s.items() if k.startswith(prefix)} for s in (shapes, source))
    return new.keys() == old.keys() and all(
        _end_alike(path, shape, old[path], scale) for path, shape in new.items()
    )


def _end_alike(path: str, shape: tuple[int, ...], before: tuple[int, ...], scale: Fraction) -> bool:
    if len(shape) == 1 and "_dense" not in path:  # batch normalization of what is looked at itself
        return True
    alike = shape[:-2] == before[:-2]
    if path.startswith("stem_"):
        return alike and (path != "stem_conv/kernel" or shape[-2] == before[-2])  # the image's
    reads = len(shape) == 1 or shape[-2] in (before[-2], scale * before[-2])
    return alike and reads and shape[-1] == before[-1]  # the classes


def _candidates(site: Site, sites: list[Site]) -> list[Site]:
    """The cells of the source that may stand behind `site`, the nearest first."""
    if site.stage < 0:
        same = [other for other in sites if other.name == site.name]
        return same or [other for other in sites if other.kind == "reduction"][:1]
    near = [s for s in sites if s.kind == site.kind and s.stage >= 0]
    if site.kind == "reduction":
        return [other for other in near if other.rank == site.rank]
    near = [other for other in near if other.stage == site.stage]
    return sorted(near, key=lambda other: (abs(other.rank - site.rank), other.rank))


def _fits(part: str, site: Site, other: Site) -> bool:
    """Whether the source's arrays of a part can be brought to this cell's widths."""
    new, old = site.parts[part], other.parts.get(part, {})
    if new.keys() != old.keys():
        return False
    return all(
        len(shape) == 1
        or (
            shape[:-2] == old[array][:-2]
            and site.reads(part, shape[-2]) & other.reads(part, old[array][-2])
        )
        for array, shape in new.items()
    )
