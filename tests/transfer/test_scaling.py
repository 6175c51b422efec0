"""N and F within limits: published networks, brute force, and what a person may type."""

import dataclasses
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nasnet.cells import NASNET_A, NASNET_A_STRICT, ZOO, Limits, network_cost
from nasnet.experiments import cli
from nasnet.experiments.commands.transfer import plan as transfer_plan
from nasnet.experiments.commands.transfer.plan import TransferPlanCommand
from nasnet.experiments.commands.transfer.train import TransferTrainCommand
from nasnet.experiments.transfer.settings import preset_settings
from nasnet.stacking import PRESETS, Stack
from nasnet.stacking.network import CellFrame, CellNetwork
from nasnet.transfer.quantities import parse_count, parse_milliseconds
from nasnet.transfer.scaling import base_plan, parse_plan, plan_text, scale
from tests.strategies import genotypes

LARGE = dataclasses.replace(base_plan(NASNET_A), stem_filters=96, skip_reduction_input=True)


@pytest.fixture
def invoke(capsys):
    def call(line):
        command = TransferPlanCommand.parse(line.split(), "nasnet transfer plan")
        code = cli.run(command.run)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def within(most):
    return Limits(mult_adds=most)


@pytest.mark.parametrize(
    ("cell", "limits", "size", "base", "plan", "filters", "parameters", "mult_adds"),
    [
        # Table 2 of the paper: 5.3M and 564M, 88.9M and 23.8B.
        ("nasnet-a", within(600_000_000), 224, None, "4@1056", 44, 5_289_978, 563_638_816),
        ("nasnet-a", Limits(parameters=5_300_000), 224, None, "4@1056", 44, 5_289_978, 563_638_816),
        ("nasnet-a", within(24 * 10**9), 331, LARGE, "6@4032", 168, 88_753_150, 23_783_414_658),
        # DARTS' ImageNet network, 4.7M, AmoebaNet-B's and PNASNet-5's, 5.3M and 5.1M; the latter as
        # Keras counts networks of odd widths.
        ("darts-v2", within(533_000_000), 224, None, "4@768", 48, 4_718_752, None),
        ("amoebanet-b", within(560_000_000), 224, "keras", "3@992", 62, 5_258_619, None),
        ("pnasnet-5", within(590_000_000), 224, "keras", "3@1080", 54, 5_065_121, None),
    ],
)
def test_published_networks_are_found(
    cell, limits, size, base, plan, filters, parameters, mult_adds
):
    step = 4 if filters % 4 == 0 else 2
    if not isinstance(base, Stack):
        usual = base_plan(ZOO[cell].genotype)
        base = dataclasses.replace(usual, conventions=base or usual.conventions)
    frame = CellFrame(base, (size, size, 3), 1000)
    found = scale(ZOO[cell].genotype, limits, frame, step=step)
    (row,) = [candidate for candidate in found if candidate.plan == plan]
    assert (row.stack.filters, row.parameters) == (filters, parameters)
    assert mult_adds in (None, row.mult_adds)
    assert [c.share for c in found] == sorted((c.share for c in found), reverse=True)


def best_by_brute_force(genotype, limits, shape, classes, base, repeats, step, most):
    """(N, F) of the widest network that fits and below which all of the grid do."""
    found = set()
    for n in range(repeats[0], repeats[1] + 1):
        fitting = []
        for filters in range(step, most + 1, step):
            if filters < 2 ** (base.stem_cells + 1):
                continue
            stack = dataclasses.replace(base, repeats=n, filters=filters)
            cost, _ = network_cost(CellNetwork(genotype, stack, shape, classes))
            if limits.share(cost.mult_adds, cost.trainable_parameters) <= 1:
                fitting.append(filters)
        if fitting:
            assert max(fitting) < most, "the brute force must see the end of what fits"
            found.add((n, max(fitting)))
    return found


@settings(max_examples=15, deadline=None)
@given(
    genotypes(max_blocks=3),
    st.sampled_from(["cifar", "imagenet", "darts-imagenet"]),
    st.sampled_from(["nasnet", "keras", "darts", "enas"]),
    st.integers(20, 60),
    st.sampled_from([2, 4]),
    st.booleans(),
)
def test_the_search_finds_what_brute_force_finds(genotype, stem, family, filters, step, counts):
    base = Stack(stem=stem, conventions=family)
    shape, classes = (64, 64, 3), 10
    aim, _ = network_cost(
        CellNetwork(genotype, dataclasses.replace(base, filters=filters), shape, classes)
    )
    limits = Limits(parameters=aim.trainable_parameters) if counts else within(aim.mult_adds)
    frame = CellFrame(base, shape, classes)
    found = scale(genotype, limits, frame, repeats=(5, 6), step=step)
    expected = best_by_brute_force(genotype, limits, shape, classes, base, (5, 6), step, 80)
    assert {(c.stack.repeats, c.stack.filters) for c in found} == expected


def test_all_limits_hold():
    both = Limits(mult_adds=600_000_000, parameters=5_000_000)
    for row in scale(NASNET_A, both):
        assert row.parameters <= 5_000_000
        assert row.share == max(row.parameters / 5_000_000, row.mult_adds / 600_000_000)
        assert row.mult_adds <= 600_000_000


@pytest.mark.parametrize("limit", [8.0, 21.5, 40.0])
@pytest.mark.parametrize("others", [{}, {"mult_adds": 500_000_000}])
def test_a_latency_is_measured_seldom(limit, others):
    asked = []

    def latency(network):
        asked.append(network)
        cost, _ = network_cost(network)
        return network.stack.repeats / 2 + cost.mult_adds / 2e7

    found = scale(NASNET_A, Limits(latency_ms=limit, **others), latency=latency)
    assert len(asked) == len(set(asked)) <= 4 * 6
    assert found
    for row in found:
        network = CellNetwork(NASNET_A, row.stack, (224, 224, 3), 1000)
        assert row.latency_ms == latency(network) <= limit
        stack = dataclasses.replace(row.stack, filters=row.stack.filters + 4)
        wider = dataclasses.replace(network, stack=stack)
        cost, _ = network_cost(wider)
        assert latency(wider) > limit or cost.mult_adds > others.get("mult_adds", float("inf"))


def test_the_base_is_the_cells_published_imagenet_network():
    assert base_plan(NASNET_A) == dataclasses.replace(
        PRESETS["imagenet-mobile"].stack, stem_filters=None
    )
    pnasnet = base_plan(ZOO["pnasnet-5"].genotype)
    assert (pnasnet.extra_reductions, pnasnet.stem) == (False, "imagenet")
    assert base_plan(ZOO["darts-v2"].genotype).stem == "darts-imagenet"
    assert base_plan(ZOO["enas"].genotype) == Stack(stem="imagenet", conventions="enas")


@pytest.mark.parametrize("preset", PRESETS)
def test_a_plan_survives_being_written(preset):
    network = PRESETS[preset]
    text = plan_text(network.stack, network.genotype)
    assert parse_plan(text, network.genotype, network.stack) == network.stack
    assert parse_plan(f" {text.replace('@', ' @ ')} ", network.genotype, network.stack)


def test_a_plan_without_a_base_has_the_cells_own():
    stack = parse_plan("4@1056", NASNET_A)
    cost, _ = network_cost(CellNetwork(NASNET_A, stack, (224, 224, 3), 1000))
    assert (cost.total_parameters, cost.mult_adds) == (5_326_716, 563_638_816)
    assert plan_text(parse_plan("6@640", NASNET_A_STRICT), NASNET_A_STRICT) == "6@640"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("600M", 600_000_000),
        ("5.3M", 5_300_000),
        ("1.2G", 1_200_000_000),
        ("23.8b", 23_800_000_000),
        ("64k", 64_000),
        (" 7 ", 7),
    ],
)
def test_counts(text, value):
    assert parse_count(text, "params") == value


@pytest.mark.parametrize(
    ("text", "value"), [("40ms", 40), ("2.5 ms", 2.5), ("0.1s", 100), ("9", 9)]
)
def test_times(text, value):
    assert parse_milliseconds(text, "latency") == value


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: parse_count("600X", "params"), "params is '600X', expected a number above 0 such"),
        (lambda: parse_count("0M", "params"), "params is '0M', expected a number above 0 such as"),
        (lambda: parse_count("-5M", "params"), "params is '-5M', expected a number above 0"),
        (lambda: parse_count("9" * 99, "params"), "expected a number above 0 such as 600M or 1.2G"),
        (lambda: parse_milliseconds("40m", "latency"), "latency is '40m', expected a time above 0"),
        (lambda: parse_milliseconds("٤ms", "latency"), "expected a time above 0 such as 40ms"),
        (lambda: scale(NASNET_A, Limits()), "limits are empty, expected one or more"),
        (lambda: within(-1), "mult_adds is -1, expected above 0"),
        (lambda: scale(NASNET_A, within(1)), r"smallest network is 3@192 with [\d,]+ parameters a"),
        (lambda: scale(NASNET_A, Limits(latency_ms=1)), "latency is None, expected a measurement"),
        (lambda: scale(NASNET_A, within(9), repeats=(3, 2)), r"repeats is \(3, 2\), expected two"),
        (lambda: scale(NASNET_A, within(9), step=0), "step is 0, expected at least 1"),
        (lambda: parse_plan("4x1056", NASNET_A), "plan is '4x1056', expected N@P such as 4@1056"),
        (lambda: parse_plan("5@1538", NASNET_A), "filters is 1538, expected a multiple of 24"),
        (lambda: parse_plan("0@1056", NASNET_A), "repeats is 0, expected a whole number from 1"),
    ],
)
def test_bad_numbers_are_one_line(call, text):
    with pytest.raises(ValueError, match=text) as info:
        call()
    assert "\n" not in str(info.value)


def test_the_command_lists_the_paper_s_network(invoke):
    code, out, err = invoke("nasnet-a --mult-adds 600M")
    assert (code, err) == (0, "")
    (row,) = [line for line in out.splitlines() if "4 @ 1056" in line]
    assert [cell.strip() for cell in row.split("│")[1:-1]] == [
        *("4 @ 1056", "44", "5.29M", "563.6M", "93.9%", "224 x 224")
    ]
    best = "nasnet transfer train nasnet-a --plan 5@960 --size 224 --data DIR"
    assert out.splitlines()[-1] == f"next: {best}"


def test_the_command_at_331_pixels_as_json(invoke):
    line = "nasnet-a --mult-adds 24G --size 331 --stem-filters 96 --skip-reduction-input --json"
    code, out, _ = invoke(line)
    rows = {row["plan"]: row for row in json.loads(out)}
    assert code == 0
    assert rows["6@4032"]["parameters"] == 88_753_150
    assert rows["6@4032"]["next"] == (
        "nasnet transfer train nasnet-a --plan 6@4032 --size 331 --stack.stem-filters 96 "
        "--stack.skip-reduction-input --data DIR"
    )
    assert Stack(**rows["6@4032"]["stack"]) == PRESETS["imagenet-large"].stack


@pytest.mark.parametrize(
    "line",
    [
        "nasnet-a --params 5M",
        "nasnet-a --params 50M --size 331 --stem-filters 96 --skip-reduction-input",
        "pnasnet-5 --params 5M --stem-filters 24",
        "darts-v2 --params 5M",
        "enas --params 3M --stem darts-imagenet",
        "nasnet-a --params 3M --stem cifar --conventions keras --size 64",
    ],
)
def test_what_to_type_next_is_that_plan(line, invoke):
    _, out, _ = invoke(f"{line} --json")
    for row in json.loads(out):
        words = row["next"].split()
        assert words[:3] == ["nasnet", "transfer", "train"]
        command = TransferTrainCommand.parse(words[3:], "nasnet transfer train")
        genotype = ZOO[command.cell].genotype
        changed = command.settings.stack != preset_settings("mobile").stack
        stack = parse_plan(command.plan, genotype, command.settings.stack if changed else None)
        expected = Stack(**row["stack"])
        assert stack.stem_width == expected.stem_width
        assert dataclasses.replace(stack, stem_filters=expected.stem_filters) == expected
        assert command.settings.size == row["input_shape"][0]


@pytest.mark.parametrize(("slowest", "busy"), [(34.5, False), (60.0, True)])
def test_a_latency_is_measured_with_the_network(invoke, monkeypatch, slowest, busy):
    """As `nasnet profile` does, and with its words; how far the calls differ is told, too."""
    seen = []

    def latency(network, runs):
        seen.append((network.input_shape, network.classes, runs))
        found = {"p10_ms": 30.5, "median_ms": float(network.stack.filters), "p90_ms": slowest}
        return found | {"runs": runs, "device": "CPU", "threads": 2}

    monkeypatch.setattr(transfer_plan, "latency", latency)
    line = "nasnet-a --latency 33ms --repeats 4 4 --size 64 --classes 7 --runs 5"
    code, out, err = invoke(line)
    assert (code, set(seen)) == (0, {((64, 64, 3), 7, 5)})
    assert "│ 4 @ 768 │ 32 │" in out
    assert "32.0 ms" in out
    assert f"30.5-{slowest}" in out
    text = f"median 32.0 ms, p10 30.5 ms, p90 {slowest} ms of 5 calls with one image, CPU, 2 thr"
    assert f"measured 4@768: {text}" in err
    assert ("is the machine idle?" in err) == busy
    (row,) = json.loads(invoke(f"{line} --json")[1])
    assert (row["latency_ms"], row["latency"]["p10_ms"]) == (32.0, 30.5)
    assert row["latency"]["p90_ms"] == slowest


@pytest.mark.parametrize(
    ("line", "code", "text"),
    [
        ("nasnet-a", 2, "limits are empty, expected --mult-adds, --params or --latency"),
        ("nasnet-a --params many", 2, "params is 'many', expected a number above 0 such as 600M"),
        ("nasnet-a --params 5M --top 0", 2, "top is 0, expected at least 1"),
        ("nasnet-z --params 5M", 3, "cell is 'nasnet-z', expected a JSON file"),
        ("nasnet-a --params 5M --size 1", 2, "height is 1 where a window of 3 must fit"),
    ],
)
def test_bad_flags_are_one_line(line, code, text, invoke):
    found, out, err = invoke(line)
    assert (found, out) == (code, "")
    assert text in err
    assert len(err.splitlines()) == 1
