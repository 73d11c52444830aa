"""Tests of utils.plotting and utils.drawings: what a figure holds, not how it looks."""

import itertools

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.patches import Rectangle

from utils.drawings import (
    draw_regions,
    show_convolution_steps,
    show_kernels_and_results,
    show_patches_and_columns,
    show_receptive_fields,
    show_window_positions,
)
from utils.plotting import (
    COLORS,
    array_axes,
    cells,
    displayable,
    draw_array,
    draw_heatmap,
    lighten,
    number,
    outline,
    show_images,
    use_course_style,
)


@pytest.fixture(autouse=True)
def course_style():
    """Draw in the style of the course, and leave matplotlib as it was."""
    with plt.rc_context():
        use_course_style()
        yield
        plt.close("all")


def texts(ax):
    """Return the texts of axes, in the order in which they were written."""
    return [text.get_text() for text in ax.texts]


def luminance(color):
    """Return the relative luminance of WCAG 2."""
    channels = np.array(matplotlib.colors.to_rgb(color))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def contrast(one, other):
    """Return the contrast ratio of WCAG 2, from 1 to 21."""
    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


# Matrices of Machado, Oliveira and Fernandes (2009) for the complete loss of one kind of cone, on linear RGB.
COLOR_VISION = {
    "protanopia": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "deuteranopia": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "tritanopia": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}


@pytest.mark.parametrize("vision", COLOR_VISION)
def test_palette_stays_apart_for_color_vision_deficiencies(vision):
    """Are all pairs of colors of the palette told apart without one of the three kinds of cones?"""
    channels = np.array([matplotlib.colors.to_rgb(color) for color in COLORS.values()])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    seen = (linear @ np.array(COLOR_VISION[vision]).T).clip(0, 1)
    shown = np.where(seen <= 0.0031308, 12.92 * seen, 1.055 * seen ** (1 / 2.4) - 0.055)
    gaps = [np.linalg.norm(one - other) for one, other in itertools.combinations(shown, 2)]
    assert min(gaps) > 0.1


@pytest.mark.parametrize("name", COLORS)
def test_black_numbers_are_readable_on_every_light_color(name):
    """Does a lightened color leave at least the contrast of 7 that WCAG asks of small text?"""
    if name != "black":
        assert contrast(lighten(name, 0.6), "black") >= 7


def test_lighten_goes_from_the_color_to_white():
    assert lighten("blue", 0.0) == pytest.approx(matplotlib.colors.to_rgb(COLORS["blue"]))
    assert lighten("blue", 1.0) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("value", "text"), [(3.0, "3"), (-2.0, "-2"), (0.5, "0.5"), (2.25, "2.25"), (1 / 9, "0.11")]
)
def test_number_is_as_short_as_it_can_be_read(value, text):
    assert number(value) == text


def test_cells_are_listed_row_by_row():
    assert cells(1, 2, 2, 3) == [(1, 2), (1, 3), (1, 4), (2, 2), (2, 3), (2, 4)]


def test_displayable_moves_channels_last_and_clips():
    image = np.linspace(-1, 2, 3 * 4 * 5).reshape(3, 4, 5)
    shown = displayable(image)
    assert shown.shape == (4, 5, 3)
    assert shown.min() == 0
    assert shown.max() == 1
    assert image.min() == -1, "the argument was modified"


@pytest.mark.parametrize("shape", [(4, 5), (1, 4, 5)])
def test_displayable_takes_gray_images_with_and_without_channel(shape):
    assert displayable(np.ones(shape)).shape == (4, 5)


@pytest.mark.parametrize("shape", [(5,), (2, 4, 5), (1, 3, 4, 5)])
def test_displayable_names_the_shape_it_cannot_show(shape):
    with pytest.raises(ValueError, match="not \\("):
        displayable(np.ones(shape))


def test_show_images_fills_a_grid_and_leaves_the_rest_empty():
    axes = show_images([np.ones((4, 6))] * 5, list("abcde"), columns=3)
    assert axes.shape == (2, 3)
    assert [ax.get_title() for ax in axes.flat] == ["a", "b", "c", "d", "e", ""]
    assert [len(ax.images) for ax in axes.flat] == [1, 1, 1, 1, 1, 0]


def test_draw_array_writes_every_number_except_the_hidden_ones():
    ax = array_axes([3], 2)[0, 0]
    draw_array(ax, [[1, 2, 3], [4, 5, 6]], title="numbers", hidden=[(1, 2)])
    assert texts(ax) == ["1", "2", "3", "4", "5"]
    assert ax.get_title() == "numbers"


def test_draw_array_colors_the_cell_in_the_given_row_and_column():
    ax = array_axes([3], 2)[0, 0]
    draw_array(ax, np.zeros((2, 3)), colors={(1, 2): "red"})
    colored = [patch for patch in ax.patches if patch.get_facecolor() == (1.0, 0.0, 0.0, 1.0)]
    assert [patch.get_xy() for patch in colored] == [(2, 1)]


def test_draw_heatmap_writes_readable_numbers():
    ax = array_axes([4], 3)[0, 0]
    draw_heatmap(ax, np.arange(12).reshape(3, 4), largest=11)
    for patch, text in zip(ax.patches, ax.texts, strict=True):
        assert contrast(patch.get_facecolor(), text.get_color()) >= 4.5, text.get_text()


def test_draw_heatmap_of_zeros_only_is_drawn():
    ax = array_axes([2], 2)[0, 0]
    draw_heatmap(ax, np.zeros((2, 2)))
    assert texts(ax) == ["0"] * 4


def test_outline_frames_the_rectangle():
    ax = array_axes([4], 4)[0, 0]
    outline(ax, 1, 2, 2, 1, "orange")
    (frame,) = ax.patches
    assert isinstance(frame, Rectangle)
    assert (frame.get_xy(), frame.get_width(), frame.get_height()) == ((2, 1), 1, 2)


def test_panels_of_array_axes_have_cells_of_one_size():
    """Are the cells of a 2x2, a 3x5 and a 5x4 array equally large on paper?"""
    axes = array_axes([2, 5, 4], 5)[0]
    for ax, shape in zip(axes, [(2, 2), (3, 5), (5, 4)], strict=True):
        draw_array(ax, np.zeros(shape))
    axes[0].figure.canvas.draw()
    sizes = [ax.patches[0].get_window_extent().width for ax in axes]
    assert sizes == pytest.approx([sizes[0]] * 3, rel=0.03)


@pytest.mark.parametrize(
    ("setting", "outputs"), [((1, 0), 3), ((1, 1), 5), ((2, 1), 3), ((2, 0), 2), ((3, 0), 1)]
)
def test_window_positions_shows_as_many_bars_as_there_are_outputs(setting, outputs):
    show_window_positions(5, 3, [setting])
    (ax,) = plt.gcf().axes
    assert len(ax.lines) == outputs


def test_convolution_steps_marks_the_window_of_the_output():
    show_convolution_steps(np.ones((5, 6)), np.ones((3, 2)), np.ones((3, 4)), [(1, 2)], stride=2, padding=1)
    window, kernel, out = plt.gcf().axes
    assert window.patches[-1].get_xy() == (4, 2)
    assert len(texts(window)) == 7 * 8
    assert kernel.get_title() == "kernel"
    assert len(texts(out)) == 4 + 3, "outputs after the marked one stay empty"


def test_patches_and_columns_shows_a_panel_for_each_window():
    show_patches_and_columns(np.arange(12).reshape(3, 4), np.zeros((4, 6)), (2, 2))
    assert len(plt.gcf().axes) == 7


def test_regions_cover_the_image_once():
    _, ax = plt.subplots()
    draw_regions(ax, [0, 1, 3], [0, 2, 3, 5])
    regions = ax.patches[3 * 5 :]
    sizes = [(round(patch.get_height() + 0.16), round(patch.get_width() + 0.16)) for patch in regions]
    assert sizes == [(1, 2), (1, 1), (1, 2), (2, 2), (2, 1), (2, 2)]


def test_receptive_fields_writes_the_width_of_every_layer():
    show_receptive_fields([[3, 1], [7, 3, 1]], ["one", "two"])
    left, right = plt.gcf().axes
    assert texts(left) == ["input", "3", "layer 1", "1"]
    assert texts(right) == ["input", "7", "layer 1", "3", "layer 2", "1"]


def test_kernels_and_results_pairs_each_kernel_with_its_photograph():
    kernels = {"one": np.eye(3), "two": -np.eye(3), "three": np.zeros((3, 3)), "four": np.ones((3, 3))}
    show_kernels_and_results(kernels, [np.ones((3, 4, 6))] * 4)
    axes = plt.gcf().axes
    assert len(axes) == 12
    assert [ax.get_title() for ax in axes if ax.images] == list(kernels)
