"""How conv_output_size, conv_parameter_count and receptive_field are checked, and their public cases."""

from __future__ import annotations

from typing import Any

from utils.checks.case import Case, Oracle, stored_expected
from utils.checks.core import Check
from utils.checks.function import expect_error, function_checks
from utils.checks.implementation import Implementation

USES: dict[str, tuple[str, ...]] = {}


def _refuses_small_input(impl: Implementation, case: Case) -> None:
    size, kernel_size, stride, padding = case.fresh("size", "kernel_size", "stride", "padding")
    expect_error(impl, "conv_output_size", "ValueError", size, kernel_size, stride=stride, padding=padding)


CHECKS: dict[str, list[Check]] = {
    "conv_output_size": [
        *function_checks(
            "conv_output_size", ("size", "kernel_size"), ("stride", "padding"), output="size", arrays=False
        ),
        Check("conv_output_size", "refuses_small_input", _refuses_small_input, kind="refusal"),
    ],
    "conv_parameter_count": function_checks(
        "conv_parameter_count",
        ("in_channels", "out_channels", "kernel_size"),
        ("bias",),
        output="count",
        arrays=False,
    ),
    "receptive_field": function_checks("receptive_field", ("layers",), output="field", arrays=False),
}


def output_size_case(size: int, kernel_size: int, stride: int, padding: int, oracle: Oracle) -> Case:
    """Return one case of conv_output_size; a kernel that does not fit asks for a ValueError."""
    inputs: dict[str, Any] = {
        "name": f"size {size}, kernel {kernel_size}, stride {stride}, padding {padding}",
        "size": size,
        "kernel_size": kernel_size,
        "stride": stride,
        "padding": padding,
    }
    room = size + 2 * padding - kernel_size
    if room < 0:
        return Case(inputs["name"], inputs, {}, {}, kind="refusal")
    traits = {}
    if padding:
        traits["padding"] = "padding is added at both ends: the axis grows by twice the padding."
    if stride > 1:
        traits["stride"] = "the number of steps is the room that is left, divided by the stride."
    if room % stride:
        traits["uneven"] = "round down: a window that would stick out at the end is not used."
    return Case(inputs["name"], inputs, oracle(inputs), traits)


def parameter_count_case(
    in_channels: int, out_channels: int, kernel_size: tuple[int, int], bias: bool, oracle: Oracle
) -> Case:
    """Return one case of conv_parameter_count."""
    inputs = {
        "name": f"{in_channels} channels, {out_channels} filters, kernel {kernel_size[0]}x{kernel_size[1]}"
        + ("" if bias else ", no bias"),
        "in_channels": in_channels,
        "out_channels": out_channels,
        "kernel_size": kernel_size,
        "bias": bias,
    }
    traits = {}
    if kernel_size[0] != kernel_size[1]:
        traits["rectangular"] = "the kernel has KH * KW entries; height and width may differ."
    if in_channels > 1:
        traits["channels"] = "every filter spans all input channels."
    if not bias:
        traits["no bias"] = "bias=False leaves out one parameter per filter."
    return Case(str(inputs["name"]), inputs, oracle(inputs), traits)


def receptive_field_case(layers: list[tuple[int, int]], oracle: Oracle) -> Case:
    """Return one case of receptive_field."""
    text = ", ".join(f"{k}/{s}" for k, s in layers) or "no layers"
    inputs = {"name": f"kernel/stride: {text}", "layers": layers}
    traits = {}
    if any(stride > 1 for _, stride in layers[:-1]):
        traits["stride"] = "a stride makes every later layer's steps longer on the input."
    if layers and layers[-1][1] > 1:
        traits["last stride"] = "the stride of a layer matters to the layers after it, not to itself."
    if len(layers) > 1:
        traits["deep"] = "each layer adds (kernel - 1) to the field; only the first pixel counts once."
    return Case(str(inputs["name"]), inputs, oracle(inputs), traits)


# Numbers of the lectures: LeNet-5's layers, AlexNet's 227 (not 224), 112 parameters, the stacks of 3x3 kernels.
OUTPUT_SIZES = [
    (5, 3, 1, 0),
    (5, 3, 1, 1),
    (5, 3, 2, 1),
    (227, 11, 4, 0),
    (224, 11, 4, 0),
    (28, 5, 1, 2),
    (10, 4, 3, 1),
    (3, 3, 2, 0),
    (9, 1, 1, 0),
    (4, 6, 1, 0),
    (1, 6, 1, 2),
    (3, 5, 1, 1),
]
PARAMETER_COUNTS: list[tuple[int, int, tuple[int, int], bool]] = [
    (3, 4, (3, 3), True),
    (1, 6, (5, 5), True),
    (6, 16, (5, 5), True),
    (64, 32, (1, 1), True),
    (3, 5, (7, 2), True),
    (8, 8, (7, 7), False),
    (8, 8, (3, 3), False),
]
RECEPTIVE_FIELDS = [
    [(3, 1), (3, 1)],
    [(3, 1), (3, 1), (3, 1)],
    [(7, 1)],
    [(3, 2)],
    [(5, 1), (2, 2), (5, 1), (2, 2)],
    [(11, 4), (3, 2), (5, 1)],
    [(2, 3), (4, 2), (3, 1)],
    [],
]


def public_cases(slug: str) -> list[Case]:
    """Return the cases a student sees."""
    oracle = stored_expected("geometry", slug)
    if slug == "conv_output_size":
        return [output_size_case(*row, oracle) for row in OUTPUT_SIZES]
    if slug == "conv_parameter_count":
        return [parameter_count_case(*row, oracle) for row in PARAMETER_COUNTS]
    return [receptive_field_case(row, oracle) for row in RECEPTIVE_FIELDS]
