"""The settings of the controllers without a policy network, importable without Optuna."""

import dataclasses
import math

from nasnet.controller.checks import check_share, check_whole


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class EvolutionSettings:
    """Settings of regularized evolution; the defaults are the paper's.

    Real et al., https://arxiv.org/abs/1802.01548, section 3.2 and appendix A.

    Args:
        population: members alive at a time, 100.
        tournament: members drawn, with replacement, to find each parent among, 25.
        identity: the share of children that are copies of their parent, 0.05.

    Raises:
        ValueError: a setting is out of range.
    """

    population: int = 100
    tournament: int = 25
    identity: float = 0.05

    def __post_init__(self) -> None:
        check_whole("population", self.population)
        check_whole("tournament", self.tournament)
        check_share("identity", self.identity)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SurrogateSettings:
    """Settings of surrogate search; all of them are our choice.

    Args:
        initial: random trials before the first prediction.
        batch: proposals taken from one prediction.
        candidates: architectures ranked to find them.
        parents: the best trials, of which half of the candidates are mutants.
        exploration: factor of the standard deviations that scores are drawn with; 0 for none.
        window: trials that the predictor remembers at most: when there are more, the best quarter
            of this number and the latest quarter stay.

    Raises:
        ValueError: a setting is out of range.
    """

    initial: int = 20
    batch: int = 10
    candidates: int = 1000
    parents: int = 10
    exploration: float = 1.0
    window: int = 400

    def __post_init__(self) -> None:
        check_whole("initial", self.initial, least=2)
        check_whole("batch", self.batch)
        check_whole("candidates", self.candidates, least=2)
        check_whole("parents", self.parents)
        if not 0 <= self.exploration < float("inf"):
            raise ValueError(f"exploration is {self.exploration}, expected 0 or more")
        check_whole("window", self.window, least=4)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ProgressiveSettings:
    """Settings of progressive search; the defaults are for searches of some seventy trials.

    Liu et al., https://arxiv.org/abs/1712.00559, tried 1,160 cells.

    Args:
        initial: sequences of the first level, drawn at random; in the paper all that differ, 136.
        beam: sequences that are tried at each other level, and at most so many expanded; 256 in the
            paper.
        candidates: expansions ranked to find them; all of them where there are fewer.
        window: trials that the predictor remembers at most: when there are more, the best quarter
            of this number and the latest quarter stay.

    Raises:
        ValueError: a setting is out of range.
    """

    initial: int = 20
    beam: int = 10
    candidates: int = 1000
    window: int = 400

    def __post_init__(self) -> None:
        check_whole("initial", self.initial)
        check_whole("beam", self.beam)
        check_whole("candidates", self.candidates)
        check_whole("window", self.window, least=4)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TPESettings:
    """Settings of the tree-structured Parzen estimator; the defaults are Optuna's.

    Args:
        initial: random trials before the first estimate, 10.
        candidates: samples of the good trials' density that are compared for each proposal, 24.
        multivariate: whether decisions are sampled together, not each on its own.
        window: trials that are remembered at most, our choice: when there are more, the best
            quarter of this number and the latest quarter stay. The time of a proposal is
            proportional to it. More than twice `initial`.

    Raises:
        ValueError: a setting is out of range.
    """

    initial: int = 10
    candidates: int = 24
    multivariate: bool = True
    window: int = 400

    def __post_init__(self) -> None:
        check_whole("initial", self.initial)
        check_whole("candidates", self.candidates)
        # So many that half of them are past the random beginning.
        check_whole("window", self.window, least=2 * self.initial + 3)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NSGA2Settings:
    """Settings of NSGA-II; the defaults are the paper's.

    Deb et al., A fast and elitist multiobjective genetic algorithm: NSGA-II, 2002, section V.

    Args:
        objectives: the number of values that a trial is judged by.
        population: trials in a generation, and parents of the next, 100.
        crossover: the share of children with two parents, 0.9; the others have one.
        mutation: the chance of each decision to be drawn anew; None for one decision a child.

    Raises:
        ValueError: a setting is out of range.
    """

    objectives: int = 1
    population: int = 100
    crossover: float = 0.9
    mutation: float | None = None

    def __post_init__(self) -> None:
        check_whole("objectives", self.objectives)
        check_whole("population", self.population, least=2)
        check_share("crossover", self.crossover)
        if self.mutation is not None:
            check_share("mutation", self.mutation)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LocalSearchSettings:
    """Settings of local search.

    White et al., https://arxiv.org/abs/2005.02960, section 3.

    Args:
        starts: random trials, the best of which is where a climb starts. 1 in the paper's
            algorithm 1.

    Raises:
        ValueError: a setting is out of range.
    """

    starts: int = 1

    def __post_init__(self) -> None:
        check_whole("starts", self.starts)


# Epsilon from 1.0 down to 0.1, and the different models trained at each (table 2 of the paper).
EPSILON_SCHEDULE = (
    (1.0, 1500),
    (0.9, 100),
    (0.8, 100),
    (0.7, 100),
    (0.6, 150),
    (0.5, 150),
    (0.4, 150),
    (0.3, 150),
    (0.2, 150),
    (0.1, 150),
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class QLearningSettings:
    """Settings of Q-learning; the defaults are the paper's.

    Baker et al., https://arxiv.org/abs/1611.02167, sections 4.2 and 4.3, tables 1 and 2.

    Args:
        models: different architectures over which epsilon falls from 1 to 0.1, 2,700; the shares
            of the schedule stay those of the paper. Also how many are remembered for replay.
        replay: remembered architectures that are learned from after each trial, 100.
        learning_rate: of the action values, 0.01.
        discount: of the value of what follows a choice, 1.
        trace: weight of the trajectory's reward in the target of each choice, beside the value of
            the next choice; 0 in the paper. Cells need more.
        initial_value: of every action: 0.5 in the authors' code, 0 in the paper's algorithm 1.

    Raises:
        ValueError: a setting is out of range.
    """

    models: int = 2700
    replay: int = 100
    learning_rate: float = 0.01
    discount: float = 1.0
    trace: float = 0.0
    initial_value: float = 0.5

    def __post_init__(self) -> None:
        check_whole("models", self.models)
        check_whole("replay", self.replay)
        check_share("learning_rate", self.learning_rate)
        check_share("discount", self.discount)
        check_share("trace", self.trace)
        if not math.isfinite(self.initial_value):
            raise ValueError(f"initial_value is {self.initial_value}, expected a finite number")

    def epsilon(self, models: int) -> float:
        """The share of random choices after `models` different architectures."""
        whole, until = sum(count for _, count in EPSILON_SCHEDULE), 0
        for epsilon, count in EPSILON_SCHEDULE:
            until += count
            if models * whole < until * self.models:
                return epsilon
        return EPSILON_SCHEDULE[-1][0]
