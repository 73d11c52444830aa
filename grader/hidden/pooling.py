"""Hidden cases of the pooling exercises, with PyTorch and exact fractions as oracles."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from utils.checks import pooling as public
from utils.checks.case import Case, Fresh
from utils.checks.pooling import Sizes


def oracle(slug: str, inputs: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Return what PyTorch computes, in float64, rounded to the dtype of the inputs."""
    if slug == "fractional_pool_boundaries":
        alpha = Fraction(inputs["input_size"], inputs["output_size"])
        ends = [math.ceil(alpha * (i + Fraction(inputs["u"]))) - 1 for i in range(inputs["output_size"] + 1)]
        return {"boundaries": np.array(ends)}
    x = torch.from_numpy(inputs["x"].astype(np.float64)).requires_grad_()
    if slug.startswith("max"):
        out = functional.max_pool2d(x, inputs["kernel_size"], inputs["stride"])
    elif slug.startswith("avg"):
        out = functional.avg_pool2d(x, inputs["kernel_size"], inputs["stride"])
    elif slug.startswith("global"):
        out = functional.adaptive_avg_pool2d(x, 1).flatten(1)
    else:
        columns = list(pairwise(inputs["cols"]))
        rows = [[x[:, :, a:b, c:d].amax((2, 3)) for c, d in columns] for a, b in pairwise(inputs["rows"])]
        out = torch.stack([torch.stack(row, -1) for row in rows], -2)
    (dx,) = torch.autograd.grad(out, x, torch.from_numpy(inputs["dout"].astype(np.float64)))
    dtype = inputs["x"].dtype
    return {"out": np.array(out.detach().numpy(), dtype=dtype), "dx": np.array(dx.numpy(), dtype=dtype)}


def cases(slug: str, rng: np.random.Generator) -> list[Case]:
    """Draw the hidden cases of one exercise: fresh sizes for every kind of configuration, and fresh numbers."""
    draw = Fresh(rng)

    def answers(inputs: Mapping[str, Any]) -> dict[str, Any]:
        return oracle(slug, inputs)

    if slug == "fractional_pool_boundaries":
        sizes = [(10, 7), (25, 18), (32, 20), (9, 5), (6, 3), (8, 8)]
        return [public.boundaries_case(*_boundaries(rng, *size), answers) for size in sizes]
    if slug.startswith("global"):
        n, c, h, w = (int(v) for v in rng.permutation([2, 3, 4, 5]))
        shapes = [((n, c, h, w), "float64"), ((1, w, n, c), "float64"), ((h, 1, c, n), "float64")]
        shapes += [((2, 3, 1, 1), "float64"), ((2, 2, n + 4, n + 4), "float64"), ((c, n, w, h), "float32")]
        drawn = [public.global_case(shape, dtype, draw, answers) for shape, dtype in shapes]
    elif slug.startswith("fractional"):
        shapes4 = [(2, 3, 7, 6), (1, 2, 6, 9), (3, 1, 8, 5), (2, 2, 6, 6), (1, 1, 9, 7), (2, 3, 6, 8)]
        drawn = []
        for index, (n, c, h, w) in enumerate(shapes4):
            rows, cols = _ends(rng, h), _ends(rng, w)
            dtype = "float32" if index == len(shapes4) - 1 else "float64"
            drawn.append(public.fractional_case((n, c, h, w), rows, cols, dtype, draw, answers))
    else:
        drawn = [public.window_case(slug, sizes, draw, answers) for sizes in _sizes(rng)]
    if slug.endswith("backward"):
        drawn.append(public.analytic_case(slug, draw))
    return list({case.name: case for case in drawn}.values())


def _sizes(rng: np.random.Generator) -> list[Sizes]:
    def pick(*values: int) -> int:
        return int(rng.choice(values))

    n, c = (int(v) for v in rng.permutation([2, 3]))
    h, w = (int(v) for v in rng.permutation([6, 7, 8, 9])[:2])
    kh, kw = (int(v) for v in rng.permutation([2, 3, 4])[:2])
    return [
        Sizes(n, c, 2 * pick(2, 3), 2 * pick(4, 5), 2, 2, 2),
        Sizes(n, c, h, w, kh, kw, 1),
        Sizes(n, c, h, w, 3, 3, 2),
        Sizes(2, pick(1, 3), pick(8, 9), 5, 2, pick(1, 2), 3),
        Sizes(3, c, w, h, kw, kh, 2),
        Sizes(2, 2, h, w, 2, 2, 2, negative=True),
        Sizes(n, c, 4, 5, 4, 5, pick(1, 2)),
        Sizes(2, 2, 5, pick(3, 4), 1, 1, pick(1, 2)),
        Sizes(1, 1, 5, 5, 3, 3, 1),
        Sizes(c, n, w, h, kh, kw, pick(1, 2), "float32"),
    ]


def _boundaries(rng: np.random.Generator, input_size: int, output_size: int) -> tuple[int, int, float]:
    """Draw u such that rounding of alpha * (i + u) decides nothing: 0.02 or more away from every whole number."""
    alpha = input_size / output_size
    while True:
        u = float(rng.uniform(0.02, 1 / alpha - 0.02))
        ends = alpha * (np.arange(output_size + 1) + u)
        if np.all(np.abs(ends - np.round(ends)) > 0.02):
            return input_size, output_size, u


def _ends(rng: np.random.Generator, size: int) -> tuple[int, ...]:
    """Draw strictly increasing boundaries with regions of 1 or 2 entries."""
    ends = [0]
    while ends[-1] < size:
        ends.append(min(size, ends[-1] + int(rng.integers(1, 3))))
    return tuple(ends)
