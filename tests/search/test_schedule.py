"""Time as a limit: who is begun, when a search ends, and what is known of its end before."""

import numpy as np
import pytest

from nasnet.search import BudgetSettings, LoopSettings, MemoryStore, Rules, Search, record
from nasnet.search import clock as clocks
from nasnet.search.clock import Clock
from nasnet.search.schedule import Pace
from tests.clocks import Timetable
from tests.fakes import SPACE, Ladder, Share, Witness

PLAIN = Rules()


@pytest.fixture
def hands(clock):
    return clock(clocks, record)


class Timed:
    """Searches in one store, a session after the other.

    Attributes:
        seen: the time, and what was thought to be left, whenever something changed.
    """

    def __init__(self, hands):
        self.hands, self.store, self.seen = hands, MemoryStore(), []

    def run(self, each=10.0, *, slots=2, stop_at=np.inf, rules=PLAIN, witness=None, **loop):
        """One session, with children that take so many seconds each."""
        executor = Timetable(self.hands, slots, each, Ladder() if rules.budgets else Share())

        def on_change(search):
            self.seen.append((self.hands.now, search.left))
            if self.hands.now >= stop_at:
                search.stop()

        controller, settings = (
            witness or Witness(),
            LoopSettings(**{"trials": None, "reuse": False} | loop),
        )
        search = Search(
            SPACE, controller, self.store, executor, settings, rules, on_change=on_change
        )
        search.run()
        return search


@pytest.fixture
def timed(hands):
    return Timed(hands)


@pytest.mark.parametrize("slots", [1, 2, 3])
@pytest.mark.parametrize(("limit", "each"), [(300, 10), (305, 10), (90, 40), (12, 5), (60, 60)])
def test_as_many_children_as_fit_are_begun_and_all_of_them_end(timed, slots, limit, each):
    search = timed.run(each, slots=slots, seconds=limit)
    assert search.finished == len(search.trials) == slots * (limit // each)
    assert timed.hands.now == each * (limit // each)
    assert search.over
    assert timed.store.seconds() == limit


@pytest.mark.parametrize("seed", range(5))
def test_children_of_all_sizes_end_about_when_the_time_is_up(timed, seed):
    """Nine of ten of the last ones end in time, so none that is usual ends far behind."""
    draws = np.random.default_rng(seed).lognormal(np.log(10), 0.4, 1000)
    search = timed.run(lambda number, task: draws[number], seconds=600)
    assert search.finished == len(search.trials)
    assert 600 - 25 < timed.hands.now < 600 + 15


def test_the_first_child_may_always_start(timed):
    search = timed.run(500.0, slots=2, seconds=60)
    assert search.finished == len(search.trials) == 2  # of both, nothing was known
    assert timed.hands.now == 500
    assert timed.run(500.0, seconds=60).finished == 2


def test_one_child_is_scored_where_the_time_was_up_before(timed):
    """The training of shared weights may have taken all of it."""
    timed.store.keep_seconds(100.0)
    assert timed.run(slots=3, seconds=60).finished == 1


def test_a_search_that_goes_on_has_the_time_that_is_left(timed):
    timed.run(seconds=300, stop_at=95)
    assert timed.store.seconds() == timed.hands.now == 100
    timed.hands.now += 5000  # the pause
    search = timed.run(seconds=300)
    assert search.finished == 60
    assert timed.hands.now == 5300
    assert timed.run(seconds=300).finished == 60
    assert timed.hands.now == 5300


@pytest.mark.parametrize("more", [{"seconds": 400}, {"trials": 80}, {"trials": 80, "seconds": 900}])
def test_more_time_or_more_trials_go_on(timed, more):
    timed.run(seconds=300)
    search = timed.run(**more)
    assert search.over
    assert search.finished == 80


@pytest.mark.parametrize(
    ("trials", "seconds", "finished"), [(20, 300, 20), (80, 300, 60), (None, 300, 60)]
)
def test_what_comes_first_ends_it(timed, trials, seconds, finished):
    search = timed.run(trials=trials, seconds=seconds)
    assert search.finished == finished
    assert search.over


def test_a_kill_loses_seconds_of_the_time(timed):
    class Killed(Exception):
        pass

    def each(number, task):
        if number == 4:
            raise Killed
        return 50.0

    with pytest.raises(Killed):
        timed.run(each, slots=1, seconds=900)
    assert timed.hands.now == 200
    assert 195 <= timed.store.seconds() <= 200


def test_time_is_kept_while_a_long_child_runs(timed):
    kept = []

    class Watched(MemoryStore):
        def keep_seconds(self, seconds):
            kept.append(seconds)
            super().keep_seconds(seconds)

    timed.store = Watched()
    timed.run(60.0, slots=1, seconds=60)
    assert len(kept) == 13
    assert np.diff([0, *kept[:-1]]).max() <= 5.5


def test_a_clock_knows_no_pause(hands):
    store = MemoryStore()
    first = Clock(store, 100)
    hands.now += 30
    assert (first.spent, first.left, first.over) == (30, 70, False)
    first.keep(now=True)
    hands.now += 1000
    second = Clock(store, 100)
    assert second.spent == 30
    second.use_up()
    assert (second.left, second.over, store.seconds()) == (0, True, 100)
    assert Clock(store).left == np.inf
    assert not Clock(store).over


def test_the_time_decides_how_far_a_synchronous_search_comes_and_nothing_else(hands):
    def search(each, seconds):
        timed, witness = Timed(hands), Witness()
        timed.run(each, slots=3, seconds=seconds, synchronous=True, batch=3, witness=witness)
        return witness.observed

    slow = search(lambda number, task: 1 + number % 5, 30)
    fast = search(lambda number, task: 1 + number % 2, 40)
    assert 6 < len(slow) < len(fast)
    assert fast[: len(slow)] == slow


def test_a_space_that_is_known_as_a_whole_ends_a_search_before_its_time(timed, caplog):
    search = timed.run(slots=1, seconds=3600, witness=Witness(repeat=True), reuse=True)
    assert search.over
    assert search.finished == 1001
    assert timed.hands.now == 10
    assert "the last 1000 proposals were no new networks" in caplog.text


def test_results_are_taken_while_proposals_are_known_networks(timed):
    """Or the slot beside would wait until something new is found."""
    waits = []

    class Impatient(Timetable):
        def wait(self, timeout):
            waits.append(timeout)
            return super().wait(timeout)

    class Converged(Witness):
        """Two networks, and then the first of them for ever."""

        def propose(self, count):
            self.first = getattr(self, "first", None) or super().propose(2)
            return [self.first.pop() if len(self.first) > 1 else self.first[0]]

    executor = Impatient(timed.hands, 2, lambda number, task: 30.0 - 20 * number, Share())
    settings = LoopSettings(400, seconds=60)
    search = Search(SPACE, Converged(), timed.store, executor, settings)
    search.run()
    assert search.finished == 400
    assert timed.hands.now == 30
    assert waits.count(0.0) >= 3


# How long the n-th task takes; the first of each of two processes is traced.
PATTERNS = {
    "equal": lambda number, task: 10.0,
    "slow first": lambda number, task: 60.0 if number < 2 else 10.0,
    "varied": lambda number, task: 5.0 + (7 * number) % 11,
    "slow first, varied": lambda number, task: (5.0 + (7 * number) % 11) * (1 + 5 * (number < 2)),
}


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize(
    "loop", [{"trials": 100}, {"seconds": 600}, {"trials": 70, "seconds": 350}]
)
def test_the_end_is_known_after_a_fifth_of_the_time(timed, pattern, loop):
    timed.run(PATTERNS[pattern], **loop)
    end = timed.hands.now
    later = [(now, left) for now, left in timed.seen if now >= end / 5]
    assert len(later) > 50
    for now, left in later:
        assert abs(now + left - end) <= 0.2 * end
    now, left = later[0]
    assert left == pytest.approx(end - now, rel=0.2)


def test_known_networks_count_in_what_is_left(timed):
    """Half of the children cost nothing, and so will half of those to come."""

    class Twice(Witness):
        def propose(self, count):
            assert count == 1
            self.turn = not getattr(self, "turn", False)
            if self.turn:
                self.last = super().propose(1)
            return self.last

    timed.run(slots=1, trials=100, witness=Twice(), reuse=True)
    end = timed.hands.now
    assert end == 500
    assert all(abs(now + left - end) <= 30 for now, left in timed.seen if now >= 100)


def test_nothing_is_known_before_the_first_child_has_ended(timed):
    timed.run(trials=3)
    assert timed.seen[0] == (0, None)


def budgets(kind):
    return Rules(budgets=BudgetSettings(kind).make(epochs=9))


def epochs(number, stage):
    """A second an epoch."""
    return float(stage.epochs - {1: 0, 3: 1, 9: 3}[stage.epochs])


@pytest.mark.parametrize("slots", [1, 2])
def test_a_cohort_is_begun_where_there_is_time_for_all_of_it(timed, slots):
    """Nine children of one epoch, three of two more, one of six more: 21 s, or 5 + 4 + 6 on two."""
    whole = {1: 21, 2: 15}[slots]
    rules = budgets("halving")
    search = timed.run(epochs, slots=slots, rules=rules, seconds=3 * whole + 5)
    assert {trial.state for trial in search.trials} == {"complete", "stopped"}
    assert len(search.trials) % 9 == 0
    assert len(search.trials) >= 27
    assert timed.hands.now <= 3 * whole + 5


@pytest.mark.parametrize("kind", ["halving", "hyperband", "asha"])
def test_what_was_begun_goes_on_with_more_time(timed, kind):
    """The first cohort may be cut by the time; what waits then goes on first."""
    rules = budgets(kind)
    first = timed.run(epochs, slots=1, rules=rules, seconds=12)
    assert timed.hands.now <= 12
    left = [trial.number for trial in first.trials if not trial.done]
    second = timed.run(epochs, slots=1, rules=budgets(kind), seconds=200)
    assert all(second.trials[number].done for number in left)
    assert all(trial.done for trial in second.trials if trial.number < 9)
    assert 150 < timed.hands.now <= 200


def test_a_stage_is_begun_where_there_is_time_for_it(timed):
    """The third stage, of six epochs, is not begun with three seconds left."""
    rules = budgets("asha")
    timed.run(epochs, slots=1, rules=rules, seconds=100)
    assert timed.hands.now <= 100


def test_a_pace_leaves_out_the_first_task_of_each_process():
    pace = Pace()
    assert pace.mean is None
    assert pace.longest() is None
    for seconds in (50.0, 70.0):
        pace.add(seconds, first=True)
    assert (pace.mean, pace.longest()) == (60, 70)
    for seconds in range(1, 11):
        pace.add(float(seconds))
    assert (pace.mean, pace.longest()) == (5.5, 9)
    pace.add(8.0, size=4)
    assert pace.longest(4) == 8
    assert pace.longest(2) == 18  # two of the slow ones of size 1


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"trials": None}, "trials and seconds are None, expected at least one of the two"),
        ({"trials": 0, "seconds": 5}, "trials is 0, expected at least 1"),
        ({"trials": None, "seconds": 0.0}, "seconds is 0.0, expected above 0"),
        ({"trials": 3, "seconds": float("nan")}, "seconds is nan, expected above 0"),
    ],
)
def test_a_search_without_an_end_is_refused(settings, text):
    with pytest.raises(ValueError, match=text):
        LoopSettings(**settings)
