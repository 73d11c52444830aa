"""How the convolution exercises are checked, and their public cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from utils.checks.case import Case, Draw, Dyadic, Oracle, stored_expected
from utils.checks.core import Check
from utils.checks.function import function_checks
from utils.checks.layer import Layer, backward_checks, forward_checks

LOOPS = Layer(
    "conv2d_loops_forward",
    "conv2d_loops_backward",
    ("x", "weight", "bias"),
    ("stride", "padding"),
    ("dx", "dweight", "dbias"),
)
MATRIX = Layer(
    "conv2d_forward",
    "conv2d_backward",
    ("x", "weight", "bias"),
    ("stride", "padding"),
    ("dx", "dweight", "dbias"),
    vectorized=True,
)
CHECKS: dict[str, list[Check]] = {
    "conv2d_loops_forward": forward_checks(LOOPS),
    "conv2d_loops_backward": backward_checks(LOOPS),
    "im2col": function_checks(
        "im2col", ("x", "kernel_size"), ("stride", "padding"), output="columns", vectorized=True
    ),
    "col2im": function_checks(
        "col2im",
        ("columns", "input_shape", "kernel_size"),
        ("stride", "padding"),
        output="x",
        vectorized=True,
    ),
    "conv2d_forward": forward_checks(MATRIX),
    "conv2d_backward": backward_checks(MATRIX),
    "conv1x1_as_affine": function_checks("conv1x1_as_affine", ("x", "weight", "bias"), vectorized=True),
}
USES: dict[str, tuple[str, ...]] = {
    "conv2d_forward": ("im2col",),
    "conv2d_backward": ("im2col", "col2im"),
}


@dataclass(frozen=True)
class Sizes:
    """One configuration: N images of C x H x W, F filters of KH x KW, stride and padding."""

    n: int
    c: int
    h: int
    w: int
    f: int
    kh: int
    kw: int
    stride: int
    padding: int
    dtype: str = "float64"
    fine: bool = False

    @property
    def oh(self) -> int:
        return (self.h + 2 * self.padding - self.kh) // self.stride + 1

    @property
    def ow(self) -> int:
        return (self.w + 2 * self.padding - self.kw) // self.stride + 1

    @property
    def name(self) -> str:
        return (
            f"N={self.n} C={self.c} H={self.h} W={self.w}, F={self.f}, kernel {self.kh}x{self.kw}, "
            f"stride {self.stride}, padding {self.padding}" + _kind(self)
        )


def _kind(sizes: Sizes) -> str:
    return (", fine numbers" if sizes.fine else "") + ("" if sizes.dtype == "float64" else f", {sizes.dtype}")


def traits(sizes: Sizes, *, backward: bool) -> dict[str, str]:
    """Return what is special about a configuration, with the hint for code that fails only there."""
    height, width, kh, kw, step = sizes.h, sizes.w, sizes.kh, sizes.kw, sizes.stride
    down, right = sizes.oh > 1, sizes.ow > 1
    rest = max((n + 2 * sizes.padding - k) % step for n, k in ((height, kh), (width, kw)))
    several = "it fails exactly where there are several"
    known = {
        "float32": (
            sizes.dtype == "float32",
            "the input is float32: which of your arrays has another dtype?",
        ),
        "fine": (sizes.fine, "float32 does not hold the numbers: which of your arrays is float32?"),
        "padding 0": (
            sizes.padding == 0,
            "padding is 0" + (": a slice such as [p:-p] is empty when p is 0." if backward else "."),
        ),
        "padding": (
            sizes.padding > 0,
            "padding is not 0: does dx still contain the padding, or miss its offset?"
            if backward
            else "padding is not 0: are zeros added on all four sides of the two image axes, also in the size?",
        ),
        "padding not 1": (sizes.padding != 1, "padding is not 1: is a 1 written into the code?"),
        "wide padding": (
            sizes.padding >= min(kh, kw),
            "a whole window fits into the padding: is KH - 1 - padding negative?",
        ),
        "stride": (
            step > 1 and (down or right),
            "stride is above 1: window (i, j) begins at row i * stride, column j * stride.",
        ),
        "uneven": (
            rest > 0,
            "the stride does not divide the size: round down, and leave the rest of the image.",
        ),
        "unread": (
            rest > sizes.padding,
            "no window reaches the last row or column: the result is as large as the image, with zeros there."
            if backward
            else "no window reaches the last row or column: round the size down.",
        ),
        "overlap": (
            (kh > step and down) or (kw > step and right),
            "windows overlap"
            + (": contributions to the same entry add up (+=, not =)." if backward else "."),
        ),
        "options": (
            step > 1 or sizes.padding > 0,
            "stride or padding is given: are both used, and passed on to every function that is called?",
        ),
        "not 3x3": ((kh, kw) != (3, 3), "the kernel is not 3x3: is a 3 written into the code?"),
        "rectangular kernel": (
            kh != kw,
            "the kernel is not square: are KH and KW mixed up, or one used for both?",
        ),
        "rectangular image": (height != width, "the image is not square: are H and W mixed up?"),
        "channels": (sizes.c > 1, f"{several} channels: every filter sums over all input channels."),
        "batch": (sizes.n > 1, f"{several} images: what does it do with the second one?"),
        "filters": (sizes.f > 1, f"{several} filters: what does it do with the second one?"),
        "batch and filters": (
            sizes.n > 1 and sizes.f > 1,
            f"{several} images and several filters: reshape does not swap axes, transpose does.",
        ),
    }
    return {
        trait: hint if hint.startswith("it ") else f"it fails exactly where {hint}"
        for trait, (present, hint) in known.items()
        if present
    }


def conv_inputs(sizes: Sizes, draw: Draw) -> dict[str, Any]:
    """Return x, weight, bias, the upstream gradient and the options of one configuration."""
    arrays = {
        "x": draw.values((sizes.n, sizes.c, sizes.h, sizes.w)),
        "weight": draw.values((sizes.f, sizes.c, sizes.kh, sizes.kw)),
        "bias": draw.values((sizes.f,)),
        "dout": draw.values((sizes.n, sizes.f, sizes.oh, sizes.ow)),
    }
    arrays = {name: value.astype(sizes.dtype) for name, value in arrays.items()}
    return {"name": sizes.name, "stride": sizes.stride, "padding": sizes.padding, **arrays}


def column_inputs(sizes: Sizes, draw: Draw) -> dict[str, Any]:
    """Return the inputs of im2col and col2im for one configuration."""
    rows, places = sizes.c * sizes.kh * sizes.kw, sizes.oh * sizes.ow
    return {
        "name": sizes.name.replace(f", F={sizes.f}", ""),
        "x": draw.values((sizes.n, sizes.c, sizes.h, sizes.w)).astype(sizes.dtype),
        "columns": draw.values((sizes.n, rows, places)).astype(sizes.dtype),
        "input_shape": (sizes.n, sizes.c, sizes.h, sizes.w),
        "kernel_size": (sizes.kh, sizes.kw),
        "stride": sizes.stride,
        "padding": sizes.padding,
    }


def pixel_inputs(sizes: Sizes, draw: Draw) -> dict[str, Any]:
    """Return the inputs of conv1x1_as_affine."""
    arrays = {
        "x": draw.values((sizes.n, sizes.c, sizes.h, sizes.w)),
        "weight": draw.values((sizes.f, sizes.c)),
        "bias": draw.values((sizes.f,)),
    }
    name = f"N={sizes.n} C={sizes.c} H={sizes.h} W={sizes.w}, F={sizes.f}"
    name += _kind(sizes)
    return {"name": name, **{k: v.astype(sizes.dtype) for k, v in arrays.items()}}


def grid_case(slug: str, sizes: Sizes, draw: Draw, oracle: Oracle) -> Case:
    """Return one case of any exercise of this topic."""
    make = {"im2col": column_inputs, "col2im": column_inputs, "conv1x1_as_affine": pixel_inputs}
    inputs = make.get(slug, conv_inputs)(sizes, draw)
    back = slug.endswith("backward") or slug == "col2im"
    return Case(str(inputs["name"]), inputs, oracle(inputs), traits(sizes, backward=back))


def cost_cases(slug: str, draw: Draw) -> list[Case]:
    """Return the cases that compare two sizes, one pair for each axis that may not be looped over."""
    if slug.startswith("conv2d_loops"):
        return _analytic(slug, draw)
    small = Sizes(2, 2, 6, 5, 3, 2, 2, 1, 1)
    larger = {
        "the batch": (Sizes(42, 2, 6, 5, 3, 2, 2, 1, 1), 40),
        "the channels": (Sizes(2, 42, 6, 5, 3, 2, 2, 1, 1), 40),
        "the rows": (Sizes(2, 2, 46, 5, 3, 2, 2, 1, 1), 40),
        "the columns": (Sizes(2, 2, 6, 45, 3, 2, 2, 1, 1), 40),
        "the filters": (Sizes(2, 2, 6, 5, 43, 2, 2, 1, 1), 40),
    }
    if slug in ("im2col", "col2im"):
        del larger["the filters"]
    cases = []
    for axis, (large, items) in larger.items():
        make = {"im2col": column_inputs, "col2im": column_inputs, "conv1x1_as_affine": pixel_inputs}
        sizes = [make.get(slug, conv_inputs)(size, draw) for size in (small, large)]
        inputs = {"name": f"two sizes of {axis}", "sizes": sizes, "axis": axis, "items": items}
        cases.append(Case(str(inputs["name"]), inputs, kind="cost"))
    return cases + _analytic(slug, draw)


def _analytic(slug: str, draw: Draw) -> list[Case]:
    """Many entries and few windows, so that only finite differences call a function once an entry."""
    if not slug.endswith("backward"):
        return []
    inputs = conv_inputs(Sizes(1, 2, 16, 16, 1, 2, 2, 7, 0), draw)
    name = str(inputs["name"])
    return [Case(name, {"name": name, "sizes": [inputs], "dout": inputs["dout"]}, kind="analytic")]


GRID = [
    Sizes(2, 3, 7, 5, 4, 3, 2, 1, 0),
    Sizes(2, 3, 7, 5, 4, 3, 2, 1, 1),
    Sizes(2, 3, 7, 5, 4, 3, 2, 2, 1),
    Sizes(2, 2, 8, 6, 3, 3, 3, 2, 0),
    Sizes(1, 3, 9, 7, 2, 2, 2, 3, 2),
    Sizes(3, 2, 5, 6, 2, 1, 1, 1, 0),
    Sizes(2, 1, 9, 6, 3, 2, 4, 3, 0),
    Sizes(1, 1, 4, 6, 2, 4, 6, 1, 0),
    Sizes(2, 2, 5, 5, 1, 3, 3, 1, 2),
    Sizes(2, 3, 7, 7, 4, 3, 3, 2, 0, fine=True),
    Sizes(2, 3, 7, 5, 4, 3, 2, 2, 1, "float32"),
]
PIXELS = [
    Sizes(2, 3, 4, 5, 6, 1, 1, 1, 0),
    Sizes(1, 5, 3, 2, 2, 1, 1, 1, 0),
    Sizes(3, 1, 2, 4, 5, 1, 1, 1, 0),
    Sizes(2, 4, 4, 4, 4, 1, 1, 1, 0, fine=True),
    Sizes(1, 64, 2, 3, 32, 1, 1, 1, 0),
    Sizes(2, 3, 4, 5, 6, 1, 1, 1, 0, "float32"),
]


def operation(slug: str) -> str:
    """Return the key under which expected values are stored; exercises with equal inputs share it."""
    return "conv2d" if slug.startswith("conv2d") else slug


def public_cases(slug: str) -> list[Case]:
    """Return the cases a student sees, simple ones first."""
    oracle = stored_expected("convolution", operation(slug))
    grid = PIXELS if slug == "conv1x1_as_affine" else GRID
    cases = [
        grid_case(slug, sizes, Dyadic(index, fine=sizes.fine), oracle) for index, sizes in enumerate(grid)
    ]
    return cases + cost_cases(slug, Dyadic(len(grid)))
