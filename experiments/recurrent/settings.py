"""What a search of recurrent cells is: every setting in one value, as JSON in the run directory."""

import dataclasses
from typing import Annotated, Literal

import tyro

from nasnet.cells.recurrent.gates import GATED_CELLS
from nasnet.cells.recurrent.zoo import RECURRENT_ZOO
from nasnet.cells.spaces.recurrent import RecurrentSpace
from nasnet.cells.spaces.tree import TreeSpace
from nasnet.controller import parse_controller
from nasnet.data.text import Unit
from nasnet.experiments.runs.run import Run, RunKind
from nasnet.runtime.checks import check_fields, check_known
from nasnet.stacking.recurrent.recipe import LanguageRecipe

POLICY = "reinforce,minibatch=1,hidden=64,learning_rate=1e-3,entropy_weight=1e-4"


@dataclasses.dataclass(frozen=True)
class RecurrentSettings:
    """Settings of a search of recurrent cells.

    Args:
        data: a text file, as it is or with gzip, or a folder with train.txt, valid.txt and
            test.txt.
        unit: what is predicted.
        symbols: most of the vocabulary.
        space: graphs, as ENAS searches them, or trees, as NAS does.
        nodes: of a graph, N; 12 in the paper.
        leaves: of a tree, b; 8 in the paper.
        units: of the hidden state, H; 1,000 in the paper.
        output: what of a graph is its output: the mean of all nodes but the first, or of the loose
            ends as in the paper.
        controller: what proposes cells, with settings as of nasnet search.
        rounds: of training the shared weights and then the controller.
        shared_steps: updates of the shared weights in a round, each for a new cell.
        controller_steps: cells in a round whose perplexities teach the controller.
        windows: of validation text, 16 rows of recipe.steps symbols each, for one such perplexity.
        samples: cells that the controller proposes at the end.
        final_windows: for their perplexities, under the shared weights.
        best: of them trained alone, each with a number of seeds.
        random: random cells that are trained like these.
        references: known cells that are trained like these, with as many parameters as they fit:
            lstm, nascell, enas-recurrent, darts-recurrent.
        seeds: trainings of each.
        epochs: of each training.
        seed: of everything random.
        recipe: of the shared weights and of the trainings.
    """

    data: str = ""
    unit: Unit = "characters"
    symbols: int = 10_000
    space: Literal["graphs", "trees"] = "graphs"
    nodes: int = 6
    leaves: int = 8
    units: int = 96
    output: Literal["all", "loose"] = "all"
    controller: str = POLICY
    rounds: int = 40
    shared_steps: int = 100
    controller_steps: int = 50
    windows: int = 4
    samples: int = 50
    final_windows: int = 20
    best: int = 3
    random: int = 3
    references: tuple[str, ...] = ("lstm", "nascell", "enas-recurrent")
    seeds: int = 3
    epochs: int = 1
    seed: int = 0
    recipe: Annotated[LanguageRecipe, tyro.conf.arg(name="")] = LanguageRecipe()

    def __post_init__(self) -> None:
        check_fields(self, symbols=2, nodes=2, units=1, seed=0, rounds=1, shared_steps=1)
        check_fields(self, controller_steps=1, windows=1, samples=1, final_windows=1)
        check_fields(self, best=1, random=0, seeds=1, epochs=1)
        self.search_space()
        for name in self.references:
            check_known("reference", name, (*GATED_CELLS, *RECURRENT_ZOO))
        object.__setattr__(self, "controller", parse_controller(self.controller).text)

    def search_space(self) -> RecurrentSpace | TreeSpace:
        """What is searched."""
        return RecurrentSpace(self.nodes) if self.space == "graphs" else TreeSpace(self.leaves)


RECURRENT = RunKind(
    "nasnet-recurrent",
    "search of recurrent cells",
    "recurrent",
    RecurrentSettings,
    may_change=("data", "seeds", "random", "references"),
)
RecurrentRun = Run[RecurrentSettings]
