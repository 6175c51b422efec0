"""Large-network training against the small-image trainer, against arithmetic, and after a kill."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from nasnet.stacking.flat.trainer import Trainer
from nasnet.stacking.network import CellNetwork
from nasnet.stacking.recipe import Diverged
from nasnet.transfer.training.checkpoints import Checkpoints
from nasnet.transfer.training.engine import right
from nasnet.transfer.training.freezing import Freezing
from nasnet.transfer.training.history import read_history
from nasnet.transfer.training.intervals import Intervals
from nasnet.transfer.training.trainer import Observer
from nasnet.transfer.weights import frozen_paths
from tests import transfer_task
from tests.processes import Program
from tests.transfer_task import CLASSES, GENOTYPE, RECIPE, SIZE, STACK, Quarters, make_trainer

ROOT = Path(__file__).parents[2]
PLAIN = dataclasses.replace(
    RECIPE,
    learning_rate=0.05,
    optimizer="momentum",
    schedule="constant",
    label_smoothing=0.0,
    drop_path_keep=1.0,
    dropout_keep=1.0,
    aux_weight=0.0,
    ema_decay=0.0,
    clip_norm=0.0,
)
OFTEN = Intervals(checkpoint_every=2, log_every=2)


def make_engine(recipe=PLAIN, *, accumulate=1):
    return transfer_task.make_engine(recipe, accumulate=accumulate)


def moves(engine, batch):
    """What one step changes, by name."""
    before = engine.state.arrays()
    engine.step(batch, 0, 10, 1.0)
    return {name: a - before[name] for name, a in engine.state.arrays().items()}


def first_batch(count=16):
    return next(iter(Quarters(batch_size=count).training(0, 0)))


def part(batch, rows):
    return {name: values[rows] for name, values in batch.items()}


def test_a_step_is_that_of_the_small_image_trainer():
    images = np.random.default_rng(1).integers(0, 256, (16, SIZE, SIZE, 3)).astype(np.uint8)
    labels = np.arange(16) % CLASSES
    recipe = dataclasses.replace(PLAIN, epochs=1, augmentation="none", label_smoothing=0.1)
    trainer = Trainer(CellNetwork(GENOTYPE, STACK, (SIZE, SIZE, 3), CLASSES), recipe, seed=3)
    expected_loss = trainer.fit(images, labels)[0].loss
    engine = make_engine(recipe)
    batch = {
        "image": images.astype(np.float32) / 127.5 - 1,
        "label": labels.astype(np.int32),
        "ok": np.ones(16, bool),
    }
    sums, _ = engine.step(batch, 0, 1, 1.0)
    assert sums[0] / sums[3] == pytest.approx(expected_loss, rel=1e-5)
    for name, array in engine.state.by_path().items():
        np.testing.assert_allclose(array, trainer.weights()[name], rtol=1e-3, atol=1e-5)


def test_two_accumulated_micro_batches_move_by_the_mean_of_their_own_moves():
    batch = first_batch()
    whole = moves(make_engine(accumulate=2), batch)
    half = dataclasses.replace(PLAIN, batch_size=8)
    parts = [moves(make_engine(half), part(batch, rows)) for rows in (slice(8), slice(8, 16))]
    for name, move in whole.items():
        expected = (parts[0][name] + parts[1][name]) / 2
        np.testing.assert_allclose(move, expected, rtol=1e-3, atol=1e-6, err_msg=name)
    one_batch = moves(make_engine(), batch)
    assert not np.allclose(whole["moving"], one_batch["moving"], atol=1e-4)


def test_what_is_dropped_depends_on_step_and_micro_batch_alone():
    recipe = dataclasses.replace(RECIPE, drop_path_schedule="depth")
    batch = first_batch()
    twice = part(batch, np.tile(np.arange(8), 2))
    half = dataclasses.replace(recipe, batch_size=8)
    first = moves(make_engine(half), part(batch, slice(8)))["moving"]
    assert np.array_equal(first, moves(make_engine(half), part(batch, slice(8)))["moving"])
    # Equal images, other noise: were it the same, the mean would be that of one of them.
    assert not np.allclose(first, moves(make_engine(recipe, accumulate=2), twice)["moving"])


def test_counting_right_ones_is_brute_force(rng):
    logits = rng.normal(size=(40, 9)).astype(np.float32)
    labels = rng.integers(9, size=40).astype(np.int32)
    order = np.argsort(-logits, axis=1)
    expected = [np.sum(order[:, :k] == labels[:, None]) for k in (1, 5)]
    assert [float(x) for x in right(logits, labels)] == expected
    assert float(right(logits[:, :3], np.minimum(labels, 2))[1]) == 40


def test_evaluation_leaves_bad_images_out_and_takes_any_batch():
    data, engine = Quarters(count=70, bad=[3, 60, 61]), make_engine()
    for batch in data.validation(engine.evaluation_batch):
        engine.evaluate(batch)
    sums = engine.evaluated()
    assert sums[3:].tolist() == [67, 3]
    assert engine.evaluated().tolist() == [0] * 5
    weights = engine.state.evaluated
    good = data.images[data.ok]
    ends, _ = engine.network.ends(good, *(vector.read_value() for vector in weights))
    logits = ends["Logits"].numpy().astype(np.float64)
    shifted = np.log(np.exp(logits).sum(1)) - logits[np.arange(67), data.labels[data.ok]]
    assert sums[0] == pytest.approx(shifted.sum(), rel=1e-4)
    assert sums[1] == np.sum(logits.argmax(1) == data.labels[data.ok])


def test_it_learns(tmp_path):
    recipe = dataclasses.replace(PLAIN, epochs=12, schedule="cosine")
    row = make_trainer(tmp_path, recipe=recipe, intervals=Intervals(validate_every=4)).fit()
    assert float(row["top1"]) > 0.9
    assert float(row["top5"]) == 1
    kinds = [row["kind"] for row in read_history(tmp_path / "history.csv")]
    assert kinds.count("validation") == 3


def test_frozen_parts_stay_as_they_are_and_the_others_do_not():
    engine = make_engine(dataclasses.replace(RECIPE, aux_weight=0.0))
    network, state = engine.network, engine.state
    before = state.initial()
    network.frozen = frozenset(frozen_paths(before, STACK, "Cell_1"))
    assert 0 < len(network.frozen) < len(before)
    batch = first_batch()
    for step in range(3):
        engine.step(batch, step, 10, 1.0)
    for path, array in state.by_path().items():
        assert np.array_equal(array, before[path]) == (path in network.frozen), path
    network.frozen = frozenset()
    engine.step(batch, 3, 10, 1.0)
    assert not any(np.array_equal(a, before[path]) for path, a in state.by_path().items())


def test_frozen_batch_norms_take_the_running_statistics():
    """With all of them frozen, the training loss is that of evaluation."""
    engine, batch = make_engine(), first_batch()
    arrays = {
        path: array * (9 if path.endswith("moving_variance") else 1)
        for path, array in engine.state.initial().items()
    }
    engine.state.begin_with(arrays)
    engine.evaluate(batch)
    evaluated = engine.evaluated()[0] / 16
    by_batch, _ = engine.step(batch, 0, 10, 1.0)
    engine.state.begin_with(arrays)
    engine.network.frozen = frozenset(
        path for path in engine.state.initial() if not path.startswith("logits_")
    )
    frozen, _ = engine.step(batch, 0, 10, 1.0)
    assert frozen[0] / 16 == pytest.approx(evaluated, rel=1e-5)
    assert by_batch[0] / 16 != pytest.approx(evaluated, rel=1e-2)


@pytest.mark.parametrize(
    ("freezing", "ends"),
    [
        (Freezing(), [None] * 4),
        (Freezing("2"), ["Reduction_Cell_0"] * 4),
        (Freezing("Reduction_Cell_0", 2), ["Reduction_Cell_0"] * 2 + ["Cell_0"] * 2),
        (Freezing("1", 1), ["Cell_0", "Stem", None, None]),
    ],
)
def test_cells_thaw_from_the_top(freezing, ends):
    assert [freezing.end(STACK, epoch) for epoch in range(4)] == ends


def test_what_cannot_be_frozen_is_refused():
    for until in ("9", "Cell_7"):
        with pytest.raises(ValueError, match=rf"freeze is '{until}', expected 0 to 5 cells or one"):
            Freezing(until).end(STACK, 0)
    with pytest.raises(ValueError, match="unfreeze_every is 2 where nothing is frozen"):
        Freezing(unfreeze_every=2)


def test_a_batch_that_cannot_be_cut_is_refused():
    with pytest.raises(ValueError, match=r"batch size is 16, expected a multiple of 3 from 6"):
        make_engine(accumulate=3)


def run_task(folder, *arguments):
    """In a process of its own: what other tests told TensorFlow changes the last bits."""
    folder.mkdir(exist_ok=True)
    return Program("tests.transfer_task", folder, *arguments)


def test_killed_and_resumed_it_ends_as_one_that_was_left_alone(tmp_path):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    left_alone, killed = run_task(whole), run_task(parts, "--pause", "0.05")
    killed.wait_for("step 9")
    killed.kill()
    said = run_task(parts).finish()[0].splitlines()
    left_alone.finish()
    assert said[0].startswith("going on behind step ")
    assert 8 <= int(said[0].split()[4]) < 18
    assert (parts / "history.csv").read_bytes() == (whole / "history.csv").read_bytes()
    with np.load(whole / "end.npz") as expected, np.load(parts / "end.npz") as resumed:
        assert expected.files == resumed.files
        for name in expected.files:
            np.testing.assert_array_equal(resumed[name], expected[name], err_msg=name)
    steps = [path.name for path in Checkpoints(parts / "checkpoints").paths()]
    assert steps == ["step-000000014.npz", "step-000000016.npz", "step-000000018.npz"]
    assert not list((parts / "checkpoints").glob(".*"))


def test_a_finished_training_has_nothing_left_to_do(tmp_path):
    row = make_trainer(tmp_path).fit()
    before = (tmp_path / "history.csv").read_bytes()
    again = make_trainer(tmp_path)
    assert again.fit() == row
    assert (tmp_path / "history.csv").read_bytes() == before
    assert again.seconds > 0


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty"])
def test_a_damaged_checkpoint_is_passed_over(tmp_path, damage, rng):
    checkpoints = Checkpoints(tmp_path, keep=2)
    for step in (5, 10, 15):
        checkpoints.save(step, {"x": rng.normal(size=1000)})
    newest = checkpoints.paths()[-1]
    data = bytearray(newest.read_bytes())
    if damage == "flipped":
        data[len(data) // 2] ^= 255
    newest.write_bytes({"cut": data[:3000], "flipped": data, "empty": b""}[damage])
    step, arrays, said = checkpoints.newest()
    assert step == 10
    assert arrays["x"].shape == (1000,)
    assert len(said) == 1
    assert "step-000000015.npz is damaged" in said[0]
    assert said[0].endswith("going back to the one before")
    checkpoints.paths()[0].write_bytes(b"")
    with pytest.raises(ValueError, match="are all damaged, expected one that can be read"):
        checkpoints.newest()


class Poisoned(Quarters):
    """From the ninth batch on, images are not numbers."""

    def training(self, epoch, start):
        for i, batch in enumerate(super().training(epoch, start), start):
            yield batch if 6 * epoch + i < 8 else batch | {"image": batch["image"] * np.nan}


def test_a_loss_that_is_not_finite_stops_and_keeps_the_last_good_checkpoint(tmp_path):
    trainer = make_trainer(tmp_path, intervals=OFTEN)
    trainer._data = Poisoned()
    # A ReLU may make a zero of what is no number; the weights are none then, and the next loss.
    with pytest.raises(Diverged, match=r"training loss is nan at step (9|10)"):
        trainer.fit()
    step, arrays, damaged = Checkpoints(tmp_path / "checkpoints").newest()
    assert (step, damaged) == (8, [])
    assert all(np.isfinite(array).all() for array in arrays.values())


def test_bad_images_are_counted_and_named_and_some_are_borne_with(tmp_path):
    said = []
    trainer = make_trainer(tmp_path, bad=[5, 40], observer=Observer(say=said.append))
    trainer.fit()
    names = (tmp_path / "bad-images.txt").read_text().splitlines()
    assert names == ["train/40.jpg", "train/5.jpg", "val/40.jpg", "val/5.jpg"]
    assert trainer.bad_images == 12  # two in each of three trainings and validations
    assert len(said) == 4
    rows = read_history(tmp_path / "history.csv")
    assert sum(int(row["bad_images"]) for row in rows) == 12


def test_too_many_bad_images_are_an_error(tmp_path):
    trainer = make_trainer(tmp_path, bad=range(20), intervals=Intervals(max_bad=0.1))
    with pytest.raises(ValueError, match=r"training has 1\d bad images among \d+, expected at mos"):
        trainer.fit()
    make_trainer(tmp_path, bad=range(20), intervals=Intervals(max_bad=0.3)).fit()


def test_another_micro_batch_is_refused(tmp_path):
    make_trainer(tmp_path, recipe=dataclasses.replace(RECIPE, epochs=1)).fit()
    other = make_trainer(tmp_path, accumulate=2)
    with pytest.raises(ValueError, match=r"micro-batch is 8, expected 16 as in the run"):
        other.fit()


@pytest.mark.parametrize(
    ("name", "value"), [("checkpoint_every", 0), ("keep", 0), ("max_bad", 1.5), ("log_every", 0)]
)
def test_intervals_out_of_range_are_refused(name, value):
    with pytest.raises(ValueError, match=f"{name} is {value}, expected"):
        Intervals(**{name: value})


def test_the_small_image_trainer_refuses_what_needs_files():
    recipe = dataclasses.replace(PLAIN, augmentation="inception")
    text = "augmentation is 'inception' of images in memory, expected one of: none, flip, crop-flip"
    with pytest.raises(ValueError, match=text):
        Trainer(CellNetwork(GENOTYPE, STACK, (SIZE, SIZE, 3), CLASSES), recipe)
