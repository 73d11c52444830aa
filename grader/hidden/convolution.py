"""Hidden cases of the convolution exercises, with PyTorch as the oracle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from utils.checks import convolution as public
from utils.checks.case import Case, Fresh
from utils.checks.convolution import Sizes


def oracle(slug: str, inputs: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Return what PyTorch computes, in float64, rounded to the dtype of the inputs."""
    dtype = inputs["x"].dtype
    t = {
        name: torch.from_numpy(value.astype(np.float64)).requires_grad_()
        for name, value in inputs.items()
        if isinstance(value, np.ndarray)
    }
    if slug == "im2col":
        found = {"columns": functional.unfold(t["x"], inputs["kernel_size"], **_options(inputs))}
    elif slug == "col2im":
        size = inputs["input_shape"][2:]
        found = {"x": functional.fold(t["columns"], size, inputs["kernel_size"], **_options(inputs))}
    elif slug == "conv1x1_as_affine":
        pixels = functional.linear(t["x"].permute(0, 2, 3, 1), t["weight"], t["bias"])
        found = {"out": pixels.permute(0, 3, 1, 2)}
    else:
        out = functional.conv2d(t["x"], t["weight"], t["bias"], **_options(inputs))
        wanted = [t["x"], t["weight"], t["bias"]]
        dx, dweight, dbias = torch.autograd.grad(out, wanted, t["dout"])
        found = {"out": out, "dx": dx, "dweight": dweight, "dbias": dbias}
    return {name: np.array(value.detach().numpy(), dtype=dtype) for name, value in found.items()}


def _options(inputs: Mapping[str, Any]) -> dict[str, int]:
    return {"stride": inputs["stride"], "padding": inputs["padding"]}


def cases(slug: str, rng: np.random.Generator) -> list[Case]:
    """Draw the hidden cases of one exercise: fresh sizes for every kind of configuration, and fresh numbers."""
    draw = Fresh(rng)

    def answers(inputs: Mapping[str, Any]) -> dict[str, Any]:
        return oracle(slug, inputs)

    kinds = _pixel_sizes(rng) if slug == "conv1x1_as_affine" else _sizes(rng)
    drawn = [public.grid_case(slug, sizes, draw, answers) for sizes in kinds]
    return list({case.name: case for case in drawn}.values()) + public.cost_cases(slug, draw)


def _sizes(rng: np.random.Generator) -> list[Sizes]:
    def pick(*values: int) -> int:
        return int(rng.choice(values))

    n, c, f = (int(v) for v in rng.permutation([2, 3, 4]))
    h, w = (int(v) for v in rng.permutation([6, 7, 8, 9])[:2])
    kh, kw = (int(v) for v in rng.permutation([2, 3, 4])[:2])
    return [
        Sizes(n, c, h, w, f, kh, kw, 1, 0),
        Sizes(n, c, h, w, f, kw, kh, 1, pick(1, 2)),
        Sizes(2, c, h, w, 3, kh, kw, 2, pick(1, 2)),
        Sizes(2, 2, 7, pick(7, 9), 3, 3, 3, 2, 0),  # the stride divides
        Sizes(1, 3, pick(8, 9, 10), 7, 2, 2, pick(1, 2), 3, pick(1, 2)),
        Sizes(3, pick(2, 3), 5, pick(6, 7), 2, 1, 1, 1, 0),
        Sizes(3, pick(2, 3), 5, 6, 2, 1, 1, 2, 1),
        Sizes(2, 1, pick(9, 10, 11), 6, pick(2, 3), 2, 4, 3, 0),
        Sizes(1, 2, 4, 5, pick(1, 2), 4, 5, 1, 0),
        Sizes(2, pick(1, 3), 5, 5, 1, 3, 3, 1, 2),
        Sizes(1, 1, pick(5, 6), 7, 1, 3, 2, 2, 1),
        Sizes(n, c, h, w, f, kh, kw, pick(1, 2), pick(0, 1), "float32"),
    ]


def _pixel_sizes(rng: np.random.Generator) -> list[Sizes]:
    n, c, h, w, f = (int(v) for v in rng.permutation([2, 3, 4, 5, 6]))
    return [
        Sizes(n, c, h, w, f, 1, 1, 1, 0),
        Sizes(1, w, f, h, c, 1, 1, 1, 0),
        Sizes(f, 1, c, n, h, 1, 1, 1, 0),
        Sizes(2, h, 1, 1, w, 1, 1, 1, 0),
        Sizes(n, 3, 3, 3, 3, 1, 1, 1, 0),
        Sizes(c, n, w, h, f, 1, 1, 1, 0, "float32"),
    ]
