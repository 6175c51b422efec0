"""The commands of `nasnet` by name. No command is imported before it is asked for."""

import dataclasses
import importlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nasnet.experiments.commands.base import Command


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """A command.

    Args:
        home: its module here, and its class.
        summary: what its class says first.
    """

    home: str
    summary: str

    def load(self) -> type["Command"]:
        """The class."""
        module, _, name = self.home.partition(":")
        return getattr(importlib.import_module(f"nasnet.experiments.commands.{module}"), name)


COMMANDS: Mapping[str, Entry] = MappingProxyType(
    {
        "search": Entry(
            "search:SearchCommand", "Search Normal and Reduction cells on small images."
        ),
        "status": Entry(
            "status:StatusCommand",
            "Say where a search stands; it may be running, stopped or finished.",
        ),
        "best": Entry("best:BestCommand", "Show the best cells of a search, finished or not."),
        "draw": Entry(
            "draw:DrawCommand",
            "Draw a cell, or with --network the whole network, as SVG, PNG or Graphviz text.",
        ),
        "profile": Entry(
            "profile:ProfileCommand",
            "Count a network's parameters and multiply-adds, cell by cell.",
        ),
        "train": Entry(
            "train:TrainCommand", "Train the network of a found or published cell from scratch."
        ),
        "zoo": Entry(
            "zoo:ZooCommand",
            "List the published cells, and the size of each of their published networks.",
        ),
        "export": Entry(
            "export:ExportCommand",
            "Write a trained network for elsewhere: the file, its labels, a model card, a drawing.",
        ),
        "predict": Entry(
            "predict:PredictCommand", "Classify images; each one's most probable classes."
        ),
        "compare": Entry(
            "compare:CompareCommand",
            "Compare controllers: on a table of measured architectures, or by real searches.",
        ),
        "bench-table": Entry(
            "bench_table:BenchTableCommand",
            "Train every network of a small cell space once, and write their accuracies as a "
            "table.",
        ),
        "proxy-quality": Entry(
            "proxy_quality:ProxyQualityCommand",
            "Compare cheap proxies with the accuracy of cells that are trained alone.",
        ),
        "doctor": Entry(
            "doctor:DoctorCommand",
            "Check this machine: versions, cores, GPU, Graphviz, data. Imports no TensorFlow.",
        ),
        "transfer plan": Entry(
            "transfer.plan:TransferPlanCommand",
            "Choose N and F of a cell's ImageNet network for a budget.",
        ),
        "transfer convert": Entry(
            "transfer.convert:TransferConvertCommand",
            "Convert class folders of images into record shards, which are faster to read.",
        ),
        "transfer train": Entry(
            "transfer.train:TransferTrainCommand",
            "Train the ImageNet network of a found or published cell.",
        ),
        "transfer finetune": Entry(
            "transfer.finetune:TransferFinetuneCommand",
            "Train on from given weights: other images, a new classifier, the lower cells frozen.",
        ),
        "transfer evaluate": Entry(
            "transfer.evaluate:TransferEvaluateCommand",
            "Print top-1, top-5 and loss of a training's network as one JSON document.",
        ),
    }
)
