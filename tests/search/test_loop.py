"""The search loop: what is proposed, recorded and observed, and that nothing is lost."""

import dataclasses
import logging

import numpy as np
import pytest

from nasnet.cells import Genotype, GrowingCellSpace
from nasnet.cells.spaces.nasbench201 import NASBench201Cell, NASBench201Space
from nasnet.controller import CONTROLLERS, controller_class, make_controller
from nasnet.search import (
    Evaluation,
    Evaluator,
    InlineExecutor,
    LoopSettings,
    MemoryStore,
    ProcessPool,
    Rules,
    Search,
    TrialStore,
    child_seed,
    record,
)
from tests import fakes
from tests.clocks import EXECUTORS, HurriedPool
from tests.fakes import SPACE, Share, Sick, Witness, separable_share


def run(path, controller, settings, evaluator=None, stop_at=None, executor=None, **others):
    """Runs a search to its end, or until `stop_at` trials have ended."""

    def on_change(search):
        if stop_at is not None and search.finished >= stop_at:
            search.stop()

    with TrialStore(path) as store:
        executor = executor or InlineExecutor(evaluator or Share())
        try:
            space, rules = others.get("space", SPACE), others.get("rules", Rules())
            search = Search(
                space, controller, store, executor, settings, rules, on_change=on_change
            )
            search.run()
        finally:
            executor.close()
        return search.trials, store.trials()


def small(name):
    """Settings with which a controller learns within a few trials."""
    fields = [field.name for field in dataclasses.fields(controller_class(name).Settings)]
    wanted = {"minibatch": 4, "population": 5, "tournament": 2, "initial": 5, "warm_up": 5}
    wanted |= {"beam": 4}
    return {field: value for field, value in wanted.items() if field in fields}


def test_when_each_trial_was_evaluated_is_recorded(tmp_path):
    trials, stored = run(tmp_path / "s.db", Witness(), LoopSettings(5), Share(seconds=0.02))
    assert [trial.spans for trial in trials] == [trial.spans for trial in stored]
    ends = [0.0]
    for trial in trials:
        ((begin, end),) = trial.spans
        assert ends[-1] <= begin + 0.002
        assert end - begin == pytest.approx(trial.seconds, abs=0.002)
        assert set(trial.measured) == {"seed", "pid"}
        ends.append(end)
    with TrialStore(tmp_path / "s.db") as store:
        assert ends[-1] <= store.seconds() + 0.002


def test_every_trial_is_recorded_and_observed_once(tmp_path):
    controller = Witness()
    trials, stored = run(tmp_path / "s.db", controller, LoopSettings(20))
    assert trials == stored
    assert [trial.number for trial in trials] == list(range(20))
    assert [(t.proposal.choices, t.reward) for t in trials] == controller.observed
    for trial in trials:
        genotype = Genotype.from_json(trial.genotype)
        assert SPACE.encode(genotype) == trial.proposal.choices
        assert trial.reward == separable_share(genotype)
        assert trial.observed
        assert trial.key == genotype.key
        assert trial.seed == child_seed(0, trial.number)


@pytest.mark.parametrize("name", CONTROLLERS)
@pytest.mark.parametrize("synchronous", [False, True])
def test_stopping_and_going_on_changes_nothing(tmp_path, name, synchronous):
    space = GrowingCellSpace(blocks=2) if controller_class(name).grows else SPACE

    def controller():
        return make_controller(name, space, seed=3, **small(name))

    settings = LoopSettings(18, synchronous=synchronous, batch=4 if synchronous else 1)
    whole, _ = run(tmp_path / "whole.db", controller(), settings, space=space)
    for stop_at in (1, 6, 13):
        run(tmp_path / "parts.db", controller(), settings, stop_at=stop_at, space=space)
    parts, _ = run(tmp_path / "parts.db", controller(), settings, space=space)
    assert [t.proposal for t in parts] == [t.proposal for t in whole]
    assert [t.seed for t in parts] == [t.seed for t in whole]
    assert [t.reward for t in parts] == [t.reward for t in whole]


def test_synchronous_workers_propose_what_one_worker_does(tmp_path):
    def search(path, executor):
        settings = LoopSettings(12, synchronous=True, batch=4)
        controller = make_controller("reinforce", SPACE, minibatch=4, learning_rate=0.05)
        return run(path, controller, settings, executor=executor)[0]

    alone = search(tmp_path / "1.db", InlineExecutor(Share()))
    pool = search(tmp_path / "2.db", ProcessPool(Share(seconds=0.02), 3))
    assert [t.proposal for t in alone] == [t.proposal for t in pool]


def test_a_running_trial_of_a_dead_driver_is_run_again_as_itself(tmp_path):
    path = tmp_path / "s.db"
    run(path, Witness(), LoopSettings(3))
    with TrialStore(path) as store:  # as a kill between start and result leaves it
        last = store.trials()[-1]
        lost = dataclasses.replace(last, state="running", reward=None, observed=False)
        store.save([lost])
    controller = Witness()
    trials, _ = run(path, controller, LoopSettings(3))
    assert len(trials) == 3
    assert (trials[2].seed, trials[2].proposal) == (last.seed, last.proposal)
    assert trials[2].attempt == 2
    assert controller.observed == [(last.proposal.choices, last.reward)]


def test_more_trials_go_on_where_fewer_ended(tmp_path):
    run(tmp_path / "a.db", Witness(), LoopSettings(5))
    extended, _ = run(tmp_path / "a.db", Witness(), LoopSettings(9))
    whole, _ = run(tmp_path / "b.db", Witness(), LoopSettings(9))
    assert [t.proposal for t in extended] == [t.proposal for t in whole]


@pytest.mark.parametrize(
    ("way", "state"),
    [("raise", "error"), ("diverge", "diverged"), ("nan", "diverged"), ("memory", "error")],
)
def test_a_failure_is_recorded_and_the_search_goes_on(tmp_path, caplog, way, state):
    controller = Witness()
    evaluator, rules = Sick(way, tmp_path / "once"), Rules(failure_reward=-1.0)
    trials, _ = run(tmp_path / "s.db", controller, LoopSettings(4), evaluator, rules=rules)
    assert [t.state for t in trials] == [state, "complete", "complete", "complete"]
    assert [reward for _, reward in controller.observed] == [-1.0, 0.5, 0.5, 0.5]
    assert trials[0].error
    assert f"trial 0 failed ({state})" in caplog.text


@pytest.mark.parametrize(("way", "state"), [("kill", "died"), ("hang", "timeout")])
def test_a_lost_process_is_recorded_and_the_search_goes_on(tmp_path, clock, way, state):
    once = tmp_path / "once"
    if way == "hang":
        pool = HurriedPool(Sick(way, once), 2, timeout=0.5, clock=clock(*EXECUTORS), hangs=once)
    else:
        pool = ProcessPool(Sick(way, once), 2)
    trials, _ = run(tmp_path / "s.db", Witness(), LoopSettings(5), executor=pool)
    assert sorted(t.state for t in trials) == ["complete"] * 4 + [state]


def test_a_network_seen_before_keeps_its_reward(tmp_path, caplog):
    caplog.set_level(logging.INFO, logger="nasnet.search")
    controller = Witness(repeat=True)
    trials, _ = run(tmp_path / "s.db", controller, LoopSettings(4))
    assert [t.reused_from for t in trials] == [None, 0, 0, 0]
    assert len({t.reward for t in trials}) == 1
    assert [t.attempt for t in trials] == [1, 0, 0, 0]
    assert len(controller.observed) == 4
    assert "trial 3 is the network of trial 0 again and takes its reward" in caplog.text


def test_a_network_that_is_being_evaluated_is_waited_for(tmp_path):
    pool = ProcessPool(Share(seconds=0.1), 2)
    trials, _ = run(tmp_path / "s.db", Witness(repeat=True), LoopSettings(4), executor=pool)
    assert [t.reused_from for t in trials] == [None, 0, 0, 0]


def test_without_reuse_every_trial_is_evaluated(tmp_path):
    trials, _ = run(tmp_path / "s.db", Witness(repeat=True), LoopSettings(3, reuse=False))
    assert [t.attempt for t in trials] == [1, 1, 1]
    assert len({t.seed for t in trials}) == 3


def test_a_failed_network_is_tried_again(tmp_path):
    controller = Witness(repeat=True)
    evaluator = Sick("raise", tmp_path / "once")
    trials, _ = run(tmp_path / "s.db", controller, LoopSettings(3), evaluator)
    assert [t.state for t in trials] == ["error", "complete", "complete"]
    assert [t.reused_from for t in trials] == [None, None, 1]


class Convolutions(Evaluator):
    """The share of 3x3 convolutions in a cell of NAS-Bench-201."""

    def __call__(self, task):
        cell = task.architecture
        assert isinstance(cell, NASBench201Cell)
        return Evaluation(cell.operations.count("nor_conv_3x3") / 6)


def test_any_space_can_be_searched_and_gone_on_with(tmp_path):
    space = NASBench201Space()

    def search(path, trials):
        with TrialStore(path) as store:
            controller = make_controller("evolution", space, **small("evolution"))
            executor = InlineExecutor(Convolutions())
            search = Search(space, controller, store, executor, LoopSettings(trials, reuse=False))
            search.run()
            return search.trials

    whole = search(tmp_path / "whole.db", 30)
    search(tmp_path / "parts.db", 11)
    parts = search(tmp_path / "parts.db", 30)
    assert [(t.proposal, t.reward) for t in parts] == [(t.proposal, t.reward) for t in whole]
    for trial in whole:
        cell = NASBench201Cell.from_json(trial.genotype)
        assert cell == space.decode(trial.proposal.choices)
        assert (trial.key, trial.reward) == (cell.key, cell.operations.count("nor_conv_3x3") / 6)


def test_a_store_in_memory_gives_the_same_search_and_asks_for_no_state(tmp_path):
    class Stateless(Witness):
        def state(self):
            raise AssertionError("nobody needs it")

    store = MemoryStore()
    search = Search(SPACE, Stateless(), store, InlineExecutor(Share()), LoopSettings(9))
    search.run()
    durable, _ = run(tmp_path / "s.db", Witness(), LoopSettings(9))
    assert [t.proposal for t in store.trials()] == [t.proposal for t in durable]
    assert [t.reward for t in search.trials] == [t.reward for t in durable]


class Ledger(MemoryStore):
    """Counts what it is given, and takes states."""

    durable = True

    def __init__(self):
        super().__init__()
        self.saves = []

    def save(self, trials, controller_state=None):
        trials = list(trials)
        self.saves.append((len(trials), controller_state is not None))
        super().save(trials)


@pytest.mark.parametrize("seconds", [0.0, 0.025])
def test_an_iteration_is_one_transaction_and_quick_children_share_one(clock, seconds):
    clock(*EXECUTORS, fakes, record)
    store = Ledger()
    search = Search(SPACE, Witness(), store, InlineExecutor(Share(seconds)), LoopSettings(12))
    search.run()
    assert [trial.observed for trial in store.trials()] == [True] * 12
    if seconds:
        # The first start; one trial's end with the next one's start; the last end.
        assert [rows for rows, _ in store.saves] == [1, *[2] * 11, 1]
        assert all(state for _, state in store.saves)
    else:
        assert [rows for rows, _ in store.saves] == [1, 12]  # the first start, and the end


def test_what_is_running_is_saved_before_it_starts(tmp_path, clock):
    clock(*EXECUTORS, fakes, record)
    with TrialStore(tmp_path / "s.db") as store:
        states = []

        class Watching(InlineExecutor):
            def submit(self, number, task):
                states.append([trial.state for trial in store.trials()])
                super().submit(number, task)

        executor = Watching(Share(seconds=0.025))
        Search(SPACE, Witness(), store, executor, LoopSettings(3)).run()
    assert states == [["running"], ["complete", "running"], ["complete"] * 2 + ["running"]]


def test_child_seeds_differ_and_fit_in_31_bits():
    seeds = {child_seed(seed, number) for seed in range(10) for number in range(100)}
    assert len(seeds) == 1000
    assert all(0 <= seed < 2**31 for seed in seeds)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: LoopSettings(0), "trials is 0, expected at least 1"),
        (lambda: LoopSettings(1, batch=0), "batch is 0, expected at least 1"),
        (lambda: Rules(failure_reward=float("nan")), "failure_reward is nan, expected a finite"),
    ],
)
def test_what_is_out_of_range_is_refused(make, text):
    with pytest.raises(ValueError, match=text):
        make()


class Gives(Share):
    """What `give` gives."""

    def __init__(self, give):
        object.__setattr__(self, "give", give)

    def __call__(self, task, /):
        return self.give()


@pytest.mark.parametrize(
    ("give", "error"),
    [
        (lambda: 0.5, "the evaluator gave 0.5, expected an Evaluation"),
        (lambda: None, "the evaluator gave None, expected an Evaluation"),
        (lambda: Evaluation("good"), "ValueError: could not convert string to float: 'good'"),
        (
            lambda: Evaluation(0.5, {"x": np.ones(2)}),
            "TypeError: Object of type ndarray is not JSON",
        ),
    ],
)
def test_what_is_no_evaluation_fails_its_child_alone(tmp_path, give, error):
    rules = Rules(failure_reward=0.0)
    _, trials = run(tmp_path / "s.db", Witness(), LoopSettings(2), Gives(give), rules=rules)
    assert [trial.state for trial in trials] == ["error"] * 2
    assert all(trial.error.startswith(error) for trial in trials)


def test_rewards_of_other_libraries_are_numbers_in_the_record(tmp_path):
    give = lambda: Evaluation(np.float32(0.5))  # noqa: E731
    _, trials = run(tmp_path / "s.db", Witness(), LoopSettings(1), Gives(give))
    assert type(trials[0].reward) is float


class LateStart(Share):
    """The first seven children of a search of seed 0 fail."""

    def __call__(self, task, /):
        if task.seed in [child_seed(0, number) for number in range(7)]:
            raise RuntimeError("not yet")
        return super().__call__(task)


@pytest.mark.parametrize("name", CONTROLLERS)
def test_every_controller_bears_failures_that_it_hears_of_late(tmp_path, name):
    """No reward is known before the eighth child, so all seven are told of with it."""
    space = GrowingCellSpace(blocks=2) if controller_class(name).grows else SPACE

    def search(path, stop_at=None):
        controller = make_controller(name, space, seed=3, **small(name))
        return run(path, controller, LoopSettings(12), LateStart(), stop_at, space=space)[0]

    whole = search(tmp_path / "whole.db")
    search(tmp_path / "parts.db", stop_at=5)
    parts = search(tmp_path / "parts.db")
    assert [(t.proposal, t.reward) for t in parts] == [(t.proposal, t.reward) for t in whole]
    assert [trial.state for trial in whole] == ["error"] * 7 + ["complete"] * 5
    assert {trial.reward for trial in whole[:7]} == {whole[7].reward}
