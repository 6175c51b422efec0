"""Progressive search: what its process takes from one level to the next, and how it widens."""

import itertools

import numpy as np
import pytest
from scipy.stats import mannwhitneyu, spearmanr

from nasnet.cells import TERMINATE, CellSpace, Decision, GrowingCellSpace, TableSpace
from nasnet.controller import Proposal, make_controller
from nasnet.controller.models.gaussian_process import SequenceProcess
from nasnet.controller.models.predictions import normal_scores
from tests.controllers import GROWING, SPACE
from tests.strategies import ending_space

GROWTH = [i for i, end in enumerate(GROWING.ends) if end >= 0]
# Three sequences of one layer, six of two and twelve of three.
TINY = TableSpace(
    (
        Decision("0", ("a", "b", "c")),
        Decision("1", (TERMINATE, "a", "b")),
        Decision("2", ("a", TERMINATE, "b")),
    )
)
TINY_ALL = set(TINY)


def blocks(choices):
    return len(GROWING.decode(choices).normal.blocks)


def draw(rng, level):
    """Random choices of cells of `level` blocks."""
    choices = GROWING.draw_all(rng, 1)[0].tolist()
    for i in GROWTH[: level - 1]:
        choices[i] = 1
    for i in GROWTH[level - 1 : level]:
        choices[i] = 0
    return GROWING.canonical(choices)


def additive(seed):
    """A reward to which every operation of both cells adds a value of its own."""
    drawn = np.random.default_rng([seed, 1]).standard_normal(len(GROWING.operations))
    values = dict(zip(GROWING.operations, drawn, strict=True))

    def reward(choices):
        genotype = GROWING.decode(choices)
        cells = (genotype.normal, genotype.reduction)
        return sum(values[op] for cell in cells for block in cell.blocks for _, op in block.edges)

    return reward


def search(name, reward, trials, batch=1, space=GROWING, **settings):
    """The choices and rewards of a search, in order."""
    controller = make_controller(name, space, **settings)
    seen = []
    while len(seen) < trials:
        proposals = controller.propose(batch)
        rewards = [float(reward(proposal.choices)) for proposal in proposals]
        controller.observe(proposals, rewards)
        seen += [(p.choices, r) for p, r in zip(proposals, rewards, strict=True)]
    return seen, controller


def test_distances_are_the_written_ones(rng):
    space = ending_space(5, options=4)
    rows = np.array([space.sample(rng) for _ in range(30)])

    def used(row):
        return int(space.live([row]).sum())

    process = SequenceProcess(rows, rng.standard_normal(30), space)
    encoded = process._encode(rows)
    positions, names = process._distances(encoded, encoded)
    for (i, a), (j, b) in itertools.product(enumerate(rows), repeat=2):
        ends = used(a), used(b)
        both = sum(a[t] != b[t] for t in range(min(ends)))
        alone = max(ends) - min(ends)
        assert positions[i, j] == pytest.approx((both + alone / 2) / 5)
        one, other = (
            [d.options[c] for d, c in zip(space.decisions, row[:end], strict=False)]
            for row, end in ((a, used(a)), (b, used(b)))
        )
        shares = [
            abs(one.count(name) / len(one) - other.count(name) / len(other))
            for name in {*one, *other}
        ]
        assert names[i, j] == pytest.approx(sum(shares) / 2)


def test_every_kernel_of_the_grid_is_positive_definite(rng):
    rows = np.unique([draw(rng, level) for level in (1, 2, 3, 4, 5) * 12], axis=0)
    process = SequenceProcess(rows, np.zeros(len(rows)), GROWING)
    distances = process._distances(process._encoded, process._encoded)
    for scale in SequenceProcess.scales:
        kernel = np.exp(-sum(f * d for f, d in zip(scale, distances, strict=True)))
        assert np.linalg.eigvalsh(kernel).min() > -1e-9


def test_what_comes_after_the_end_contributes_nothing(rng):
    rows = np.array([draw(rng, 2) for _ in range(20)])
    process = SequenceProcess(rows, rng.standard_normal(20), GROWING)
    other = rows.copy()
    other[:, GROWTH[1] + 1 :] = GROWING.draw_all(rng, 20)[:, GROWTH[1] + 1 :]
    np.testing.assert_array_equal(process.predict(rows), process.predict(other))


def test_predictions_extrapolate_to_cells_of_one_more_block():
    found = []
    for seed in range(5):
        rng, reward = np.random.default_rng(seed), additive(seed)
        trials = [draw(rng, 1) for _ in range(20)]
        for level in (2, 3, 4, 5):
            scores = normal_scores(np.array([reward(choices) for choices in trials]))
            process = SequenceProcess(np.array(trials), scores, GROWING)
            longer = [draw(rng, level) for _ in range(100)]
            mean, _ = process.predict(np.array(longer))
            found.append(spearmanr(mean, [reward(choices) for choices in longer]).statistic)
            trials += longer[:10]
    assert np.mean(found) > 0.6  # 0.2 where similarity is by position alone
    assert min(found) > 0.3


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("mean", [False, True])  # of the mean, long cells have none the more
def test_it_beats_random_search_within_seventy_trials(seed, mean):
    added = additive(seed)

    def reward(choices):
        return added(choices) / blocks(choices) ** mean

    found = [search(name, reward, 70, seed=seed)[0] for name in ("progressive", "random")]
    tails = [[reward for _, reward in seen[-30:]] for seen in found]
    assert mannwhitneyu(*tails, alternative="greater").pvalue < 1e-3


def test_cells_grow_level_by_level_from_the_best_of_each():
    seen, _ = search("progressive", additive(0), 80)
    sizes = [blocks(choices) for choices, _ in seen]
    assert sizes == [1] * 20 + [2] * 10 + [3] * 10 + [4] * 10 + [5] * 30
    for level in (2, 3, 4, 5):
        shorter = [trial for trial in seen if blocks(trial[0]) == level - 1]
        best = sorted(shorter, key=lambda trial: -trial[1])[:10]
        parents = {choices[: GROWTH[level - 2]] for choices, _ in best}
        children = [choices for choices, _ in seen if blocks(choices) == level]
        assert {choices[: GROWTH[level - 2]] for choices in children} <= parents
    assert len({choices for choices, _ in seen}) == 80


def test_a_level_lasts_until_half_of_it_is_observed():
    controller = make_controller("progressive", GROWING, initial=6, beam=4)
    first = controller.propose(6)
    assert {blocks(proposal.choices) for proposal in first} == {1}
    controller.observe(first[:2], [0.1, 0.2])
    early = controller.propose(1)  # five are under way then
    assert blocks(early[0].choices) == 1
    controller.observe(first[2:4], [0.3, 0.4])
    assert {blocks(proposal.choices) for proposal in controller.propose(4)} == {2}


def test_nothing_is_proposed_twice_while_there_is_something_new():
    for batch in (1, 7, 30):
        settings = {"initial": 2, "beam": 2, "candidates": 200}
        seen, controller = search("progressive", sum, 21, batch, TINY, **settings)
        assert len(TINY_ALL) == 21
        assert {choices for choices, _ in seen[:21]} == TINY_ALL
        assert len(controller.propose(5)) == 5  # the space is exhausted


def test_the_report_compares_the_predictions_of_each_level_with_rewards():
    reward = additive(3)
    controller = make_controller("progressive", GROWING)
    expected, observed = [], 0
    for size in (20, 10, 10, 10, 10, 10):
        batch = controller.propose(size)
        predicted = [value for _, value in controller._predictions.pending]
        rewards = [reward(proposal.choices) for proposal in batch]
        controller.observe(batch, rewards)
        observed += size
        if observed > 20:
            expected.append((observed, pytest.approx(spearmanr(predicted, rewards).statistic)))
    assert [(r.observed, r.spearman) for r in controller.report] == expected


def test_parents_outlive_their_trials_memory():
    settings = {"initial": 4, "beam": 2, "candidates": 20, "window": 8}
    seen, _ = search("progressive", additive(0), 60, **settings)
    assert {blocks(choices) for choices, _ in seen[30:]} == {5}


def test_trials_of_others_are_expanded_too():
    controller = make_controller("progressive", TINY, initial=1, beam=1)
    controller.observe([Proposal((2, 0, 0)), Proposal((1, 0, 0))], [1.0, 0.5])
    assert controller.propose(1)[0].choices == (0, 0, 0)  # what is left of the first level
    (second,) = controller.propose(1)
    assert second.choices[0] == 2
    assert second.choices[1] > 0


@pytest.mark.parametrize("space", [SPACE, CellSpace(1), GrowingCellSpace(1)])
def test_a_space_without_an_end_is_refused(space):
    text = (
        r"^number of decisions that may end a sequence is 0, expected at least 1, as in a space of "
        r"cells that grow \(--grow\)$"
    )
    with pytest.raises(ValueError, match=text):
        make_controller("progressive", space)


@pytest.mark.parametrize(
    ("setting", "value", "least"),
    [("initial", 0, 1), ("beam", 0, 1), ("candidates", 0, 1), ("window", 3, 4)],
)
def test_settings_out_of_range_are_refused(setting, value, least):
    text = f"^{setting} is {value}, expected a whole number from {least}$"
    with pytest.raises(ValueError, match=text):
        make_controller("progressive", GROWING, **{setting: value})
