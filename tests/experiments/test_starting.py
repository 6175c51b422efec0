"""Searches that start from known cells: which fit, what is evaluated, whose results hold."""

import json
import shutil

import pytest

from nasnet.cells import NASNET_OPERATIONS, ZOO, Block, Cell, CellSpace, Genotype
from nasnet.controller import CONTROLLERS, controller_class
from nasnet.experiments.searching import driver
from nasnet.experiments.searching.settings import SearchSettings
from nasnet.experiments.searching.starting import starting_trials
from nasnet.search import InlineExecutor, LoopSettings, Search, TrialStore
from nasnet.search.settings import child_seed
from nasnet.stacking.plan import Stack
from tests.controllers import QUICK
from tests.experiments.test_time_limit import UNTRAINED
from tests.fakes import Share, separable_share


def stored(path):
    with TrialStore(path / "nasnet.db", create=False) as store:
        return store.trials()


@pytest.fixture
def cells(tmp_path):
    """Files of two cells of two blocks, the second of which is worth more here."""
    paths = []
    for name, operation in (("poor", "identity"), ("good", "sep_conv_3x3")):
        cell = Cell((Block(0, 1, operation, operation), Block(1, 2, operation, "identity")))
        paths.append(tmp_path / f"{name}.json")
        paths[-1].write_text(Genotype(cell, cell).to_json())
    return paths


@pytest.mark.parametrize("name", ["nasnet-a", "nasnet-a-strict", "darts-v2", "enas", "pnasnet-5"])
def test_published_cells_are_the_first_trials(name, capsys):
    """With the outputs of the space, which no published code keeps to."""
    genotype = ZOO[name].genotype
    blocks = len(genotype.normal.blocks)
    names = {
        op for c in (genotype.normal, genotype.reduction) for b in c.blocks for _, op in b.edges
    }
    settings = SearchSettings(blocks=blocks, operations=tuple(names), start_from=(name,), seed=4)
    (trial,) = starting_trials(settings)
    found = Genotype.from_json(trial.genotype)
    assert found.normal.blocks == genotype.normal.blocks
    assert found.reduction.blocks == genotype.reduction.blocks
    assert found.normal.concat == found.normal.loose_ends
    assert settings.search_space().decode(trial.proposal.choices) == found
    assert (trial.number, trial.seed, trial.origin) == (0, child_seed(4, 0), name)
    assert (trial.state, trial.key) == ("waiting", found.key)
    same = found == genotype
    assert ("emits other states than its loose ends" in capsys.readouterr().err) != same


def test_cells_of_all_sizes_fit_a_space_in_which_they_grow():
    names, operations = ("darts-v2", "nasnet-a", "enas"), (*NASNET_OPERATIONS, "dil_sep_conv_3x3")
    settings = SearchSettings(grow=True, operations=operations, start_from=names)
    assert tuple(trial.origin for trial in starting_trials(settings)) == names


def test_a_network_comes_once():
    settings = SearchSettings(start_from=("nasnet-a", "enas", "nasnet-a-strict", "enas"))
    trials = starting_trials(settings)
    assert [(trial.number, trial.origin) for trial in trials] == [(0, "nasnet-a"), (1, "enas")]


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        (
            "darts-v2",
            "start_from darts-v2 is not in the space: normal cell has 4 blocks, expected 5",
        ),
        (
            "nasnet-a --blocks 3",
            "start_from nasnet-a is not in the space: normal cell has 5 blocks",
        ),
        (
            "nasnet-a --operations identity sep_conv_3x3",
            "normal cell's operation is 'sep_conv_5x5', expected one of: identity, sep_conv_3x3",
        ),
        ("nasnet-x", "cell is 'nasnet-x', expected a JSON file, a run directory, or one of: nas"),
        (
            "enas nasnet-a --trials 1",
            "start_from has 2 cells to evaluate, expected at most trials, 1",
        ),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_is_written(
    flags, text, tmp_path, invoke, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    code, out, err = invoke("search", "--data", "shapes10", "--start-from", *flags.split())
    assert code in (2, 3)
    assert out == ""
    assert text in " ".join(err.split())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", CONTROLLERS)
@pytest.mark.parametrize("grow", [False, True])
def test_every_controller_starts_from_known_cells_and_goes_on(name, grow, cells, tmp_path):
    """The same search, whether it is stopped or not; nothing is evaluated twice."""
    kind = controller_class(name)
    if kind.grows and not grow:
        pytest.skip("it needs cells that grow")
    fields = QUICK.get(name, {})
    text = ",".join([name, *(f"{key}={value}" for key, value in fields.items())])
    paths = tuple(map(str, cells))
    settings = SearchSettings(
        data="shapes10", controller=text, blocks=2, grow=grow, start_from=paths, trials=9
    )
    first, space = starting_trials(settings), settings.search_space()

    def search(path, *ends):
        with TrialStore(path) as store:
            if not store.trials():
                store.save(first)
            for end in ends:
                controller = settings.chosen.make(space, 0)
                loop = LoopSettings(end, reuse=False)
                Search(space, controller, store, InlineExecutor(Share()), loop).run()
            return store.trials(), controller.state()

    whole, state = search(tmp_path / "whole.db", 9)
    parts, other = search(tmp_path / "parts.db", 1, 2, 5, 9)
    assert [(t.proposal, t.reward) for t in parts] == [(t.proposal, t.reward) for t in whole]
    assert state == other
    assert [t.attempt for t in whole] == [1] * 9
    assert [t.origin for t in whole] == ["poor", "good", *[""] * 7]
    assert all(
        t.observed and t.reward == separable_share(Genotype.from_json(t.genotype)) for t in whole
    )


def test_a_search_evaluates_known_cells_first_and_says_which_they_are(cells, tmp_path, invoke):
    path = tmp_path / "run"
    code, out, err = invoke("search", *UNTRAINED, "--start-from", *cells, "--out", path)
    assert code == 0, err
    assert "1 (good)" in out
    trials = stored(path)
    assert [t.origin for t in trials] == ["poor", "good", ""]
    assert [t.state for t in trials] == ["complete"] * 3
    code, _, err = invoke("search", "--resume", path, "--trials", 4)
    assert code == 0, err
    assert "resuming: 3 of 4 trials are done" in err
    assert [t.attempt for t in stored(path)] == [1] * 4
    best = json.loads(invoke("best", path, "--json")[1])
    assert {row["trial"]: row["origin"] for row in best} == {0: "poor", 1: "good", 2: "", 3: ""}


def test_results_of_a_search_like_it_are_taken_over(cells, tmp_path, invoke):
    """They are no trials of the new one, and no child is evaluated again."""
    first, second = tmp_path / "first", tmp_path / "second"
    flags = [*UNTRAINED, "--start-from", cells[0]]
    assert invoke("search", *flags, "--out", first)[0] == 0
    more = ["--start-from", first, "--controller", "evolution,population=2"]
    code, _, err = invoke("search", *UNTRAINED, *more, "--out", second)
    assert code == 0, err
    assert f"start from {first}: its 3 cells with the results of that search" in " ".join(
        err.split()
    )
    assert "resuming" not in err
    before, after = stored(first), stored(second)
    assert [t.imported for t in after] == [True] * 3 + [False] * 3
    assert all(len(t.spans) == t.attempt for t in after)  # of this search's own time
    assert all(t.attempt == 1 or t.reused_from is not None for t in after[3:])
    for old, new in zip(before, after[:3], strict=True):
        assert (new.reward, new.key, new.origin) == (old.reward, old.key, f"first:{old.number}")
        assert new.observed
    status = json.loads(invoke("status", second, "--json")[1])
    assert (status["done"], status["imported"], status["over"]) == (3, 3, True)
    shutil.rmtree(first)
    assert invoke("search", "--resume", second, "--trials", 4)[0] == 0
    assert len(stored(second)) == 7


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        ("--stack.filters 4", "stack.filters is 2 there and 4 here"),
        ("--recipe.epochs 2", "recipe.epochs is 1 there and 2 here"),
        ("--evaluator mult_adds", "evaluator is parameters there and mult_adds here"),
        ("--seed 1", "its children were trained or judged on other images"),
        ("--val-images 30", "its children were trained or judged on other images"),
    ],
)
def test_where_results_do_not_hold_the_cells_are_evaluated_again(
    flags, reason, tmp_path, invoke, finished_untrained
):
    path = tmp_path / "run"
    flags = [*flags.split(), "--start-from", f"{finished_untrained}:1"]
    code, _, err = invoke("search", *UNTRAINED, *flags, "--out", path)
    assert code == 0, err
    assert f"its cell will be evaluated again: {reason}" in " ".join(err.split())
    trials = stored(path)
    assert [t.origin for t in trials] == ["known:1", "", ""]
    assert trials[0].attempt == 1


@pytest.fixture(scope="module")
def finished_untrained(tmp_path_factory):
    from nasnet.experiments import cli

    path = tmp_path_factory.mktemp("runs") / "known"
    assert cli.run(lambda: cli.parse(["search", *UNTRAINED, "--out", str(path)]).run()) == 0
    return path


def test_a_network_that_is_proposed_again_takes_the_result_that_came_with_it(
    tmp_path, finished_untrained
):
    """Of a trial of the new search, with `reuse`; and what is told is not told twice."""
    settings = SearchSettings(
        data="shapes10", blocks=2, train_images=64, val_images=40, stack=Stack(1, 2),
        evaluator="parameters", start_from=(str(finished_untrained),), trials=2,
    )  # fmt: skip
    run = driver.begin(settings, tmp_path / "run")
    known = stored(run.path)
    assert [t.state for t in known] == ["complete"] * 3
    from tests.fakes import Witness

    witness = Witness(repeat=True)
    witness.propose = lambda count: [known[1].proposal] * count
    with TrialStore(run.store) as store:
        search = Search(CellSpace(2), witness, store, InlineExecutor(Share()), LoopSettings(2))
        search.run()
    assert search.finished == 2
    assert [t.reused_from for t in search.trials[3:]] == [1, 1]
    assert [t.origin for t in search.trials[3:]] == ["", ""]
    assert [choices for choices, _ in witness.observed] == [
        *(t.proposal.choices for t in known),
        *[known[1].proposal.choices] * 2,
    ]


def test_a_run_without_a_result_and_a_trial_that_is_none_are_refused(
    tmp_path, invoke, finished_untrained
):
    code, _, err = invoke("search", "--dry-run", "--start-from", f"{finished_untrained}:9")
    assert code == 3
    assert f"trial is 9, expected 0 to 2 in {finished_untrained}" in " ".join(err.split())
    empty = driver.begin(SearchSettings(data="shapes10", trials=1), tmp_path / "empty")
    code, _, err = invoke("search", "--dry-run", "--start-from", empty.path)
    assert code == 3
    assert "has no finished trial yet" in err


def test_a_dry_run_shows_what_it_would_start_from(tmp_path, invoke, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, _ = invoke("search", "--dry-run", "--start-from", "enas")
    assert code == 0
    (row,) = json.loads(out)["start_from"]
    assert (row["cell"], row["reward"]) == ("enas", None)
    assert list(tmp_path.iterdir()) == []


def test_all_controllers_of_a_comparison_start_from_the_same(tmp_path, invoke, cells):
    flags = "--evaluator child --data shapes10 --controllers random,evolution --runs 1 --budget 3"
    flags += " --search.evaluator parameters --search.blocks 2 --search.train-images 20"
    folder = tmp_path / "x"
    words = [*flags.split(), "--search.workers", 1, "--search.start-from", *cells, "-o", folder]
    code, _, err = invoke("compare", *words)
    assert code == 0, err
    for name in ("random-0", "evolution-0"):
        trials = stored(folder / "runs" / name)
        assert [trial.origin for trial in trials] == ["poor", "good", ""]
    code, _, err = invoke("compare", *flags.split(), "--search.start-from", "enas")
    assert code == 2
    assert "start_from enas is not in the space: normal cell has 5 blocks, expected 2" in err
