"""How the wrong bodies of this folder are collected."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.students.average_pooling import loops_forward as average_forward
from tests.students.convolution_loops import conv_forward_naive
from tests.students.convolution_matrices import conv2d_forward
from tests.students.fractional_pooling import loops_forward as fractional_forward
from tests.students.max_pooling import max_pool_forward_naive
from tests.students.registry import cs231n_convolution, cs231n_pooling


@dataclass(frozen=True)
class Wrong:
    """One wrong solution of one exercise.

    Attributes
    ----------
    says : str
        Regular expression that a hint which names the mistake matches.
    functions : mapping of str to callable
        The wrong function, and the right forward function before a wrong backward one.
    """

    name: str
    slug: str
    says: str
    functions: Mapping[str, Callable]


WRONG: list[Wrong] = []


def wrong(slug, says, **right):
    """Register a function with the signature of its exercise."""

    def register(function):
        WRONG.append(Wrong(function.__name__, slug, says, {slug: function, **right}))
        return function

    return register


def convolution_forward(says):
    """Register a wrong ``forward(x, w, b, conv_param)``."""

    def register(function):
        wrong_forward, _ = cs231n_convolution(function, None)
        functions = {"conv2d_loops_forward": wrong_forward}
        WRONG.append(Wrong(function.__name__, "conv2d_loops_forward", says, functions))
        return function

    return register


def convolution_backward(says, forward=conv_forward_naive):
    """Register a wrong ``backward(dout, cache)``; its forward is right, cache (x, w, b, conv_param)."""

    def register(function):
        right_forward, wrong_backward = cs231n_convolution(forward, function)
        functions = {"conv2d_loops_forward": right_forward, "conv2d_loops_backward": wrong_backward}
        WRONG.append(Wrong(function.__name__, "conv2d_loops_backward", says, functions))
        return function

    return register


def matrix_backward(says):
    """Register a wrong vectorized ``backward(dout, cache)``, cache (x, weight, stride, padding)."""
    return wrong("conv2d_backward", says, conv2d_forward=conv2d_forward)


def pooling_forward(says, kind="max_pool2d"):
    """Register a wrong ``forward(x, pool_param)``."""

    def register(function):
        wrong_forward, _ = cs231n_pooling(function, None)
        WRONG.append(Wrong(function.__name__, f"{kind}_forward", says, {f"{kind}_forward": wrong_forward}))
        return function

    return register


def pooling_backward(says, kind="max_pool2d", forward=None):
    """Register a wrong ``backward(dout, cache)``; its forward is right, cache (x, pool_param)."""

    def register(function):
        right = forward or {"max_pool2d": max_pool_forward_naive, "avg_pool2d": average_forward}[kind]
        right_forward, wrong_backward = cs231n_pooling(right, function)
        functions = {f"{kind}_forward": right_forward, f"{kind}_backward": wrong_backward}
        WRONG.append(Wrong(function.__name__, f"{kind}_backward", says, functions))
        return function

    return register


def fractional_backward(says):
    """Register a wrong ``backward(dout, cache)``, cache (x, rows, cols)."""
    return wrong("fractional_max_pool_backward", says, fractional_max_pool_forward=fractional_forward)
