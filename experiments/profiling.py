"""Which network is meant, what it costs slot by slot, and how long it takes here."""

import dataclasses
import os
import platform
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from cells import Cost, Family, Genotype, Shape
from experiments.cell_argument import resolve_cell
from stacking.assemble import build_stem, needed_outputs, network_cost
from stacking.plan import Stack, StemName
from stacking.presets import PRESETS

_SIZE, _CLASSES = 32, 10
_WARM_UP = 3
_ROUNDS, _BUSY = 3, 1.5  # p90 over p10 above which other work must have been in the way


@dataclasses.dataclass(frozen=True)
class PlanFlags:
    """A plan, flag by flag; what is left out is the preset's, or without one that of CIFAR-10.

    Args:
        repeats: normal cells in a stage, N in the paper; 6 without a preset.
        filters: channels of an operation in the first stage, F; 32 without a preset. The paper's
            N @ P names the channels of the last output instead.
        stem_filters: channels of the stem's last convolution.
        skip_reduction_input: the first cell behind a reduction takes the older input that the
            reduction took.
        stem: cifar is one convolution; imagenet strides it and puts two Reduction cells behind it;
            darts-imagenet has three strided convolutions.
        extra_reductions: Reduction cells stand between the stages; else the first cell of stages 2
            and 3 is one, as in PNASNet.
        conventions: the family whose habits the network has.
    """

    repeats: int | None = None
    filters: int | None = None
    stem_filters: int | None = None
    skip_reduction_input: bool = False
    stem: StemName | None = None
    extra_reductions: bool = True
    conventions: Family | None = None

    @property
    def given(self) -> dict[str, Any]:
        """The fields of `Stack` that are not left out."""
        fields = dataclasses.fields(self)
        return {f.name: getattr(self, f.name) for f in fields if getattr(self, f.name) != f.default}


@dataclasses.dataclass(frozen=True, slots=True)
class Network:
    """All that decides a network but its weights.

    Attributes:
        name: of its cell.
        genotype: its cells.
        stack: its plan.
        input_shape: height, width and channels of its images.
        classes: number of classes.
        preset: the name of the published network that it comes from, None where it is none.
    """

    name: str
    genotype: Genotype
    stack: Stack
    input_shape: tuple[int, int, int]
    classes: int
    preset: str | None = None

    @property
    def title(self) -> str:
        """One line about it."""
        height, width, _ = self.input_shape
        names = self.name if self.preset is None else f"{self.name}, {self.preset}"
        plan = f"N={self.stack.repeats}, F={self.stack.filters}"
        return f"{names}: {plan}, {height}x{width}, {self.classes} classes"


@dataclasses.dataclass(frozen=True, slots=True)
class SlotCost:
    """What lies between one end point and the next.

    Attributes:
        name: the end point's, as in the released code.
        shape: height, width and channels of its output.
        parameters: all of them.
        trainable: those that gradients move.
        mult_adds: of one image.
    """

    name: str
    shape: tuple[int, int, int]
    parameters: int
    trainable: int
    mult_adds: int


def choose_network(
    cell: str | None,
    flags: PlanFlags,
    *,
    preset: str | None = None,
    trial: int | None = None,
    size: int | None = None,
    channels: int = 3,
    classes: int | None = None,
) -> Network:
    """The network that a command is asked for; what is given overrules the preset.

    Args:
        cell: what `resolve_cell` takes; the preset's where it is None.
        flags: the plan.
        preset: a name in `PRESETS`.
        trial: which trial of a run directory.
        size: height and width of the images.
        channels: of the images.
        classes: number of classes.

    Raises:
        NotFoundError: there is no such cell.
        ValueError: there is no such preset, neither cell nor preset is given, or no such plan.
    """
    if preset is not None and preset not in PRESETS:
        raise ValueError(f"preset is {preset!r}, expected one of: {', '.join(PRESETS)}")
    published = None if preset is None else PRESETS[preset]
    if cell is None:
        if published is None:
            raise ValueError("cell and preset are None, expected at least one of the two")
        cell = published.cell
    name, genotype = resolve_cell(cell, trial)
    stack = dataclasses.replace(published.stack if published else Stack(), **flags.given)
    if size is None:
        size = published.size if published else _SIZE
    if classes is None:
        classes = published.classes if published else _CLASSES
    return Network(name, genotype, stack, (size, size, channels), classes, preset)


def profile(network: Network, *, aux_head: bool = False) -> list[SlotCost]:
    """The cost of the stem's convolutions and of every end point behind them, in order.

    Together they are the whole network. An ImageNet stem's cells have rows of their own.

    Args:
        network: what is counted.
        aux_head: whether the auxiliary classifier counts, too.

    Raises:
        ValueError: the network cannot be built.
    """
    cost, ends = network_cost(
        network.genotype, network.stack, network.input_shape, network.classes, aux_head=aux_head
    )
    stem = build_stem(Cost(), network.stack, Shape(*network.input_shape))
    needed = needed_outputs(network.genotype, network.stack, aux_head=aux_head)
    read = max(number for number in needed if number < len(stem))
    rows = {"Stem": stem[read], **{name: ends[name] for name in ends if name != "Stem"}}
    return [_slot(cost, name, shape) for name, shape in rows.items()]


def total(rows: list[SlotCost]) -> SlotCost:
    """The sum of all rows."""
    return SlotCost(
        "total",
        rows[-1].shape,
        sum(row.parameters for row in rows),
        sum(row.trainable for row in rows),
        sum(row.mult_adds for row in rows),
    )


def latency(network: Network, runs: int) -> dict[str, Any]:
    """How long the Keras network takes for one image on this machine; imports TensorFlow.

    The auxiliary head is left out, as inference needs none. The first calls, which trace and
    compile, are not counted. Where the others differ much, they are repeated, at most twice, and
    those with the lowest median count.

    Args:
        network: what is measured.
        runs: calls that count.

    Returns:
        Milliseconds of a call as the median and the 10th and 90th percentile, and what they were
        measured on.

    Raises:
        ValueError: `runs` is below 1.
    """
    if runs < 1:
        raise ValueError(f"runs is {runs}, expected at least 1")
    from stacking.quiet import import_tensorflow

    import_tensorflow()
    import tensorflow as tf

    from stacking.keras_backend import build_network

    model = build_network(network.genotype, network.stack, network.input_shape, network.classes)
    call = tf.function(lambda image: model(image, training=False))
    image = tf.zeros((1, *network.input_shape))
    for _ in range(_WARM_UP):
        call(image).numpy()
    low, median, high = calmest(lambda: call(image).numpy(), runs)  # waits for a GPU
    return {
        "median_ms": median,
        "p10_ms": low,
        "p90_ms": high,
        "runs": runs,
        "warm_up": _WARM_UP,
        "batch": 1,
        "device": _device(tf),
        "threads": tf.config.threading.get_intra_op_parallelism_threads() or _cores(),
        "tensorflow": tf.__version__,
    }


def calmest(call: Callable[[], object], runs: int) -> tuple[float, float, float]:
    """Milliseconds of a call: 10th percentile, median and 90th percentile of `runs` in a row.

    That row of up to three which has the lowest median; one whose calls are alike is enough.
    """
    rows = []
    for _ in range(_ROUNDS):
        times = [time.perf_counter()]
        for _ in range(runs):
            call()
            times.append(time.perf_counter())
        low, median, high = (float(x) * 1000 for x in np.percentile(np.diff(times), (10, 50, 90)))
        rows.append((low, median, high))
        if high <= _BUSY * low:
            break
    return min(rows, key=lambda row: row[1])


def latency_text(measured: dict[str, Any]) -> str:
    """What `latency` found, for a person; the spread tells whether other work was in the way."""
    busy = measured["p90_ms"] > _BUSY * measured["p10_ms"]
    return (
        f"median {measured['median_ms']:.1f} ms, p10 {measured['p10_ms']:.1f} ms, "
        f"p90 {measured['p90_ms']:.1f} ms of {measured['runs']} calls with one image, "
        f"{measured['device']}, {measured['threads']} threads"
        + ("; they differ much: is the machine idle?" if busy else "")
    )


def _slot(cost: Cost, name: str, shape: Shape) -> SlotCost:
    prefix = f"{name.lower()}_"
    parameters = [p for p in cost.parameters if p.path.startswith(prefix)]
    mult_adds = sum(n for layer, n in cost.layer_mult_adds.items() if layer.startswith(prefix))
    return SlotCost(
        name,
        (shape.height, shape.width, shape.channels),
        sum(p.size for p in parameters),
        sum(p.size for p in parameters if p.trainable),
        mult_adds,
    )


def _device(tf: Any) -> str:
    """The first GPU's name, else the processor's kind."""
    for gpu in tf.config.list_physical_devices("GPU"):
        return f"GPU {tf.config.experimental.get_device_details(gpu).get('device_name', gpu.name)}"
    return f"CPU {platform.machine()}"


def _cores() -> int:
    """What TensorFlow takes where it is not told: the cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1
