"""How the pooling exercises are checked, and their public cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from utils.checks.case import Case, Draw, Dyadic, Oracle, stored_expected
from utils.checks.core import Check
from utils.checks.function import function_checks
from utils.checks.layer import Layer, backward_checks, forward_checks

WINDOW = ("kernel_size", "stride")
LAYERS = {
    "max_pool2d": Layer("max_pool2d_forward", "max_pool2d_backward", ("x",), WINDOW, ("dx",)),
    "avg_pool2d": Layer("avg_pool2d_forward", "avg_pool2d_backward", ("x",), WINDOW, ("dx",)),
    "global_avg_pool": Layer("global_avg_pool_forward", "global_avg_pool_backward", ("x",), (), ("dx",)),
    "fractional_max_pool": Layer(
        "fractional_max_pool_forward", "fractional_max_pool_backward", ("x",), ("rows", "cols"), ("dx",)
    ),
}
CHECKS: dict[str, list[Check]] = {
    **{layer.forward: forward_checks(layer) for layer in LAYERS.values()},
    **{layer.backward: backward_checks(layer) for layer in LAYERS.values()},
    "fractional_pool_boundaries": function_checks(
        "fractional_pool_boundaries", ("input_size", "output_size", "u"), output="boundaries", arrays=False
    ),
}
USES: dict[str, tuple[str, ...]] = {}


@dataclass(frozen=True)
class Sizes:
    """One configuration: N images of C x H x W and a window of KH x KW with its stride."""

    n: int
    c: int
    h: int
    w: int
    kh: int
    kw: int
    stride: int
    dtype: str = "float64"
    negative: bool = False
    fine: bool = False

    @property
    def oh(self) -> int:
        return (self.h - self.kh) // self.stride + 1

    @property
    def ow(self) -> int:
        return (self.w - self.kw) // self.stride + 1

    @property
    def name(self) -> str:
        return (
            f"N={self.n} C={self.c} H={self.h} W={self.w}, window {self.kh}x{self.kw}, stride {self.stride}"
            + (", all values negative" if self.negative else "")
            + (", fine numbers" if self.fine else "")
            + ("" if self.dtype == "float64" else f", {self.dtype}")
        )


def traits(sizes: Sizes, *, backward: bool) -> dict[str, str]:
    """Return what is special about a configuration, with the hint for code that fails only there."""
    height, width, kh, kw, step = sizes.h, sizes.w, sizes.kh, sizes.kw, sizes.stride
    down, right = sizes.oh > 1, sizes.ow > 1
    steps = (kh != step and down) or (kw != step and right)
    known = {
        "float32": (
            sizes.dtype == "float32",
            "the input is float32: which of your arrays has another dtype?",
        ),
        "fine": (sizes.fine, "float32 does not hold the numbers: which of your arrays is float32?"),
        "negative": (
            sizes.negative,
            "all values are negative: a maximum that starts at 0 never goes below 0.",
        ),
        "overlap": (
            (kh > step and down) or (kw > step and right),
            "windows overlap: "
            + (
                "an entry of several windows gets the sum (+=, not =)."
                if backward
                else "window (i, j) begins at i * stride, not at i * KH."
            ),
        ),
        "gaps": (
            (kh < step and down) or (kw < step and right),
            "the stride is larger than the window: pixels between windows are not used.",
        ),
        "steps": (
            steps,
            "the stride is not the size of the window: windows begin at i * stride, and stride decides how many fit.",
        ),
        "not tiled": (
            steps or height % kh > 0 or width % kw > 0,
            "the windows do not tile the image (they overlap, leave gaps, or do not fit): reshape is not enough.",
        ),
        "stride not 2": (step != 2 and (down or right), "stride is not 2: is a 2 written into the code?"),
        "rectangular window": (
            kh != kw,
            "the window is not square: are KH and KW mixed up, or one used for both?",
        ),
        "rectangular image": (height != width, "the image is not square: are H and W mixed up?"),
        "uneven": (
            (height - kh) % step > 0 or (width - kw) % step > 0,
            "the stride does not divide the size: round down, and leave the rest of the image.",
        ),
        "stride": (
            step > 1 and (down or right),
            "stride is above 1: window (i, j) begins at row i * stride, column j * stride.",
        ),
        "channels": (sizes.c > 1, "there are several channels: every channel is pooled on its own."),
        "batch": (sizes.n > 1, "there are several images: what does it do with the second one?"),
    }
    return {trait: f"it fails exactly where {hint}" for trait, (present, hint) in known.items() if present}


def window_case(slug: str, sizes: Sizes, draw: Draw, oracle: Oracle) -> Case:
    """Return one case of max or average pooling; no window has a tie."""
    x = draw.distinct((sizes.n, sizes.c, sizes.h, sizes.w))
    if sizes.negative:
        x = x - x.max() - 0.5
    inputs = {
        "name": sizes.name,
        "x": x.astype(sizes.dtype),
        "dout": draw.values((sizes.n, sizes.c, sizes.oh, sizes.ow)).astype(sizes.dtype),
        "kernel_size": (sizes.kh, sizes.kw),
        "stride": sizes.stride,
    }
    return Case(sizes.name, inputs, oracle(inputs), traits(sizes, backward=slug.endswith("backward")))


def global_case(shape: tuple[int, int, int, int], dtype: str, draw: Draw, oracle: Oracle) -> Case:
    """Return one case of global average pooling."""
    n, c, h, w = shape
    name = f"N={n} C={c} H={h} W={w}" + ("" if dtype == "float64" else f", {dtype}")
    inputs = {
        "name": name,
        "x": draw.values(shape).astype(dtype),
        "dout": draw.values((n, c)).astype(dtype),
    }
    found = {}
    if h != w:
        found["rectangular image"] = "it fails exactly where the image is not square: divide by H * W."
    if c > 1:
        found["channels"] = (
            "it fails exactly where there are several channels: every channel has its own mean."
        )
    if n > 1:
        found["batch"] = (
            "it fails exactly where there are several images: they are not averaged with one another."
        )
    return Case(name, inputs, oracle(inputs), found)


def boundaries_case(input_size: int, output_size: int, u: float, oracle: Oracle) -> Case:
    """Return one case of fractional_pool_boundaries."""
    name = f"input size {input_size}, output size {output_size}, u = {u:.6g}"
    inputs = {"name": name, "input_size": input_size, "output_size": output_size, "u": u}
    found = {}
    if input_size % output_size:
        found["fractional"] = (
            "alpha = input_size / output_size is a fraction: use / and round up only at the end."
        )
    return Case(name, inputs, oracle(inputs), found)


def fractional_case(
    shape: tuple[int, int, int, int], rows: Any, cols: Any, dtype: str, draw: Draw, oracle: Oracle
) -> Case:
    """Return one case of fractional max pooling with given boundaries."""
    n, c, h, w = shape
    name = f"N={n} C={c} H={h} W={w}, rows {_join(rows)}, cols {_join(cols)}"
    name += "" if dtype == "float64" else f", {dtype}"
    inputs = {
        "name": name,
        "x": draw.distinct(shape).astype(dtype),
        "dout": draw.values((n, c, len(rows) - 1, len(cols) - 1)).astype(dtype),
        "rows": np.array(rows),
        "cols": np.array(cols),
    }
    found = {}
    if len(rows) != len(cols):
        found["rectangular"] = "it fails exactly where the grid is not square: are rows and cols mixed up?"
    if c > 1:
        found["channels"] = "it fails exactly where there are several channels: each is pooled on its own."
    if n > 1:
        found["batch"] = (
            "it fails exactly where there are several images: what does it do with the second one?"
        )
    return Case(name, inputs, oracle(inputs), found)


def analytic_case(slug: str, draw: Draw) -> Case:
    """Many entries and few windows, so that only finite differences call a function once an entry."""
    x = draw.distinct((1, 2, 16, 16))
    options: dict[str, Any] = {"kernel_size": (2, 2), "stride": 7}
    dout = draw.values((1, 2, 3, 3))
    if slug.startswith("global"):
        options, dout = {}, draw.values((1, 2))
    elif slug.startswith("fractional"):
        options = {"rows": np.array([0, 8, 16]), "cols": np.array([0, 7, 16])}
        dout = draw.values((1, 2, 2, 2))
    sizes = {"x": x, **options}
    name = "N=1 C=2 H=16 W=16, few windows"
    return Case(name, {"name": name, "sizes": [sizes], "dout": dout}, kind="analytic")


def _join(boundaries: Any) -> str:
    return "-".join(str(int(b)) for b in boundaries)


GRID = [
    Sizes(2, 3, 6, 4, 2, 2, 2),
    Sizes(2, 3, 7, 5, 3, 2, 1),
    Sizes(1, 2, 7, 9, 3, 3, 2),
    Sizes(2, 1, 8, 6, 2, 2, 3),
    Sizes(3, 2, 7, 8, 2, 3, 2, fine=True),
    Sizes(2, 2, 7, 4, 2, 2, 2, negative=True),
    Sizes(1, 3, 4, 5, 4, 5, 1),
    Sizes(2, 2, 5, 3, 1, 1, 2),
    Sizes(1, 1, 5, 5, 3, 3, 1),
    Sizes(2, 3, 7, 5, 3, 2, 2, "float32"),
]
GLOBAL = [
    ((2, 3, 4, 5), "float64"),
    ((1, 4, 3, 3), "float64"),
    ((3, 1, 2, 7), "float64"),
    ((2, 2, 1, 1), "float64"),
    ((2, 3, 4, 5), "float32"),
]
# (input size, output size, u); u is a fraction that keeps alpha * (i + u) at least 0.02 away from a whole number.
BOUNDARIES = [
    (10, 7, 0.33),
    (10, 7, 0.62),
    (25, 18, 0.1),
    (6, 3, 0.25),
    (5, 5, 0.5),
    (9, 5, 0.52),
    (32, 20, 0.34),
]
FRACTIONAL = [
    ((2, 3, 7, 6), (0, 1, 3, 4, 6, 7), (0, 2, 3, 5, 6), "float64"),
    ((1, 2, 6, 9), (0, 2, 4, 6), (0, 1, 3, 5, 6, 8, 9), "float64"),
    ((3, 1, 4, 4), (0, 1, 2, 3, 4), (0, 1, 2, 3, 4), "float64"),
    ((2, 2, 5, 8), (0, 2, 3, 5), (0, 1, 2, 4, 5, 7, 8), "float64"),
    ((1, 1, 6, 6), (0, 1, 3, 5, 6), (0, 2, 3, 4, 6), "float64"),
    ((2, 3, 7, 6), (0, 1, 3, 4, 6, 7), (0, 2, 3, 5, 6), "float32"),
]


def operation(slug: str) -> str:
    """Return the key under which expected values are stored; forward and backward share it."""
    return slug.removesuffix("_forward").removesuffix("_backward")


def public_cases(slug: str) -> list[Case]:
    """Return the cases a student sees, simple ones first."""
    oracle = stored_expected("pooling", operation(slug))
    if slug == "fractional_pool_boundaries":
        return [boundaries_case(*row, oracle) for row in BOUNDARIES]
    if slug.startswith("global"):
        cases = [global_case(*row, Dyadic(i), oracle) for i, row in enumerate(GLOBAL)]
    elif slug.startswith("fractional"):
        cases = [fractional_case(*row, Dyadic(i), oracle) for i, row in enumerate(FRACTIONAL)]
    else:
        cases = [window_case(slug, row, Dyadic(i, fine=row.fine), oracle) for i, row in enumerate(GRID)]
    if slug.endswith("backward"):
        cases.append(analytic_case(slug, Dyadic(len(cases))))
    return cases
