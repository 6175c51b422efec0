"""The detector example: its images, its targets, and that its loss falls."""

import numpy as np
import pytest

from nasnet.cells import Block, Cell, Genotype
from nasnet.experiments.published.detector import (
    Detector,
    build_detector,
    class_loss,
    detect,
    targets,
    train,
)
from nasnet.experiments.published.scenes import CLASSES, SIZE, Detection, count_hits, figure, scenes


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A detector on cells of one block, which is traced in seconds."""
    cell = Cell((Block(0, 1, "sep_conv_3x3", "identity"),))
    path = tmp_path_factory.mktemp("cell") / "tiny.json"
    path.write_text(Genotype(cell, cell).to_json())
    settings = Detector(cell=str(path), plan="1@64", steps=12, batch_size=4)
    model, anchors = build_detector(settings)
    return settings, model, anchors


def test_boxes_are_tight():
    images, boxes, labels = scenes(20, 3)
    assert images.shape == (20, SIZE, SIZE, 3)
    assert (images.min(), images.max()) == (-1, 1)
    assert set(labels.flat) == {-1, 0, 1, 2}
    for n, i in zip(*np.nonzero(labels >= 0), strict=True):
        top, left, bottom, right = boxes[n, i].astype(int)
        assert 0 <= top < bottom <= SIZE
        assert 0 <= left < right <= SIZE
        # The shape has one colour and little noise; each side of its box touches it.
        y, x = (top + bottom) // 2, (left + right) // 2
        middle = images[n, y - 2 : y + 3, x - 2 : x + 3].mean((0, 1))
        same = (np.abs(images[n] - middle) < 0.25).all(-1)[top:bottom, left:right]
        assert same.mean() > 0.4
        assert same[0].any()
        assert same[-1].any()
        assert same[:, 0].any()
        assert same[:, -1].any()
    assert (boxes[labels < 0] == 0).all()
    again = scenes(20, 3)
    assert all(np.array_equal(a, b) for a, b in zip(again, (images, boxes, labels), strict=True))


def test_perfect_answers_are_found_again(built):
    """Targets turned into logits and deltas give back every shape, and next to no loss."""
    _, _, anchors = built
    images, boxes, labels = scenes(6, 1)
    wanted = targets(boxes, labels, anchors)
    logits = np.where(wanted["classes"] > 0, 12.0, -12.0).astype(np.float32)

    class Oracle:
        def predict(self, _, verbose):
            return {"classes": logits, "boxes": wanted["boxes"][..., :4]}

    found = detect(Oracle(), anchors, images)
    assert count_hits(found, boxes, labels) == (labels >= 0).sum()
    assert float(class_loss(wanted["classes"], logits)) < 1e-6
    assert float(class_loss(wanted["classes"], -logits)) > 1
    assert set(np.unique(wanted["classes"])) <= {-1, 0, 1}
    assert (wanted["boxes"][..., 4].sum(1) >= (labels >= 0).sum(1)).all()


def test_a_hit_has_the_class_and_half_of_the_box():
    boxes, labels = np.array([[[0, 0, 10, 10]]], np.float32), np.array([[1]])
    for box, label, hits in (((0, 0, 10, 6), 1, 1), ((0, 0, 10, 4), 1, 0), ((0, 0, 10, 9), 2, 0)):
        assert count_hits([[Detection(np.array(box, np.float32), label, 1)]], boxes, labels) == hits
    assert count_hits([[]], boxes, labels) == 0


@pytest.mark.slow
def test_the_loss_falls(built):
    settings, model, anchors = built
    losses = train(model, anchors, settings)
    assert len(losses) == settings.steps
    assert np.mean(losses[-3:]) < 0.8 * np.mean(losses[:3])
    assert model.output["classes"].shape == (None, len(anchors), len(CLASSES))


def test_detections_are_drawn():
    images, boxes, _ = scenes(8, 0)
    found = [[Detection(boxes[n, 0], 1, 0.5)] for n in range(8)]
    axes = figure(images, boxes, found).axes
    assert [text.get_text() for text in axes[0].texts] == ["square 0.50"]
    assert len(axes[0].patches) == 1 + (boxes[0].any(1)).sum()


@pytest.mark.parametrize("name", ["steps", "batch_size"])
def test_bad_settings_are_refused(name):
    with pytest.raises(ValueError, match=f"{name} is 0, expected at least 1"):
        Detector(**{name: 0}).run()


@pytest.mark.slow
def test_the_example_finds_shapes_and_names_them(tmp_path, capsys):
    assert Detector(output=tmp_path / "found.png").run() == 0
    words = capsys.readouterr().out.split()
    found, of = int(words[words.index("found") + 1]), int(words[words.index("of") + 1])
    assert found > of / 3
    assert (tmp_path / "found.png").stat().st_size > 10_000
