"""Compare the speed of the NumPy references of unit a06 with torch's, and with the bare matrix product.

Both run on the CPU with the same number of threads, in turns within one run, so both see the same machine.
"""

import argparse
import sys
import time
from dataclasses import dataclass

import numpy as np
import torch
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from tests.benchmarks.cases import Operation, operations

TORCH_GOAL = {np.float32: 1.0, np.float64: 0.6}
PRODUCT_GOAL = 2.0
# After a parallel region the worker threads of torch, and those of NumPy's matrix product, keep their cores
# busy for some milliseconds, waiting for more. Without a pause each would be timed on what the other leaves.
PAUSE = 0.04


@dataclass(frozen=True)
class Timing:
    """The best times of one operation, in milliseconds."""

    operation: Operation
    ours: float
    torch: float
    product: float | None = None

    @property
    def ratio(self):
        """Return our time in units of torch's."""
        return self.ours / self.torch

    @property
    def product_ratio(self):
        """Return our time in units of the bare product's."""
        return self.ours / self.product


def flatten(result):
    """Return the arrays in a result of ours or of torch's, as a list of NumPy arrays."""
    parts = result if isinstance(result, tuple | list) else [result]
    return [np.asarray(part) for part in parts]


def assert_equal_results(operation):
    """Make sure that the two sides compute the same before their times are compared."""
    ours, theirs = flatten(operation.ours()), flatten(operation.torch())
    tolerance = 1e-3 if operation.dtype == np.float32 else 1e-9
    for one, other in zip(ours, theirs, strict=True):
        scale = np.abs(other).max()
        np.testing.assert_allclose(one, other, rtol=0, atol=tolerance * scale, err_msg=operation.name)


def time_block(function, block, pause):
    """Return the milliseconds per call over a block of calls that takes about `block` seconds."""
    time.sleep(pause)
    function()
    start = time.perf_counter()
    function()
    calls = max(1, min(100, int(block / (time.perf_counter() - start))))
    start = time.perf_counter()
    for _ in range(calls):
        function()
    return (time.perf_counter() - start) / calls * 1e3


def time_all(todo, repeat, block, pause):
    """Time the sides of all operations in turns and keep the best block of each.

    A pass goes through the whole table before the next one begins, so that another program's burst of work spoils
    one block of an operation and not all of them.
    """
    rounds = [[] for _ in todo]
    bar = tqdm(total=repeat * len(todo), unit="operation", leave=False, disable=None)
    with bar:
        for _ in range(repeat):
            for operation, times in zip(todo, rounds, strict=True):
                bar.set_description(f"{operation.layer.name} {operation.name}")
                sides = [operation.ours, operation.torch]
                if operation.product is not None:
                    sides.append(operation.product)
                times.append([time_block(side, block, pause) for side in sides])
                bar.update()
    return [Timing(operation, *np.min(times, axis=0)) for operation, times in zip(todo, rounds, strict=True)]


def geometric_mean(values):
    """Return the geometric mean of positive numbers."""
    return float(np.exp(np.mean(np.log(values))))


def table(timings):
    """Return the lines of the table: one per operation, times in milliseconds."""
    header = f"{'layer':13} {'input':>15} {'dtype':8} {'operation':20} {'ours':>8} {'torch':>8} {'ratio':>6} "
    lines = [header + f"{'product':>8} {'ratio':>6}"]
    for timing in timings:
        operation = timing.operation
        shape = "x".join(str(size) for size in operation.layer.shape)
        line = f"{operation.layer.name:13} {shape:>15} {operation.dtype.__name__:8} {operation.name:20} "
        line += f"{timing.ours:8.3f} {timing.torch:8.3f} {timing.ratio:6.3g}"
        if timing.product is not None:
            line += f" {timing.product:8.3f} {timing.product_ratio:6.3g}"
        lines.append(line)
    return lines


def summary(timings):
    """Return the lines with the geometric means, and whether every goal is met."""
    lines, all_met = [], True
    for dtype, goal in TORCH_GOAL.items():
        mine = [timing for timing in timings if timing.operation.dtype is dtype]
        means = {"all": geometric_mean([timing.ratio for timing in mine])}
        for family in dict.fromkeys(timing.operation.family for timing in mine):
            means[family] = geometric_mean(
                [timing.ratio for timing in mine if timing.operation.family == family]
            )
        lines.append(
            f"{dtype.__name__}, times torch: " + ", ".join(f"{key} {means[key]:.2f}" for key in means)
        )
        products = [timing for timing in mine if timing.product is not None]
        floor = geometric_mean([timing.product / timing.torch for timing in products])
        lines.append(f"  the bare product alone takes {floor:.2f} times as long as torch's convolution")
        over_product = geometric_mean([timing.product_ratio for timing in products])
        for text, mean, limit in (
            ("conv2d, times torch", means["conv2d"], goal),
            ("all, times torch", means["all"], goal),
            ("conv2d, times the bare product", over_product, PRODUCT_GOAL),
        ):
            all_met = all_met and mean <= limit
            verdict = "met" if mean <= limit else "MISSED"
            lines.append(f"  {text}: {mean:.2f}, goal at most {limit}: {verdict}")
    return lines, all_met


def main(arguments=None):
    """Time everything, print the table and the means, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.bench_convolution", description=__doc__)
    parser.add_argument(
        "--repeat", type=int, default=7, help="passes over the table; the best time counts (7)"
    )
    parser.add_argument("--threads", type=int, default=2, help="threads of NumPy's products and of torch (2)")
    parser.add_argument(
        "--quick", action="store_true", help="two images, one call, one thread: only does it run?"
    )
    parser.add_argument("--strict", action="store_true", help="exit with status 1 if a goal is missed")
    options = parser.parse_args(arguments)
    repeat, block, pause, batch, threads = options.repeat, 0.01, PAUSE, None, options.threads
    if options.quick:
        repeat, block, pause, batch, threads = 1, 0, 0, 2, 1

    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with threadpool_limits(threads, user_api="blas"), torch.no_grad():
            todo = [operation for dtype in TORCH_GOAL for operation in operations(dtype, batch)]
            for operation in todo:
                assert_equal_results(operation)
            timings = time_all(todo, repeat, block, pause)
    finally:
        torch.set_num_threads(before)
    print(f"best of {repeat} in ms, {threads} threads; ratios: to torch, to the bare matrix product")
    print("\n".join(table(timings)))
    lines, all_met = summary(timings)
    print("\n" + "\n".join(lines))
    return 1 if options.strict and not all_met else 0


if __name__ == "__main__":
    sys.exit(main())
