"""How the right implementations of this folder are collected, for every test that needs more than one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Student:
    """One right solution of one or more exercises.

    Attributes
    ----------
    name : str
        The style, such as ``fft``.
    functions : mapping of str to callable
        The functions by exercise. An exercise whose function calls another one finds it in its own module.
    every : int
        Long measurements run it on every n-th seed only; above 1 for loops in pure Python.
    """

    name: str
    functions: Mapping[str, Callable]
    every: int = 1


STUDENTS: list[Student] = []


def hand_in(name: str, *, every: int = 1, **functions: Callable) -> None:
    """Register a solution of some exercises."""
    STUDENTS.append(Student(name, functions, every))


def hand_in_convolution(name, forward, backward, *, vectorized, every=1):
    """Register one pair for the exercise with loops and, if it has none over data, for the vectorized one too."""
    functions = {"conv2d_loops_forward": forward, "conv2d_loops_backward": backward}
    if vectorized:
        functions |= {"conv2d_forward": forward, "conv2d_backward": backward}
    hand_in(name, every=every, **functions)


def hand_in_pooling(name, kind, forward, backward, *, every=1):
    """Register a pair for `max_pool2d`, `avg_pool2d`, `global_avg_pool` or `fractional_max_pool`."""
    hand_in(name, every=every, **{f"{kind}_forward": forward, f"{kind}_backward": backward})


def cs231n_convolution(forward, backward):
    """Give ``forward(x, w, b, conv_param)`` and ``backward(dout, cache)`` the signatures of this course."""

    def conv_forward(x, weight, bias, *, stride=1, padding=0):
        return forward(x, weight, bias, {"stride": stride, "pad": padding})

    def conv_backward(dout, cache):
        return backward(dout, cache)

    return conv_forward, conv_backward


def cs231n_pooling(forward, backward):
    """Give ``forward(x, pool_param)`` and ``backward(dout, cache)`` the signatures of this course."""

    def pool_forward(x, *, kernel_size, stride):
        KH, KW = kernel_size
        return forward(x, {"pool_height": KH, "pool_width": KW, "stride": stride})

    def pool_backward(dout, cache):
        return backward(dout, cache)

    return pool_forward, pool_backward
