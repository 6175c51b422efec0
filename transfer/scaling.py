"""How often and how wide: the plans of a cell that use up what they may cost.

A found cell becomes an ImageNet network by two numbers alone, N and F: normal cells in a stage, and
channels of the first stage's operations. The paper chose them by hand for a limit of multiply-adds
and writes N @ P, where P, the channels of the last output, is 4 F times the states that the Normal
cell emits (https://arxiv.org/abs/1707.07012, sections 3 and 4). Here every N gets the widest F that
limits allow, counted in closed form.
"""

import dataclasses
import re
from collections.abc import Callable, Iterator

from nasnet.cells import ZOO, Genotype, Limits, network_cost
from nasnet.stacking.network import CellFrame, CellNetwork
from nasnet.stacking.plan import NUM_STAGES, Stack
from nasnet.stacking.presets import PRESETS

# F / 4 and F / 2 of the stem's cells are then whole, as in the paper's networks and as Keras asks.
STEP = 4
_FIRST_GUESS = 32  # filters of the first network that is measured where nothing else bounds them


@dataclasses.dataclass(frozen=True, slots=True)
class Candidate:
    """A plan within the limits, and what its network costs.

    Attributes:
        plan: as the papers write it, "4@1056".
        stack: the plan.
        parameters: trainable ones.
        mult_adds: of one image.
        latency_ms: of one image, None where it was not asked for.
        share: of the limit that it comes nearest to.
    """

    plan: str
    stack: Stack
    parameters: int
    mult_adds: int
    latency_ms: float | None
    share: float


def scale(
    genotype: Genotype,
    limits: Limits,
    frame: CellFrame | None = None,
    *,
    repeats: tuple[int, int] = (3, 8),
    step: int = STEP,
    latency: Callable[[CellNetwork], float] | None = None,
) -> list[Candidate]:
    """For every N the widest network within the limits, the one that uses most of them first.

    Costs rise with F, so F is found by bisection. A latency is measured for plans within the other
    limits alone, near the F at which earlier measurements expect the limit: two or three an N.

    Args:
        genotype: the cells.
        limits: all hold; at least one is given.
        frame: images, classes, and all of the plan but N and F; where it is None those of ImageNet
            and `base_plan`.
        repeats: the least and the greatest N; the published networks have 3 to 7.
        step: F is a multiple of it.
        latency: measures a network in milliseconds; needed for a limit of latency.

    Raises:
        ValueError: no network is small enough, an argument is out of range, or no network can be
            built of images of this size.
    """
    if not 1 <= repeats[0] <= repeats[1]:
        raise ValueError(f"repeats is {repeats}, expected two rising numbers from 1")
    if step < 1:
        raise ValueError(f"step is {step}, expected at least 1")
    if limits == Limits():
        raise ValueError("limits are empty, expected one or more")
    if limits.latency_ms is not None and latency is None:
        raise ValueError("latency is None, expected a measurement for a limit of latency")
    frame = frame or CellFrame(base_plan(genotype), (224, 224, 3), 1000)
    search = _Search(genotype, limits, frame, step, latency)
    found = [*search.run(range(repeats[0], repeats[1] + 1))]
    if not found:
        smallest = search.candidate(repeats[0], search.lowest)
        raise ValueError(
            f"smallest network is {smallest.plan} with {smallest.parameters:,} parameters and "
            f"{smallest.mult_adds:,} multiply-adds, {smallest.share:.3g} times the limit, "
            "expected higher limits"
        )
    return sorted(found, key=lambda candidate: (-candidate.share, candidate.stack.repeats))


class _Search:
    """The search of `scale`; its numbers `k` stand for F = k * step."""

    def __init__(
        self,
        genotype: Genotype,
        limits: Limits,
        frame: CellFrame,
        step: int,
        latency: Callable[[CellNetwork], float] | None,
    ) -> None:
        self._genotype, self._limits, self._frame, self._step = genotype, limits, frame, step
        self._latency = latency if limits.latency_ms is not None else None
        self._known: dict[Stack, tuple[int, int]] = {}
        self._times: dict[Stack, float] = {}
        # Twice the least, so that the stem's first cell has channels to share between two paths.
        self.lowest = -(-(2 ** (frame.stack.stem_cells + 1)) // step)

    def run(self, repeats: range) -> Iterator[Candidate]:
        """The widest candidate of every N that has one."""
        for n in repeats:
            k = self._widest(n)
            if k is not None:
                yield self.candidate(n, k)

    def candidate(self, n: int, k: int) -> Candidate:
        """The plan of N and F, with what is known of its costs."""
        stack = self._stack(n, k)
        (mult_adds, parameters), time = self._counts(stack), self._times.get(stack)
        return Candidate(
            plan=plan_text(stack, self._genotype),
            stack=stack,
            parameters=parameters,
            mult_adds=mult_adds,
            latency_ms=time,
            share=self._limits.share(mult_adds, parameters, time),
        )

    def _widest(self, n: int) -> int | None:
        def fits(k: int) -> bool:
            return self._counts_fit(n, k) and self._in_time(n, k)

        if self._latency is None:
            return _largest(fits, self.lowest, self.lowest)
        return _largest(fits, self.lowest, self._guess(n))

    def _guess(self, n: int) -> int:
        """Where the latency may reach its limit, or the counts theirs."""
        if not self._times:
            usual = _FIRST_GUESS // self._step
            first = _largest(lambda k: k <= usual and self._counts_fit(n, k), self.lowest, usual)
            self._in_time(n, first or self.lowest)
        # An operation's overhead is the same at every width, so the last measurement, of a network
        # with one cell less in a stage and about the same latency, tells most.
        known, time = list(self._times.items())[-1]
        most = self._counts(known)[0] * float(self._limits.latency_ms or 0) / time

        def expected(k: int) -> bool:
            return self._counts_fit(n, k) and self._counts(self._stack(n, k))[0] <= most

        return _largest(expected, self.lowest, self.lowest) or self.lowest

    def _counts_fit(self, n: int, k: int) -> bool:
        return self._limits.share(*self._counts(self._stack(n, k))) <= 1

    def _in_time(self, n: int, k: int) -> bool:
        stack = self._stack(n, k)
        if self._latency is None or self._limits.latency_ms is None:
            return True
        if stack not in self._times:
            self._times[stack] = self._latency(self._network(stack))
        return self._times[stack] <= self._limits.latency_ms

    def _stack(self, n: int, k: int) -> Stack:
        return dataclasses.replace(self._frame.stack, repeats=n, filters=k * self._step)

    def _network(self, stack: Stack) -> CellNetwork:
        return dataclasses.replace(self._frame, stack=stack).network(self._genotype)

    def _counts(self, stack: Stack) -> tuple[int, int]:
        """Multiply-adds and trainable parameters."""
        if stack not in self._known:
            cost, _ = network_cost(self._network(stack))
            self._known[stack] = cost.mult_adds, cost.trainable_parameters
        return self._known[stack]


def _largest(fits: Callable[[int], bool], lowest: int, guess: int) -> int | None:
    """The largest number from `lowest` that fits, where all below it do; None where none does.

    A good guess needs two questions: strides double away from it, and what is between is halved.
    """
    stride, guess = 1, max(guess, lowest)
    if fits(guess):
        good, bad = guess, guess + 1
        while fits(bad):
            stride *= 2
            good, bad = bad, bad + stride
    else:
        good, bad = max(guess - 1, lowest), guess
        while not fits(good):
            if good == lowest:
                return None
            stride *= 2
            good, bad = max(good - stride, lowest), good
    while bad - good > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if fits(middle) else (good, middle)
    return good


def plan_text(stack: Stack, genotype: Genotype) -> str:
    """The plan as the papers write it, without blanks: "4@1056"."""
    unit = 2 ** (NUM_STAGES - 1) * len(genotype.normal.concat)
    return f"{stack.repeats}@{stack.filters * unit}"


def base_plan(genotype: Genotype) -> Stack:
    """All of an ImageNet plan but N and F, which stand at some published or default values.

    For a cell with a published ImageNet network its stem, wiring and conventions (of several the
    first in `PRESETS`, which is the smallest); for another one of the zoo its conventions, and
    otherwise those of NASNet, on an "imagenet" stem.
    """
    for preset in PRESETS.values():
        if preset.genotype == genotype and preset.stack.stem != "cifar":
            return dataclasses.replace(preset.stack, stem_filters=None)
    for entry in ZOO.values():
        if entry.genotype == genotype:
            return Stack(stem="imagenet", conventions=entry.conventions)
    return Stack(stem="imagenet")


def parse_plan(text: str, genotype: Genotype, base: Stack | None = None) -> Stack:
    """The plan that `plan_text` wrote; blanks around its parts do not matter.

    Args:
        text: N @ P, such as "4@1056".
        genotype: the cells.
        base: all of the plan but N and F; that of `base_plan` where it is None.

    Raises:
        ValueError: the text is another, or no F gives such a P.
    """
    match = re.fullmatch(r"\s*([0-9]{1,9})\s*@\s*([0-9]{1,9})\s*", text)
    if match is None:
        raise ValueError(f"plan is {text!r}, expected N@P such as 4@1056")
    plain = Stack.from_penultimate(int(match[1]), int(match[2]), genotype)
    base = base_plan(genotype) if base is None else base
    return dataclasses.replace(base, repeats=plain.repeats, filters=plain.filters)
