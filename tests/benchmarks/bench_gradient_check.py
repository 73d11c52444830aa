"""Compare our gradient check with torch.autograd.gradcheck: what it costs, and which mistakes it finds.

The cost is that of checking `conv2d_backward`, timed in turns within one run; ratios are to our fast mode.
The mistakes are those of the grader's catalogue. A mistake that changes no number (a loop where there should
be none) is no gradient check's to find, and some show in certain configurations only.
"""

import argparse
import statistics
import sys
import time
import warnings

import numpy as np
import torch
from tqdm import tqdm

from grader.bugs import bugs_of, mutant
from solutions.layers import convolution
from utils.gradient_check import gradient_check

# N, C, H, W, F, KH, KW
SIZES = [(2, 2, 5, 4, 3, 3, 2), (2, 3, 8, 7, 4, 3, 3), (3, 4, 12, 10, 6, 3, 3)]
SLUGS = ["conv2d_backward", "conv2d_loops_backward", "max_pool2d_backward", "avg_pool2d_backward"]
# Sizes as above, stride, padding (of convolutions); the first is the "one configuration" of the table.
CONFIGURATIONS = [
    ((2, 2, 5, 4, 3, 3, 2), 2, 1),
    ((2, 2, 5, 4, 3, 3, 2), 1, 0),
    ((1, 3, 4, 5, 2, 1, 1), 1, 1),
    ((3, 1, 6, 4, 2, 2, 3), 1, 2),
    ((2, 2, 7, 5, 1, 2, 1), 3, 0),
    ((2, 3, 5, 6, 2, 2, 2), 2, 0),
]


def draw(rng, size, pooling):
    """Return the inputs by name; those of pooling are spread so that no two are close to a tie."""
    N, C, H, W, F, KH, KW = size
    if pooling:
        return {"x": rng.permutation(np.linspace(-2, 2, N * C * H * W)).reshape(N, C, H, W)}
    shapes = {"x": (N, C, H, W), "weight": (F, C, KH, KW), "bias": (F,)}
    return {name: rng.normal(size=shape) for name, shape in shapes.items()}


def as_torch(forward, backward, options):
    """Return an autograd function of tensors that computes with the two NumPy functions."""

    class Wrapped(torch.autograd.Function):
        @staticmethod
        def forward(context, *inputs):
            out, context.numpy_cache = forward(*(x.detach().numpy() for x in inputs), **options)
            return torch.from_numpy(np.ascontiguousarray(out))

        @staticmethod
        def backward(context, dout):
            gradients = backward(dout.numpy(), context.numpy_cache)
            gradients = gradients if isinstance(gradients, tuple) else (gradients,)
            return tuple(torch.from_numpy(np.array(gradient)) for gradient in gradients)

    return Wrapped.apply


def torch_check(forward, backward, inputs, options, fast_mode):
    """Return whether torch's gradcheck accepts; an exception from the backward is a rejection."""
    tensors = [torch.from_numpy(x.copy()).requires_grad_() for x in inputs.values()]
    settings = {"fast_mode": fast_mode, "raise_exception": False, "check_undefined_grad": False}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return bool(torch.autograd.gradcheck(as_torch(forward, backward, options), tensors, **settings))
    except Exception:
        return False


def our_check(forward, backward, inputs, options, mode):
    """Return whether our check accepts."""
    rng = np.random.default_rng(1)
    return gradient_check(forward, backward, inputs, options=options, rng=rng, mode=mode).ok


CHECKS = {
    "ours fast": lambda *pair: our_check(*pair, "fast"),
    "ours full": lambda *pair: our_check(*pair, "full"),
    "torch fast": lambda *pair: torch_check(*pair, True),
    "torch": lambda *pair: torch_check(*pair, False),
}


def time_size(size, repeat):
    """Return the best seconds of every check of the reference, and make sure that all accept it."""
    inputs, options = draw(np.random.default_rng(2), size, False), {"stride": 1, "padding": 1}
    best = dict.fromkeys(CHECKS, np.inf)
    for _ in range(repeat):
        for name, check in CHECKS.items():
            start = time.perf_counter()
            accepted = check(convolution.conv2d_forward, convolution.conv2d_backward, inputs, options)
            best[name] = min(best[name], time.perf_counter() - start)
            if not accepted:
                raise AssertionError(f"{name} rejects the reference at size {size}")
    return best


def speed(sizes, repeat):
    """Print the table of times and ratios."""
    print(f"cost of a check of conv2d_backward, best of {repeat}; ratios to our fast mode")
    print(f"{'entries':>8} {'fast, ms':>9}" + "".join(f"{name:>12}" for name in CHECKS))
    for size in tqdm(sizes, desc="sizes", leave=False, disable=None):
        best = time_size(size, repeat)
        entries = sum(x.size for x in draw(np.random.default_rng(2), size, False).values())
        ratios = "".join(f"{seconds / best['ours fast']:>12.1f}" for seconds in best.values())
        tqdm.write(f"{entries:>8} {1000 * best['ours fast']:>9.2f}{ratios}", file=sys.stdout)


def pair_of(slug, functions, size, stride, padding):
    """Return forward, backward, inputs and options of one configuration."""
    pooling = "pool" in slug
    options = (
        {"kernel_size": size[5:], "stride": stride} if pooling else {"stride": stride, "padding": padding}
    )
    forward = functions[slug.replace("_backward", "_forward")]
    return forward, functions[slug], draw(np.random.default_rng(3), size, pooling), options


def find(slug, functions, configurations):
    """Return for every check whether it rejects in the first configuration, and our fast mode for any."""
    first = pair_of(slug, functions, *configurations[0])
    found = {name: not check(*first) for name, check in CHECKS.items()}
    rest = (pair_of(slug, functions, *configuration) for configuration in configurations)
    found["ours fast, all"] = any(not CHECKS["ours fast"](*pair) for pair in rest)
    return found


def mistakes(quick):
    """Print which check finds which catalogued mistake."""
    bugs = [bug for slug in SLUGS for bug in bugs_of(slug)[: 2 if quick else None]]
    print(f"\nmistakes found (+) in one configuration, and by our fast mode in all {len(CONFIGURATIONS)}")
    rows, seconds = [], []
    for bug in tqdm(bugs, desc="mistakes", leave=False, disable=None):
        start = time.perf_counter()
        rows.append(find(bug.slug, mutant(bug), CONFIGURATIONS))
        seconds.append(time.perf_counter() - start)
    columns = list(rows[0])
    print(f"{'':<52}" + "".join(f"{name:>15}" for name in columns))
    for bug, row in zip(bugs, rows, strict=True):
        print(f"{bug.name:<52}" + "".join(f"{'+' if row[name] else '-':>15}" for name in columns))
    print(
        f"{'found of ' + str(len(bugs)):<52}"
        + "".join(f"{sum(r[name] for r in rows):>15}" for name in columns)
    )
    print(f"median time of one row: {statistics.median(seconds):.2f} s")
    return rows


def main(arguments=None):
    """Print both tables and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.bench_gradient_check", description=__doc__
    )
    parser.add_argument(
        "--repeat", type=int, default=3, help="timings of each check; the best one counts (3)"
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="one size, one timing, two mistakes of each exercise: does it run?",
    )
    options = parser.parse_args(arguments)
    speed(SIZES[:1] if options.quick else SIZES, 1 if options.quick else options.repeat)
    mistakes(options.quick)
    return 0


if __name__ == "__main__":
    sys.exit(main())
