"""What all controllers are: proposing, the checks of trials, and a state that can be restored."""

import abc
import dataclasses
import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np

from nasnet.cells import SearchSpace
from nasnet.controller.checks import check_count, check_seed, check_space
from nasnet.controller.protocol import Proposal
from nasnet.controller.state import pack, unpack

S = TypeVar("S")
# Marks a setting that states of earlier versions do not name, and that had its default there.
LATER = MappingProxyType({"later": True})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NoSettings:
    """There is nothing to set."""


class BaseController(abc.ABC, Generic[S]):
    """A controller of one's own says what to try next (`draw`) and learns from trials (`learn`).

    What it learns stands in `memory` and comes back in `recall`, so that a search that was killed
    goes on as if nothing had happened. Decisions that are not made never reach it: all choices that
    it is given have 0 there, and so have its proposals.

    Args:
        space: what may be proposed.
        settings: None stands for `Settings()`.
        seed: of every random choice, 0 or more.

    Attributes:
        name: what its state calls it; that of the class unless it is given.
        Settings: the frozen dataclass of its settings, by default without any.
        grows: whether it works only in spaces with a decision that may `TERMINATE`.
        samples: whether it is a policy, which may sample the children that train shared weights.
        multi_objective: whether it has the setting `objectives`, and `observe_objectives`.
        few_trials: settings for some hundreds of trials, where the papers had thousands. Ours are
            tuned by hand on NAS-Bench-201's CIFAR-10 for 100 to 500 trials: searched on validation
            accuracy after 12 epochs, compared by test accuracy after 200.
        later: arrays of its memory that states of earlier versions lack.
        tensorflow: whether it needs TensorFlow, which whoever makes it may import quietly before.

    Raises:
        ValueError: the space has no decisions, or the seed is negative.
    """

    name: ClassVar[str]
    Settings: ClassVar[type] = NoSettings
    grows: ClassVar[bool] = False
    samples: ClassVar[bool] = False
    multi_objective: ClassVar[bool] = False
    few_trials: ClassVar[Mapping[str, Any]] = {}
    later: ClassVar[tuple[str, ...]] = ()
    tensorflow: ClassVar[bool] = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.name = cls.__dict__.get("name", cls.__name__)

    def __init__(
        self, space: SearchSpace[Any], settings: S | None = None, *, seed: int = 0
    ) -> None:
        check_seed(seed)
        check_space(space)
        self.space, self.seed = space, seed
        self.settings: S = self.Settings() if settings is None else settings
        self.proposed = 0
        if self.grows and max(space.ends) < 0:
            raise ValueError(
                "number of decisions that may end a sequence is 0, expected at least 1, as in a "
                "space of cells that grow (--grow)"
            )

    @abc.abstractmethod
    def draw(self, rng: np.random.Generator) -> Sequence[int]:
        """The choices to try next; `rng` is made from the seed and the proposal's number."""

    def learn(self, proposal: Proposal, reward: float) -> None:
        """Learns from a finished trial."""

    def memory(self) -> dict[str, np.ndarray]:
        """What changes as it runs. Arrays that grow are empty along axis 0 when it is made."""
        return {}

    def recall(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Takes up what `memory` gave."""

    def propose(self, count: int) -> list[Proposal]:
        """`count` proposals, made with what has been observed so far.

        Raises:
            ValueError: `count` is negative.
        """
        check_count(count)
        return [Proposal(self.space.canonical(self._next())) for _ in range(count)]

    def observe(self, proposals: Sequence[Proposal], rewards: Sequence[float]) -> None:
        """Learns from finished trials, in this order.

        Raises:
            ValueError: a proposal is not of this space, or lacks a finite reward. Nothing has been
                observed then.
        """
        for proposal, reward in zip(self.checked(proposals, rewards), rewards, strict=True):
            self.learn(proposal, float(reward))

    def adopt(self, proposals: Sequence[Proposal], rewards: Sequence[float]) -> None:
        """Learns from known cells, which it did not propose, as from its own.

        That suits whoever asks only what was tried and what came of it; a policy, which learns from
        what it would have done, has to do otherwise.

        Raises:
            ValueError: as `observe`.
        """
        self.observe(proposals, rewards)

    def checked(self, proposals: Sequence[Proposal], rewards: Sequence[float]) -> list[Proposal]:
        """The proposals with 0 for all that was not decided, where each has a finite reward.

        Raises:
            ValueError: a proposal is not of this space, or lacks a finite reward.
        """
        if len(rewards) != len(proposals):
            raise ValueError(
                f"number of rewards is {len(rewards)}, expected {len(proposals)}, one a proposal"
            )
        for reward in rewards:
            if not math.isfinite(reward):
                raise ValueError(f"reward is {reward}, expected a finite number")
        return [self._canonical(proposal) for proposal in proposals]

    def state(self) -> bytes:
        """All that `restore` needs."""
        arrays = {"draws": np.array(self.proposed), **self.memory()}
        return pack(self.name, self._arguments(), arrays)

    def restore(self, state: bytes) -> None:
        """Takes up the `state` of a controller that was constructed with the same arguments.

        Raises:
            ValueError: the bytes are not such a state.
        """
        fresh = type(self)(self.space, self.settings, seed=self.seed).memory()
        specs = {
            name: (array.dtype.type, tuple(size or None for size in array.shape))
            for name, array in {"draws": np.array(0), **fresh}.items()
        }
        arrays = unpack(state, self.name, self._arguments(), specs, self.later)
        self.proposed = int(arrays.pop("draws"))
        self.recall(arrays)

    def _next(self) -> Sequence[int]:
        rng, given = np.random.default_rng((self.seed, self.proposed)), self.proposed
        self.proposed += 1
        choices = self.draw(rng)
        for number, choice in self.space.given(given).items():
            choices = self.space.replaced(self.space.canonical(choices), number, choice, rng)
        return choices

    def _canonical(self, proposal: Proposal) -> Proposal:
        choices, logs = self.space.canonical(proposal.choices), proposal.log_probs
        if len(logs) not in (0, len(choices)):
            raise ValueError(f"number of log_probs is {len(logs)}, expected 0 or {len(choices)}")
        if not all(math.isfinite(value) for value in logs):
            raise ValueError(f"log_probs are {list(logs)}, expected finite numbers")
        if logs and self.space.conditional:
            live = self.space.live([choices])[0].tolist()
            logs = tuple(value if made else 0.0 for value, made in zip(logs, live, strict=True))
        return Proposal(choices, logs)

    def _arguments(self) -> dict[str, object]:
        weights = {d.name: d.weights for d in self.space.decisions if d.weights}
        settings: dict[str, object] = dataclasses.asdict(self.settings)  # type: ignore[call-overload]
        for field in dataclasses.fields(self.settings):  # type: ignore[arg-type]
            if "later" in field.metadata and settings[field.name] == field.default:
                del settings[field.name]
        return {
            "options": self.space.counts,
            "seed": self.seed,
            **settings,
            **({"weights": weights} if weights else {}),
        }
