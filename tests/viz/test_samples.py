"""A sheet shows the images that it was given, in the row of their class."""

import numpy as np
import pytest

from nasnet import viz


def sheet(figure):
    (axes,) = figure.axes
    (image,) = axes.images
    return np.asarray(image.get_array()), [tick.get_text() for tick in axes.get_yticklabels()]


@pytest.mark.parametrize(("channels", "drawn"), [(1, 1), (2, 1), (3, 3), (4, 3), (13, 3)])
def test_each_class_has_a_row(rng, channels, drawn):
    images = rng.integers(0, 256, (7, 6, 5, channels), np.uint8)
    labels = np.array([1, 0, 1, 1, 0, 1, 1])
    figure = viz.samples_figure(images, labels, ("ant", "bee", "cow"), columns=3, title="few")
    pixels, names = sheet(figure)
    assert names == ["ant (2)", "bee (5)", "cow (0)"]
    assert pixels.shape == (3 * 7 - 1, 3 * 6 - 1, 3)
    for row, column, i in ((0, 0, 1), (0, 1, 4), (1, 0, 0), (1, 1, 3), (1, 2, 6)):
        seen = pixels[7 * row : 7 * row + 6, 6 * column : 6 * column + 5]
        np.testing.assert_array_equal(seen[..., :drawn], images[i][..., :drawn])
    assert (pixels[14:] == 255).all()


def test_of_many_classes_some_are_drawn(rng, tmp_path):
    images = rng.integers(0, 256, (300, 8, 8, 3), np.uint8)
    names = [f"class {i} with a name that has no end" for i in range(300)]
    figure = viz.samples_figure(images, np.arange(300), names, rows=4)
    assert [name.split()[1] for name in sheet(figure)[1]] == ["0", "99", "199", "299"]
    path = viz.save_figure(figure, tmp_path / "sheet.png")
    assert path.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


@pytest.mark.parametrize("shape", [(1, 400), (400, 1), (300, 200)])
def test_long_images_make_no_endless_sheet(shape):
    figure = viz.samples_figure(np.zeros((4, *shape, 1), np.uint8), np.arange(4), list("abcd"))
    assert max(figure.get_size_inches()) < 20


def test_names_of_any_letters_are_drawn(tmp_path):
    names = ("$x", "a\nb\0", "\udcff")
    figure = viz.samples_figure(np.zeros((3, 8, 8, 3), np.uint8), np.arange(3), names)
    viz.save_figure(figure, tmp_path / "sheet.png")


def test_without_images_there_is_no_sheet():
    with pytest.raises(ValueError, match="images is empty, expected at least one"):
        viz.samples_figure(np.zeros((0, 8, 8, 3), np.uint8), np.zeros(0, int), ("a", "b"))
