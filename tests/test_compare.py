"""Does the comparison refuse everything that is not the right array, and say why?"""

import numpy as np
import pytest

from utils.compare import CheckFailure, expect_array, expect_integer, expect_parts, five_lines

RIGHT = np.array([[0.5, -2.0], [3.5, 0.25]])


class Agreeable(np.ndarray):
    """An array that agrees with everything it is compared with."""

    def __array_function__(self, func, types, args, kwargs):
        return True

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return np.zeros(1)


class Pretender:
    """An object that turns into the right array when somebody asks."""

    def __array__(self, dtype=None, copy=None):
        return RIGHT


WRONG = [
    (None, "none"),
    (Pretender(), "type"),
    (RIGHT.tolist(), "type"),
    (3.0, "type"),
    (RIGHT.view(Agreeable), "type"),
    (np.ma.masked_all(RIGHT.shape), "type"),
    (RIGHT[None], "shape"),
    (RIGHT[:1], "shape"),
    (np.empty((2, 0)), "shape"),
    (RIGHT.astype(np.float16), "dtype"),
    (RIGHT.astype(np.float32), "dtype"),
    (RIGHT.astype(complex), "dtype"),
    (RIGHT.astype(object), "dtype"),
    (RIGHT.astype(int), "dtype"),
    (np.full((2, 2), np.nan), "finite"),
    (np.where(RIGHT == 0.25, np.inf, RIGHT), "finite"),
    (RIGHT + 1e-6, "values"),
    (-RIGHT, "values"),
    (np.zeros((2, 2)), "values"),
]


@pytest.mark.parametrize(("answer", "stage"), WRONG, ids=lambda value: str(value)[:24].replace("\n", ""))
def test_expect_array_refuses_at_the_first_wrong_stage(answer, stage):
    """Is each wrong answer refused at the stage that tells the student most?"""
    with pytest.raises(CheckFailure) as caught:
        expect_array("dx", answer, RIGHT, tolerance=1e-9)
    assert stage == caught.value.stage


def test_expect_array_accepts_noise_below_the_tolerance():
    """Is a right answer with rounding noise accepted, and its error returned?"""
    assert 0 < expect_array("dx", RIGHT * (1 + 1e-12), RIGHT, tolerance=1e-9) < 1e-11


def test_expect_array_accepts_float64_for_float32_but_not_the_reverse():
    """May a student compute in float64 where the input is float32?"""
    single = RIGHT.astype(np.float32)
    expect_array("out", RIGHT, single, tolerance=1e-4)
    expect_array("out", single, single, tolerance=1e-4)
    with pytest.raises(CheckFailure, match="wrong dtype"):
        expect_array("out", RIGHT.astype(np.float16), single, tolerance=1e-4)


def test_expect_array_says_where_and_what():
    """Does the failure name the worst entry, the student's value and the expected one?"""
    wrong = RIGHT.copy()
    wrong[1, 0] = 1.5
    with pytest.raises(CheckFailure) as caught:
        expect_array("dweight", wrong, RIGHT, tolerance=1e-9)
    assert caught.value.problem == "the gradient with respect to weight is wrong."
    assert caught.value.where == "1 of 4 entries; largest gap 2 at dweight[1, 0]"
    assert caught.value.values == "yours 1.5, expected 3.5"


@pytest.mark.parametrize("answer", [None, 3, (1,), (1, 2, 3), np.zeros((2, 2)), {"out": 1, "cache": 2}])
def test_expect_parts_refuses_anything_but_a_tuple_of_that_length(answer):
    """Is an array not unpacked along its first axis, nor a dict along its keys?"""
    with pytest.raises(CheckFailure, match=r"\(out, cache\)"):
        expect_parts(answer, ("out", "cache"))


@pytest.mark.parametrize("answer", [None, True, 5.0, "5", np.float64(5), np.array([5]), 4, 1 + 4j])
def test_expect_integer_refuses_what_is_no_whole_number(answer):
    """Are a bool, a float and a text refused where a whole number is asked for?"""
    with pytest.raises(CheckFailure):
        expect_integer("size", answer, 5)


@pytest.mark.parametrize("answer", [5, np.int64(5), np.array(5)])
def test_expect_integer_accepts_numpy_integers(answer):
    """Are NumPy's integers whole numbers?"""
    assert expect_integer("size", answer, 5) == 0


def test_five_lines_are_always_five():
    """Does a message keep five lines when a part of it is empty or has line breaks?"""
    text = five_lines("im2col", "is wrong.", "N=2", "a\nb", "", "")
    assert len(text.splitlines()) == 5
    assert [line.split()[0] for line in text.splitlines()[1:]] == ["case", "where", "values", "hint"]
