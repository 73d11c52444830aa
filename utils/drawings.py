"""The pictures of unit a06: windows that slide, patches that become columns, regions and receptive fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Polygon, Rectangle
from numpy.typing import ArrayLike

from utils.plotting import (
    CELL_SIZE,
    COLORS,
    GRAY,
    Cell,
    Color,
    array_axes,
    cells,
    displayable,
    draw_array,
    fit_to_cells,
    lighten,
    outline,
    write_in_cell,
)

PATCH_COLORS = ("sky", "orange", "green", "purple", "yellow", "vermilion", "blue")


def show_window_positions(size: int, kernel_size: int, settings: Sequence[tuple[int, int]]) -> None:
    """Draw one axis of an image as a row of cells and, below it, a bar for every position of the kernel.

    Parameters
    ----------
    size, kernel_size : int
        Sizes along the axis.
    settings : sequence of (stride, padding)
        One panel for each.
    """
    widths = [size + 2 * padding for _, padding in settings]
    axes = array_axes([width + 3 for width in widths], 2 + max(widths) - kernel_size)[0]
    for ax, width, (stride, padding) in zip(axes, widths, settings, strict=True):
        draw_padded_axis(ax, size, padding)
        starts = range(0, width - kernel_size + 1, stride)
        for line, start in enumerate(starts, start=1):
            ends = [start + 0.12, start + kernel_size - 0.12]
            ax.plot(ends, [line + 0.5] * 2, color=COLORS["vermilion"], linewidth=5, solid_capstyle="butt")
            ax.text(width + 0.3, line + 0.5, f"output {line - 1}", va="center", fontsize=11, color="#555555")
        fit_to_cells(ax, 2 + max(widths) - kernel_size, width + 3)
        ax.set_title(f"stride {stride}, padding {padding}", loc="left")


def draw_padded_axis(ax: Axes, size: int, padding: int) -> None:
    """Draw one axis of an image as a row of numbered cells between cells of zeros."""
    for column in range(size + 2 * padding):
        inside = padding <= column < padding + size
        fill = lighten("sky", 0.3) if inside else "#F4F4F4"
        ax.add_patch(Rectangle((column, 0), 1, 1, facecolor=fill, edgecolor="#555555", linewidth=0.8))
        label, color = (f"$x_{column - padding}$", "black") if inside else ("0", "#777777")
        write_in_cell(ax, (0, column), label, color)


def show_convolution_steps(
    x: ArrayLike,
    kernel: ArrayLike,
    out: ArrayLike,
    steps: Sequence[Cell],
    *,
    stride: int = 1,
    padding: int = 0,
) -> None:
    """Show a convolution of one channel step by step: padded input, kernel and the output so far.

    Parameters
    ----------
    x : array (H, W)
    kernel : array (KH, KW)
    out : array (OH, OW)
        What the convolution gave; nothing is computed here.
    steps : sequence of (row, column)
        Output cells to show, one row of panels each. Outputs that come later stay empty.
    stride, padding : int
    """
    padded = np.pad(np.asarray(x), padding)
    kernel, out = np.asarray(kernel), np.asarray(out)
    height, width = kernel.shape
    border = [
        cell
        for cell in np.ndindex(*padded.shape)
        if not all(padding <= place < size - padding for place, size in zip(cell, padded.shape, strict=True))
    ]
    axes = array_axes([padded.shape[1], width, out.shape[1]], padded.shape[0], rows=len(steps))
    for line, (row, column) in zip(axes, steps, strict=True):
        top, left = row * stride, column * stride
        window = dict.fromkeys(cells(top, left, height, width), lighten("orange"))
        draw_array(line[0], padded, colors=window, faint=border, title=f"window at ({top}, {left})")
        outline(line[0], top, left, height, width, "orange")
        draw_array(line[1], kernel, colors=dict.fromkeys(cells(0, 0, height, width), lighten("sky")))
        later = [cell for cell in np.ndindex(*out.shape) if cell > (row, column)]
        done: dict[Cell, Color] = {(row, column): lighten("green", 0.5)}
        draw_array(line[2], out, colors=done, hidden=later, title=f"output ({row}, {column})")
    axes[0, 1].set_title("kernel")


def show_patches_and_columns(x: ArrayLike, columns: ArrayLike, kernel_size: tuple[int, int]) -> None:
    """Show which column each window of a one-channel image becomes (stride 1, no padding), by color.

    Parameters
    ----------
    x : array (H, W)
    columns : array (KH * KW, number of windows)
        What `im2col` makes of x; nothing is computed here.
    kernel_size : (int, int)
    """
    image, columns = np.asarray(x), np.asarray(columns)
    height, width = kernel_size
    corners = cells(0, 0, image.shape[0] - height + 1, image.shape[1] - width + 1)
    rows = max(image.shape[0], columns.shape[0])
    axes = array_axes([image.shape[1]] * len(corners) + [columns.shape[1]], rows)[0]
    fills: dict[Cell, Color] = {}
    for index, (top, left) in enumerate(corners):
        color = PATCH_COLORS[index % len(PATCH_COLORS)]
        patch: dict[Cell, Color] = dict.fromkeys(cells(top, left, height, width), lighten(color, 0.5))
        draw_array(axes[index], image, colors=patch, title=f"window {index}")
        outline(axes[index], top, left, height, width, color)
        fills |= dict.fromkeys(cells(0, index, columns.shape[0], 1), lighten(color, 0.5))
    draw_array(axes[-1], columns, colors=fills, title="columns")


def draw_regions(ax: Axes, rows: ArrayLike, cols: ArrayLike, *, title: str = "") -> None:
    """Draw the regions of fractional pooling, one color for each of the sizes 1x1, 1x2, 2x1 and 2x2.

    Parameters
    ----------
    ax : Axes
    rows, cols : int array (OH + 1,), int array (OW + 1,)
        Boundaries of the regions.
    """
    rows, cols = np.asarray(rows), np.asarray(cols)
    colors = {(1, 1): "yellow", (1, 2): "orange", (2, 1): "sky", (2, 2): "green"}
    for row, column in np.ndindex(int(rows[-1]), int(cols[-1])):
        ax.add_patch(Rectangle((column, row), 1, 1, facecolor="white", edgecolor="#CCCCCC", linewidth=0.6))
    for top, bottom in pairwise(rows):
        for left, right in pairwise(cols):
            fill = lighten(colors.get((int(bottom - top), int(right - left)), GRAY), 0.35)
            place, size = (left + 0.08, top + 0.08), (right - left - 0.16, bottom - top - 0.16)
            ax.add_patch(Rectangle(place, *size, facecolor=fill, edgecolor="#333333", linewidth=1.2))
    fit_to_cells(ax, int(rows[-1]), int(cols[-1]), title)


def show_receptive_fields(stacks: Sequence[Sequence[int]], titles: Sequence[str]) -> None:
    """Show, along one axis, how many entries of every layer one output entry depends on.

    Parameters
    ----------
    stacks : sequence of sequences of int
        For each stack the number of entries seen in the input, in layer 1, ... and in the output (1).
    titles : sequence of str
        One for each stack.
    """
    rooms = [max(widths) + 2 for widths in stacks]
    deepest = max(len(widths) for widths in stacks)
    figsize = ((sum(rooms) + 3 * len(stacks)) * CELL_SIZE, (1.9 * deepest + 0.6) * CELL_SIZE)
    ratios = [room + 3 for room in rooms]
    _, axes = plt.subplots(1, len(stacks), figsize=figsize, width_ratios=ratios, squeeze=False)
    for ax, widths, room, title in zip(axes[0], stacks, rooms, titles, strict=True):
        draw_cone(ax, widths, room)
        ax.set(xlim=(-2.8, room + 0.1), ylim=(-0.1, 1.9 * deepest - 0.7), aspect="equal", title=title)
        ax.axis("off")


def draw_cone(ax: Axes, widths: Sequence[int], room: int) -> None:
    """Draw the layers of one stack above each other, centered, with the cone of dependence between them."""
    for layer, width in enumerate(widths):
        base, left = 1.9 * layer, (room - width) / 2
        for column in range(-int(left), room - int(left)):
            seen = 0 <= column < width
            fill = lighten("orange", 0.35) if seen else "white"
            edge = "#333333" if seen else "#CCCCCC"
            ax.add_patch(
                Rectangle((left + column, base), 1, 1, facecolor=fill, edgecolor=edge, zorder=1 + seen)
            )
        name = "input" if layer == 0 else f"layer {layer}"
        ax.text(-0.3, base + 0.5, name, ha="right", va="center", fontsize=11)
        ax.text(room / 2, base + 0.5, str(width), ha="center", va="center", fontsize=12, zorder=4)
        if layer:
            below = (room - widths[layer - 1]) / 2
            corners = [(below, base - 0.9), (room - below, base - 0.9), (left + width, base), (left, base)]
            ax.add_patch(Polygon(corners, facecolor=lighten("orange", 0.75), edgecolor="none", zorder=0))


def show_kernels_and_results(
    kernels: Mapping[str, ArrayLike], results: Sequence[ArrayLike], *, columns: int = 3
) -> None:
    """Show each kernel beside what it makes of a photograph.

    Parameters
    ----------
    kernels : mapping from a name to an array (KH, KW)
    results : sequence of arrays (H, W) or (3, H, W)
        The filtered photographs, in the order of the kernels.
    columns : int
        Pairs of kernel and photograph in a row.
    """
    pictures = [displayable(result) for result in results]
    height, width = pictures[0].shape[:2]
    rows = -(-len(pictures) // columns)
    panel = 2.9
    figsize = (1.5 * panel * columns, rows * (panel * height / width + 0.35))
    ratios = [1, 2] * columns
    _, axes = plt.subplots(rows, 2 * columns, figsize=figsize, width_ratios=ratios, squeeze=False)
    for ax in axes.flat:
        ax.axis("off")
    pairs = axes.reshape(-1, 2)
    for (left, right), (name, kernel), picture in zip(pairs, kernels.items(), pictures, strict=False):
        matrix = np.asarray(kernel)
        signs: dict[Cell, Color] = {
            cell: lighten("orange" if matrix[cell] > 0 else "sky")
            for cell in np.ndindex(*matrix.shape)
            if matrix[cell]
        }
        draw_array(left, matrix, colors=signs)
        right.imshow(picture, cmap="gray", vmin=0, vmax=1)
        right.set_title(name)
