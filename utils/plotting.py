"""One look for every figure of the course: colors, images, and arrays drawn with their numbers.

The pictures made of these pieces that belong to one topic live beside it (`utils/drawings.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike, NDArray

Cell = tuple[int, int]
Color = str | tuple[float, float, float]

# Okabe and Ito's palette: eight colors that stay apart for every common kind of color vision.
COLORS = {
    "blue": "#0072B2",
    "orange": "#E69F00",
    "green": "#009E73",
    "vermilion": "#D55E00",
    "purple": "#CC79A7",
    "sky": "#56B4E9",
    "yellow": "#F0E442",
    "black": "#000000",
}
GRAY = "#9A9A9A"
CELL_SIZE = 0.46  # inches on paper for one cell of a drawn array


def use_course_style() -> None:
    """Set matplotlib's defaults to the style of the course."""
    plt.rcParams.update(
        {
            "axes.grid": False,
            "axes.labelsize": 12,
            "axes.prop_cycle": cycler(color=list(COLORS.values())),
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.titlesize": 12,
            "figure.constrained_layout.use": True,
            "figure.dpi": 90,
            "figure.max_open_warning": 0,  # as a script, a notebook keeps all its figures
            "font.size": 12,
            "grid.color": "#DDDDDD",
            "image.interpolation": "nearest",
            "legend.frameon": False,
            "lines.linewidth": 2,
            "lines.markersize": 7,
        }
    )


def lighten(color: str, amount: float = 0.6) -> tuple[float, float, float]:
    """Mix a color with white, so that black numbers stay readable on it.

    Parameters
    ----------
    color : str
        A name of `COLORS` or anything matplotlib reads as a color.
    amount : float
        0 keeps the color, 1 gives white.
    """
    red, green, blue = (channel + (1 - channel) * amount for channel in to_rgb(COLORS.get(color, color)))
    return red, green, blue


def cells(top: int, left: int, height: int, width: int) -> list[Cell]:
    """List the (row, column) pairs of a rectangle of cells, row by row."""
    return [(row, column) for row in range(top, top + height) for column in range(left, left + width)]


def number(value: float) -> str:
    """Write a number as short as it can be read: whole numbers without a point, others with two digits."""
    if value.is_integer():
        return f"{int(value)}"
    return f"{value:.2f}".rstrip("0")


def displayable(image: ArrayLike) -> NDArray[Any]:
    """Turn an image into what `imshow` wants: (H, W) or (H, W, 3), values clipped to [0, 1].

    Parameters
    ----------
    image : array (H, W), (1, H, W) or (3, H, W)
    """
    pixels: NDArray[np.float64] = np.asarray(image, dtype=float)
    if pixels.ndim == 3 and pixels.shape[0] == 1:
        pixels = pixels[0]
    if pixels.ndim == 3 and pixels.shape[0] == 3:
        pixels = np.moveaxis(pixels, 0, -1)
    elif pixels.ndim != 2:
        raise ValueError(f"an image has shape (H, W), (1, H, W) or (3, H, W), not {pixels.shape}")
    pixels = pixels.clip(0.0, 1.0)
    return pixels


def show_images(
    images: Sequence[ArrayLike],
    titles: Sequence[str] | None = None,
    *,
    columns: int | None = None,
    width: float = 12.0,
) -> NDArray[Any]:
    """Show images side by side, each with its title.

    Parameters
    ----------
    images : sequence of arrays (H, W), (1, H, W) or (3, H, W)
        Values outside [0, 1] are clipped, for display only.
    titles : sequence of str, optional
    columns : int, optional
        Images in a row; all of them by default.
    width : float
        Width of the figure in inches; the height follows from the images.

    Returns
    -------
    axes : array (rows, columns) of Axes
    """
    pictures = [displayable(image) for image in images]
    columns = columns or len(pictures)
    rows = -(-len(pictures) // columns)
    panel = width / columns
    tallest = max(picture.shape[0] / picture.shape[1] for picture in pictures)
    title_lines = 1 + max((title.count("\n") for title in titles), default=0) if titles else 0
    height = rows * (panel * tallest + 0.25 * title_lines + 0.1)
    _, axes = plt.subplots(rows, columns, figsize=(width, height), squeeze=False)
    for ax in axes.flat:
        ax.axis("off")
    for index, (ax, picture) in enumerate(zip(axes.flat, pictures, strict=False)):
        ax.imshow(picture, cmap="gray", vmin=0, vmax=1)
        if titles:
            ax.set_title(titles[index])
    return axes


def array_axes(widths: Sequence[int], height: int, *, rows: int = 1, gap: float = 1.0) -> NDArray[Any]:
    """Make a row (or rows) of axes in which `draw_array` gives cells of one size.

    Parameters
    ----------
    widths : sequence of int
        Number of columns of each array, left to right.
    height : int
        Number of rows of the tallest array.
    rows : int
        Rows of panels.
    gap : float
        Room between two panels, in cells.

    Returns
    -------
    axes : array (rows, len(widths)) of Axes
    """
    total = sum(widths) + gap * (len(widths) + 1)
    figure, axes = plt.subplots(
        rows,
        len(widths),
        figsize=(total * CELL_SIZE, rows * (height * CELL_SIZE + 0.55)),
        width_ratios=list(widths),
        squeeze=False,
    )
    padding = gap * CELL_SIZE / 2
    figure.set_layout_engine("constrained", w_pad=padding, h_pad=0.03, wspace=0, hspace=0)
    for ax in axes.flat:
        ax.axis("off")
    return axes


def draw_array(
    ax: Axes,
    values: ArrayLike,
    *,
    title: str = "",
    colors: Mapping[Cell, Color] | None = None,
    faint: Collection[Cell] = (),
    hidden: Collection[Cell] = (),
) -> None:
    """Draw a matrix as a grid of cells with a number in each.

    Parameters
    ----------
    ax : Axes
    values : array (H, W)
    title : str
    colors : mapping from (row, column) to a color, optional
        Cells to fill.
    faint : collection of (row, column)
        Cells whose numbers are gray, such as padding.
    hidden : collection of (row, column)
        Cells whose numbers are left out.
    """
    matrix = np.atleast_2d(np.asarray(values, dtype=float))
    height, width = matrix.shape
    colors = colors or {}
    for row, column in np.ndindex(height, width):
        cell = (row, column)
        fill = colors.get(cell, "#F4F4F4" if cell in faint else "white")
        ax.add_patch(Rectangle((column, row), 1, 1, facecolor=fill, edgecolor="#555555", linewidth=0.8))
        if cell not in hidden:
            text_color = "#777777" if cell in faint and cell not in colors else "black"
            write_in_cell(ax, cell, number(float(matrix[cell])), text_color)
    fit_to_cells(ax, height, width, title)


def draw_heatmap(ax: Axes, values: ArrayLike, *, title: str = "", largest: float | None = None) -> None:
    """Draw a matrix of values >= 0 as a grid of cells, darker for larger and red for zero, with the numbers.

    Parameters
    ----------
    ax : Axes
    values : array (H, W)
    title : str
    largest : float, optional
        The value drawn darkest; give the same to several panels to compare them.
    """
    matrix = np.atleast_2d(np.asarray(values, dtype=float))
    height, width = matrix.shape
    top = largest if largest is not None else max(float(matrix.max()), 1e-12)
    shades = plt.get_cmap("Blues")
    for row, column in np.ndindex(height, width):
        value = float(matrix[row, column])
        fill = shades(0.12 + 0.73 * value / top) if value else lighten("vermilion", 0.55)
        ax.add_patch(Rectangle((column, row), 1, 1, facecolor=fill, edgecolor="white", linewidth=0.8))
        write_in_cell(ax, (row, column), number(value), "white" if value > 0.75 * top else "black")
    fit_to_cells(ax, height, width, title)


def outline(
    ax: Axes, top: int, left: int, height: int, width: int, color: str, *, inset: float = 0.0
) -> None:
    """Draw a thick frame around a rectangle of cells; `inset` keeps frames that overlap apart."""
    ax.add_patch(
        Rectangle(
            (left + inset, top + inset),
            width - 2 * inset,
            height - 2 * inset,
            fill=False,
            edgecolor=COLORS.get(color, color),
            linewidth=2.5,
            zorder=3,
        )
    )


def write_in_cell(ax: Axes, cell: Cell, text: str, color: str = "black") -> None:
    """Write a text in the middle of a cell, smaller when it is long."""
    row, column = cell
    size = 12 if len(text) <= 3 or text.startswith("$") else 10 if len(text) <= 4 else 8.5
    ax.text(column + 0.5, row + 0.5, text, ha="center", va="center", fontsize=size, color=color)


def fit_to_cells(ax: Axes, height: int, width: int, title: str = "") -> None:
    """Show exactly height x width cells, square, row 0 at the top, without axes."""
    ax.set(xlim=(-0.05, width + 0.05), ylim=(height + 0.05, -0.05), aspect="equal")
    ax.axis("off")
    if title:
        ax.set_title(title)
