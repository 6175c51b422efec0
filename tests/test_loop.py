"""The search loop: what is proposed, recorded and observed, and that nothing is lost."""

import logging

import pytest

from cells import CellSpace, Genotype
from controller import CONTROLLERS, Proposal, make_controller
from search import InlineExecutor, Policy, ProcessPool, Search, TrialStore, child_seed
from tests.fakes import Share, Sick, separable_share

SPACE = CellSpace(blocks=2)


class Witness:
    """Random proposals; remembers what it was told, in its state too."""

    def __init__(self, space=SPACE, repeat=False):
        self._inner = make_controller("random", space)
        self._space, self._repeat = space, repeat
        self.observed = []

    def propose(self, count):
        if self._repeat:
            return [Proposal((0,) * len(self._space.decisions)) for _ in range(count)]
        return self._inner.propose(count)

    def observe(self, proposals, rewards):
        assert len(proposals) == len(rewards)
        self.observed += zip([p.choices for p in proposals], rewards, strict=True)

    def state(self):
        return self._inner.state()

    def restore(self, state):
        self._inner.restore(state)


def run(path, controller, policy, evaluator=None, stop_at=None, executor=None):
    """Runs a search to its end, or until `stop_at` trials have ended."""

    def on_change(search):
        if stop_at is not None and search.finished >= stop_at:
            search.stop()

    with TrialStore(path) as store:
        executor = executor or InlineExecutor(evaluator or Share())
        try:
            search = Search(SPACE, controller, store, executor, policy, on_change=on_change)
            search.run()
        finally:
            executor.close()
        return search.trials, store.trials()


def test_every_trial_is_recorded_and_observed_once(tmp_path):
    controller = Witness()
    trials, stored = run(tmp_path / "s.db", controller, Policy(20))
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
    settings = {} if name == "random" else {"minibatch": 4}

    def controller():
        return make_controller(name, SPACE, seed=3, **settings)

    policy = Policy(18, synchronous=synchronous, batch=4 if synchronous else 1)
    whole, _ = run(tmp_path / "whole.db", controller(), policy)
    for stop_at in (1, 6, 13):
        run(tmp_path / "parts.db", controller(), policy, stop_at=stop_at)
    parts, _ = run(tmp_path / "parts.db", controller(), policy)
    assert [t.proposal for t in parts] == [t.proposal for t in whole]
    assert [t.reward for t in parts] == [t.reward for t in whole]


def test_synchronous_workers_propose_what_one_worker_does(tmp_path):
    def search(path, executor):
        policy = Policy(12, synchronous=True, batch=4)
        controller = make_controller("reinforce", SPACE, minibatch=4, learning_rate=0.05)
        return run(path, controller, policy, executor=executor)[0]

    alone = search(tmp_path / "1.db", InlineExecutor(Share()))
    pool = search(tmp_path / "2.db", ProcessPool(Share(seconds=0.02), 3))
    assert [t.proposal for t in alone] == [t.proposal for t in pool]


def test_a_running_trial_of_a_dead_driver_is_run_again_as_itself(tmp_path):
    path = tmp_path / "s.db"
    run(path, Witness(), Policy(3))
    with TrialStore(path) as store:  # as a kill between start and result leaves it
        import dataclasses

        last = store.trials()[-1]
        lost = dataclasses.replace(last, state="running", reward=None, observed=False)
        store.save([lost])
    controller = Witness()
    trials, _ = run(path, controller, Policy(3))
    assert len(trials) == 3
    assert (trials[2].seed, trials[2].proposal) == (last.seed, last.proposal)
    assert trials[2].attempt == 2
    assert controller.observed == [(last.proposal.choices, last.reward)]


def test_more_trials_go_on_where_fewer_ended(tmp_path):
    run(tmp_path / "a.db", Witness(), Policy(5))
    extended, _ = run(tmp_path / "a.db", Witness(), Policy(9))
    whole, _ = run(tmp_path / "b.db", Witness(), Policy(9))
    assert [t.proposal for t in extended] == [t.proposal for t in whole]


@pytest.mark.parametrize(
    ("way", "state"),
    [("raise", "error"), ("diverge", "diverged"), ("nan", "diverged"), ("memory", "error")],
)
def test_a_failure_is_recorded_and_the_search_goes_on(tmp_path, caplog, way, state):
    controller = Witness()
    policy = Policy(4, failure_reward=-1.0)
    trials, _ = run(tmp_path / "s.db", controller, policy, Sick(way, tmp_path / "once"))
    assert [t.state for t in trials] == [state, "complete", "complete", "complete"]
    assert [reward for _, reward in controller.observed] == [-1.0, 0.5, 0.5, 0.5]
    assert trials[0].error
    assert f"trial 0 failed ({state})" in caplog.text


@pytest.mark.parametrize(("way", "state"), [("kill", "died"), ("hang", "timeout")])
def test_a_lost_process_is_recorded_and_the_search_goes_on(tmp_path, way, state):
    pool = ProcessPool(Sick(way, tmp_path / "once"), 2, timeout=0.5)
    trials, _ = run(tmp_path / "s.db", Witness(), Policy(5), executor=pool)
    assert sorted(t.state for t in trials) == ["complete"] * 4 + [state]


def test_a_network_seen_before_keeps_its_reward(tmp_path, caplog):
    caplog.set_level(logging.INFO, logger="search")
    controller = Witness(repeat=True)
    trials, _ = run(tmp_path / "s.db", controller, Policy(4))
    assert [t.reused_from for t in trials] == [None, 0, 0, 0]
    assert len({t.reward for t in trials}) == 1
    assert [t.attempt for t in trials] == [1, 0, 0, 0]
    assert len(controller.observed) == 4
    assert "trial 3 is the network of trial 0 again and takes its reward" in caplog.text


def test_a_network_that_is_being_evaluated_is_waited_for(tmp_path):
    pool = ProcessPool(Share(seconds=0.1), 2)
    trials, _ = run(tmp_path / "s.db", Witness(repeat=True), Policy(4), executor=pool)
    assert [t.reused_from for t in trials] == [None, 0, 0, 0]


def test_without_reuse_every_trial_is_evaluated(tmp_path):
    trials, _ = run(tmp_path / "s.db", Witness(repeat=True), Policy(3, reuse=False))
    assert [t.attempt for t in trials] == [1, 1, 1]
    assert len({t.seed for t in trials}) == 3


def test_a_failed_network_is_tried_again(tmp_path):
    controller = Witness(repeat=True)
    evaluator = Sick("raise", tmp_path / "once")
    trials, _ = run(tmp_path / "s.db", controller, Policy(3), evaluator)
    assert [t.state for t in trials] == ["error", "complete", "complete"]
    assert [t.reused_from for t in trials] == [None, None, 1]


def test_child_seeds_differ_and_fit_in_31_bits():
    seeds = {child_seed(seed, number) for seed in range(10) for number in range(100)}
    assert len(seeds) == 1000
    assert all(0 <= seed < 2**31 for seed in seeds)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"trials": 0}, "trials is 0, expected at least 1"),
        ({"trials": 1, "batch": 0}, "batch is 0, expected at least 1"),
        ({"trials": 1, "failure_reward": float("nan")}, "failure_reward is nan, expected"),
    ],
)
def test_bad_policies_are_refused(options, text):
    with pytest.raises(ValueError, match=text):
        Policy(**options)
