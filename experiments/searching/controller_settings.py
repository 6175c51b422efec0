"""What may be set of the controllers, all of them in one value."""

import dataclasses
from typing import Any, Literal


@dataclasses.dataclass(frozen=True)
class ControllerSettings:
    """Settings of the controller; one left out keeps the controller's own default.

    Args:
        learning_rate: of Adam; the paper's 3.5e-4 where it is left out, 8e-4 in AmoebaNet's
            re-tuning. Of Q-learning's action values.
        entropy_weight: of the policy's entropy in nats, beside the reward.
        baseline_decay: of the moving average of rewards.
        minibatch: children observed for each update.
        temperature: divides the logits.
        tanh_constant: bounds the logits to plus and minus this.
        clip: of PPO's probability ratio.
        epochs: PPO's passes over a minibatch.
        cell: of the policy network, lstm or nascell.
        population: members of evolution alive at a time, or of a generation of NSGA-II.
        tournament: members of evolution among which a parent is found.
        identity: evolution's share of children that are copies.
        starts: random children before each climb of local search.
        models: different children over which Q-learning's epsilon falls.
        replay: remembered children that Q-learning learns from after each.
        discount: Q-learning's.
        trace: of Q-learning, the weight of the reward itself in what each choice learns.
        initial_value: of Q-learning's actions.
        initial: random children before the first prediction, of the surrogate, progressive search
            and TPE.
        batch: the surrogate's proposals from one prediction.
        candidates: compared by the surrogate, progressive search and TPE.
        parents: the surrogate's best children, of which half of the candidates are mutants.
        exploration: factor of the surrogate's uncertainty.
        beam: cells of each size that progressive search tries, and expands.
        window: children that the surrogate, progressive search and TPE remember.
        multivariate: whether TPE samples decisions together.
        crossover: NSGA-II's share of children with two parents.
        mutation: NSGA-II's chance of each decision to be drawn anew.
    """

    learning_rate: float | None = None
    entropy_weight: float | None = None
    baseline_decay: float | None = None
    minibatch: int | None = None
    temperature: float | None = None
    tanh_constant: float | None = None
    clip: float | None = None
    epochs: int | None = None
    cell: Literal["lstm", "nascell"] | None = None
    population: int | None = None
    tournament: int | None = None
    identity: float | None = None
    starts: int | None = None
    models: int | None = None
    replay: int | None = None
    discount: float | None = None
    trace: float | None = None
    initial_value: float | None = None
    initial: int | None = None
    batch: int | None = None
    candidates: int | None = None
    parents: int | None = None
    exploration: float | None = None
    beam: int | None = None
    window: int | None = None
    multivariate: bool | None = None
    crossover: float | None = None
    mutation: float | None = None

    def given(self) -> dict[str, Any]:
        """The settings that were not left out."""
        values = dataclasses.asdict(self)
        return {name: value for name, value in values.items() if value is not None}
