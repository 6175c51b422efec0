"""The commands of `nasnet` by name. No command is imported before it is asked for.

`bench-table` is the class BenchTableCommand in `bench_table.py`, `transfer plan` is the class
TransferPlanCommand in `transfer/plan.py`, and so on.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nasnet.experiments.commands.base import Command

# What the class of each says first.
COMMANDS = {
    "search": "Search Normal and Reduction cells on small images.",
    "status": "Say where a search or a tuning stands; it may be running, stopped or finished.",
    "best": "Show the best cells of a search, or the best models of a tuning, finished or not.",
    "report": ("Write a run as one HTML file: what was asked, what came of it, what to type next."),
    "draw": "Draw a cell, or with --network the whole network, as SVG, PNG or Graphviz text.",
    "profile": "Count a network's parameters and multiply-adds, cell by cell.",
    "train": "Train the network of a found or published cell from scratch.",
    "tune": (
        "Search the hyper-parameters of a Keras model of your own, written as for KerasTuner."
    ),
    "retrain": "Train the best model of a tuning anew, on training and validation data together.",
    "recurrent": "Search recurrent cells for language models of a text, as ENAS does.",
    "convert": "Write a cell in the notation of another system.",
    "code": "Write a network as one readable Python file that runs without this toolkit.",
    "spaces": "List the search spaces: what they hold, how large they are, where they are from.",
    "zoo": "List the published cells, and the size of each of their published networks.",
    "export": (
        "Write a trained network for elsewhere: the file, its labels, a model card, a drawing."
    ),
    "predict": "Classify images; each one's most probable classes.",
    "compare": "Compare controllers: on a table of measured architectures, or by real searches.",
    "bench-table": (
        "Train every network of a small cell space once, and write their accuracies as a table."
    ),
    "proxy-quality": "Compare cheap proxies with the accuracy of cells that are trained alone.",
    "reward-quality": (
        "Measure how far a search's reward is luck, and how well it ranks cells for its price."
    ),
    "data": "Say what is understood of images, and whether they are fit to search on.",
    "workers": "Offer this machine's cores to searches that run with the same scheduler.",
    "doctor": "Check this machine: versions, cores, GPU, Graphviz, data; with --bench its pace.",
    "store copy": "Copy the record of a search into a file, or into a database.",
    "transfer plan": "Choose N and F of a cell's ImageNet network for what it may cost.",
    "transfer convert": (
        "Convert class folders of images into record shards, which are faster to read."
    ),
    "transfer train": "Train the ImageNet network of a found or published cell.",
    "transfer finetune": (
        "Train on from given weights: other images, a new classifier, the lower cells frozen."
    ),
    "transfer curve": (
        "Train networks of several sizes of cells by one recipe; draw accuracy against cost."
    ),
    "transfer evaluate": (
        "Print top-1, top-5 and loss of a training's network as one JSON document."
    ),
}


def home(name: str) -> str:
    """The module of a command."""
    return f"{__package__}.{name.replace(' ', '.').replace('-', '_')}"


def load(name: str) -> type["Command"]:
    """The class of a command."""
    words = name.replace("-", " ").split()
    return getattr(importlib.import_module(home(name)), f"{''.join(map(str.title, words))}Command")
