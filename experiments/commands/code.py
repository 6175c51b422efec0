"""`nasnet code`: a network as a Python file that runs without this toolkit."""

import dataclasses
from pathlib import Path
from typing import Annotated, Literal

import tyro

from nasnet.experiments.commands.base import Command
from nasnet.experiments.console.lines import print_json
from nasnet.experiments.errors import OK
from nasnet.experiments.networks.chosen import PlanFlags, choose_network
from nasnet.experiments.training.settings import with_recipe
from nasnet.runtime.files import write_atomically
from nasnet.stacking.recipe import Recipe
from nasnet.stacking.source.keras_code import keras_code
from nasnet.stacking.source.torch_code import torch_code


@dataclasses.dataclass(frozen=True)
class CodeCommand(Command):
    """Write a network as one readable Python file that runs without this toolkit.

    With keras it is of stock layers, named as here, so that what this toolkit saves as .weights.h5
    loads into it. With torch it is of PyTorch modules; `nasnet export --format torch` writes the
    weights of a run for them.

    Args:
        cell: a zoo name, a genotype or layers as JSON or in a notation of `nasnet convert` (a file,
            or the text itself), or a run directory (its best one); with --preset it may be left
            out.
        framework: keras, or torch.
        out: the file; standard output where it is left out.
        weights: with torch, the run of a training of the same network, or a file that Keras saved
            of it (.keras, .weights.h5, .h5); they are written beside OUT, as .safetensors.
        preset: the plan, image size and classes of a published network (`nasnet zoo` lists them);
            other flags overrule it.
        recipe_preset: the published training whose constants of batch normalization it has, such as
            paper-imagenet-mobile; else momentum 0.9 and epsilon 1e-5.
        stack: the plan; N=6, F=32 is the paper's CIFAR network, 6 @ 768.
        size: height and width of the images in pixels; where it is left out, the preset's, or that
            of the run directory's search, or 32.
        channels: of the images; likewise, or 3.
        classes: number of classes; likewise, or 10.
        trial: which trial of the run directory.
        json: print the files' names, or the code, as one JSON document.
    """

    cell: tyro.conf.Positional[str | None] = None
    framework: Literal["keras", "torch"] = "keras"
    out: Annotated[Path | None, tyro.conf.arg(aliases=["-o"])] = None
    weights: Path | None = None
    preset: str | None = None
    recipe_preset: str | None = None
    stack: Annotated[PlanFlags, tyro.conf.arg(name="")] = dataclasses.field(
        default_factory=PlanFlags
    )
    size: int | None = None
    channels: int | None = None
    classes: int | None = None
    trial: int | None = None
    json: bool = False

    def run(self) -> int:
        if self.weights is not None and (self.framework != "torch" or self.out is None):
            raise ValueError(
                f"weights are {str(self.weights)!r} with framework {self.framework} and out "
                f"{self.out}, expected torch and a file: Keras' own file loads what Keras saved"
            )
        chosen = choose_network(
            self.cell,
            self.stack,
            preset=self.preset,
            trial=self.trial,
            size=self.size,
            channels=self.channels,
            classes=self.classes,
        )
        recipe = Recipe() if self.recipe_preset is None else with_recipe(self.recipe_preset).recipe
        write = {"keras": keras_code, "torch": torch_code}[self.framework]
        code, files = write(chosen.network, recipe, f"{chosen.title}."), []
        if self.out is not None:
            if self.weights is not None:
                from nasnet.transfer.serving.torch_files import write_weights
                from nasnet.transfer.weights import read_weights

                files.append(self.out.with_suffix(".safetensors"))
                write_weights(files[-1], chosen.network, read_weights(self.weights).arrays)
            write_atomically(self.out, code)
            files.append(self.out)
        if self.json:
            document = {"files": list(map(str, files)), "code": None if files else code}
            print_json({"cell": chosen.name, "framework": self.framework, **document})
        elif files:
            print(*files, sep="\n")
        else:
            print(code, end="")
        return OK
