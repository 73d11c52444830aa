"""Hidden cases of the geometry exercises, with oracles that count positions instead of using the formulas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from utils.checks import geometry as public
from utils.checks.case import Case


def oracle(slug: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the expected values by brute force: place the window, build the layer, follow one output back."""
    if slug == "conv_output_size":
        end = inputs["size"] + 2 * inputs["padding"]
        starts = [s for s in range(0, end, inputs["stride"]) if s + inputs["kernel_size"] <= end]
        return {"size": len(starts)}
    if slug == "conv_parameter_count":
        layer = torch.nn.Conv2d(
            inputs["in_channels"], inputs["out_channels"], inputs["kernel_size"], bias=inputs["bias"]
        )
        return {"count": sum(p.numel() for p in layer.parameters())}
    # One output entry of the last layer reads kernel_size neighbors of the layer below, and so on to the input.
    seen = {0}
    for kernel_size, stride in reversed(inputs["layers"]):
        seen = {position * stride + k for position in seen for k in range(kernel_size)}
    return {"field": max(seen) - min(seen) + 1}


def cases(slug: str, rng: np.random.Generator) -> list[Case]:
    """Draw the hidden cases of one exercise."""

    def answers(inputs: Mapping[str, Any]) -> dict[str, Any]:
        return oracle(slug, inputs)

    def draw(low: int, high: int) -> int:
        return int(rng.integers(low, high + 1))

    if slug == "conv_output_size":
        rows = [
            (draw(20, 90), draw(1, 9), stride, padding) for stride in (1, 2, 3, 4) for padding in (0, 1, 3)
        ]
        rows += [(size, size, draw(1, 3), 0) for size in (draw(2, 9),)]
        rows += [(draw(2, 4), draw(9, 12), draw(1, 2), draw(0, 2)) for _ in range(2)]
        rows += [(size, size + draw(1, 2), draw(1, 2), 2) for size in (draw(2, 6),)]
        return _unlike([public.output_size_case(*row, answers) for row in rows])
    if slug == "conv_parameter_count":
        return _unlike(
            [
                public.parameter_count_case(
                    draw(2, 40), draw(2, 40), (draw(1, 7), draw(8, 11)), bias, answers
                )
                for bias in (True, True, True, False, False)
            ]
        )
    stacks = [[(draw(2, 7), draw(1, 3)) for _ in range(depth)] for depth in (0, 1, 2, 3, 3, 4, 5)]
    return _unlike([public.receptive_field_case(stack, answers) for stack in stacks])


def _unlike(drawn: list[Case]) -> list[Case]:
    """Drop cases drawn twice: names are keys."""
    return list({case.name: case for case in drawn}.values())
