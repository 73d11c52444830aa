"""A hint must follow from the error alone: the right pattern where there is one, none where there is not."""

import numpy as np
import pytest

from utils.error_patterns import brackets, describe_error, describe_factor, tell_apart

EXPECTED = np.random.default_rng(3).normal(size=(2, 3, 7, 5))
SQUARE = np.random.default_rng(4).normal(size=(4, 4))


def edited(edit, expected=EXPECTED):
    actual = expected.copy()
    edit(actual)
    return actual


def keep_inner(width):
    def edit(a):
        inner = a[..., width:-width, width:-width].copy()
        a[:] *= 0.7
        a[..., width:-width, width:-width] = inner

    return edit


def put(index, value):
    def edit(a):
        a[index] = value

    return edit


def scale(index, factor):
    def edit(a):
        a[index] *= factor

    return edit


HINTS = [
    (EXPECTED * 0, "every entry of dx is zero: is the result ever written?"),
    (-EXPECTED, "dx has the wrong sign in every entry"),
    (-4 * EXPECTED, "dx has the wrong sign and is exactly 4 times too large in every entry"),
    (EXPECTED * 2, "every entry of dx is exactly 2 times too large: mean or sum?"),
    (EXPECTED / 4, "every entry of dx is exactly 4 times too small: mean or sum?"),
    (EXPECTED * 2.5, "every entry of dx is 2.5 times too large: is a constant missing or extra?"),
    (EXPECTED * 1.01, "every entry of dx is 1% too large: is there a stray constant?"),
    (EXPECTED * 0.99, "every entry of dx is 1% too small: is there a stray constant?"),
    (EXPECTED + 0.3, "every entry of dx is off by the same 0.3: is a constant added or not subtracted?"),
    (EXPECTED - EXPECTED.mean(), "is a constant added or not subtracted?"),
    (EXPECTED[..., ::-1, ::-1], "dx is reversed along axes 2 and 3: is an index counted from the other end?"),
    (EXPECTED[:, ::-1], "dx is reversed along axis 1: is an index counted from the other end?"),
    (edited(keep_inner(1)), "every wrong entry lies on the border: is the padding removed from dx?"),
    (edited(keep_inner(2)), "every wrong entry lies within 2 of the border: is the padding removed from dx?"),
    (edited(put(np.s_[0], 0)), "every wrong entry lies in dx[0, :, :, :]; the rest is right"),
    (edited(scale(np.s_[:, 2], 2)), "every wrong entry lies in dx[:, 2, :, :]; the rest is right"),
    (edited(put(np.s_[..., 0, :], 0)), "every wrong entry lies in dx[:, :, 0, :]; the rest is right"),
    (edited(put(np.s_[..., -1], 0)), "every wrong entry of dx lies in the last column: do the windows reach"),
    (
        edited(put(np.s_[..., -2:, :], 0)),
        "every wrong entry of dx lies in the last 2 rows: do the windows reach",
    ),
    (
        edited(put(np.s_[:, 1:], 0)),
        "only dx[:, 0, :, :] is right: does a loop over axis 1 stop, or overwrite?",
    ),
    (edited(scale((1, 2, 3, 4), 2)), "a single entry of dx is wrong: what is special about its place"),
    (edited(scale((1, 2, 3, 4), 1.01)), "a single entry of dx is wrong: what is special about its place"),
    (EXPECTED * (1 + 0.01 * np.cos(EXPECTED)), "every wrong entry of dx is within 1%: is a small term (eps)"),
    (EXPECTED * (EXPECTED < 0.5), "every wrong entry of dx is zero: are some entries never written?"),
    (edited(put((0, 0), np.nan)), "35 of 210 entries of dx are NaN: a division by zero"),
    (edited(put((0, 0, 0, 0), np.inf)), "1 of 210 entries of dx is infinite: a division by zero"),
    (EXPECTED * np.nan, "every entry of dx is NaN: "),
    (
        np.pad(EXPECTED, ((0, 0), (0, 0), (1, 1), (1, 1))),
        "the padding is still there: cut 1 off each side of dx",
    ),
    (np.pad(EXPECTED, ((0, 0), (0, 0), (1, 1), (2, 2))), "cut 1 (rows) and 2 (columns) off each side of dx"),
    (EXPECTED[..., 2:-2, 2:-2], "dx lacks 2 on each side: is padding cut off that was never there?"),
    (EXPECTED[:, :, 0:0], "dx is empty: does a slice such as [p:-p] meet p = 0?"),
    (EXPECTED.transpose(0, 3, 1, 2), "dx has its axes in another order: expected (2, 3, 7, 5); transpose it"),
    (
        EXPECTED.reshape(2, 105),
        "dx has the right number of entries in another shape: reshape it to (2, 3, 7, 5)",
    ),
    (EXPECTED.sum(axis=0), "dx lacks axis 0: is it summed away, or is only one index of it returned?"),
]


@pytest.mark.parametrize(("actual", "hint"), HINTS, ids=[hint for _, hint in HINTS])
def test_describe_error_reads_the_pattern(actual, hint):
    assert hint in describe_error(actual, EXPECTED)


def test_describe_error_sees_a_transposed_square():
    assert describe_error(SQUARE.T, SQUARE, name="dw") == "dw is transposed: axes 0 and 1 are swapped"
    swapped = np.random.default_rng(1).normal(size=(3, 4, 3, 2))
    hint = "dw is transposed: axes 0 and 2 are swapped"
    assert describe_error(swapped.swapaxes(0, 2), swapped, name="dw") == hint


def test_describe_error_sees_a_sum_that_is_missing():
    dout = np.random.default_rng(1).normal(size=(2, 4, 3, 5))
    dbias = dout.sum(axis=(0, 2, 3))
    assert describe_error(dout, dbias) == "dx has entries still to be added up: sum over axis 0, 2, 3"
    assert "sum over axis 0" in describe_error(dout.sum(axis=(2, 3)), dbias)
    kept = dout.sum(axis=1, keepdims=True)
    assert describe_error(dout, kept).endswith("sum over axis 1 with keepdims=True")
    square = np.random.default_rng(1).normal(size=(4, 4))  # either axis would fit: the values decide
    assert describe_error(square, square.sum(axis=1)).endswith("sum over axis 1")
    assert describe_error(square, square.sum(axis=0)).endswith("sum over axis 0")


def test_describe_error_sees_a_missing_mask():
    mask = np.random.default_rng(1).random(EXPECTED.shape) < 0.5
    assert (
        describe_error(EXPECTED, EXPECTED * mask)
        == "every wrong entry of dx should be zero: is a mask missing?"
    )


def test_describe_error_speaks_of_padding_as_the_name_asks():
    assert describe_error(edited(keep_inner(1)), EXPECTED, name="out").endswith(
        "is the padding applied to out?"
    )


@pytest.mark.parametrize("shift", [0, 1e-6, -1e-9])
def test_describe_error_is_silent_where_nothing_is_wrong(shift):
    assert describe_error(EXPECTED + shift, EXPECTED) is None
    assert describe_error(np.float32(EXPECTED), EXPECTED) is None
    assert describe_error(np.zeros(3), np.zeros(3)) is None


def test_describe_error_is_silent_about_an_error_without_pattern():
    noise = np.random.default_rng(9).normal(size=EXPECTED.shape)
    assert describe_error(EXPECTED + noise, EXPECTED) is None
    assert describe_error(noise, EXPECTED) is None
    scattered = EXPECTED + noise * (np.random.default_rng(1).random(EXPECTED.shape) < 0.2)
    assert describe_error(scattered, EXPECTED) is None


def test_describe_error_calls_no_place_by_chance():
    """Errors scattered at random must not be taken for errors of the border or of a channel."""
    named = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        wrong = rng.permutation(EXPECTED.size)[: rng.integers(2, 12)]
        actual = EXPECTED.copy()
        actual.reshape(-1)[wrong] += 1 + rng.random(len(wrong))
        hint = describe_error(actual, EXPECTED)
        named += hint is not None
    assert named <= 300 * 0.1


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (None, EXPECTED),
        ("text", EXPECTED),
        ([[1.0], [1.0, 2.0]], EXPECTED),
        (np.array([object()]), np.ones(1)),
        (EXPECTED + 1j, EXPECTED),
        (np.ones((3, 4)), np.ones((5, 7))),
        (np.float64(3), np.ones((5, 6))),
        (EXPECTED, EXPECTED * np.nan),
        (np.zeros(0), np.zeros(0)),
        (np.float64(3.5), np.float64(2.0)),
        (np.full(3, 1e308), np.full(3, -1e305) * [1, 2, 4]),
        (EXPECTED * 1e9 + 3e8 * np.sign(EXPECTED), EXPECTED),
    ],
)
def test_describe_error_takes_anything(actual, expected):
    assert describe_error(actual, expected) is None


def test_describe_error_does_not_try_every_order_of_many_axes():
    actual, expected = np.ones((2, *[1] * 20)), np.ones((*[1] * 20, 2))
    assert "in another shape" in describe_error(actual, expected)
    assert describe_error(np.ones((2,) * 20), np.ones(3)) is None


def test_describe_error_reads_scalars_and_lists():
    assert "exactly 2 times too large" in describe_error(4.0, 2.0, name="loss")
    assert describe_error(-2.0, 2.0, name="loss") == "loss has the wrong sign in every entry"
    assert "exactly 3 times too small" in describe_error([1, 2, 3], [3, 6, 9])
    assert "reshape it" in describe_error(np.ones((1, 4)), np.ones(4))


def test_describe_error_counts_unknown_entries_as_right():
    expected = EXPECTED.copy()
    expected[0, 0, 0, :3] = np.nan
    assert describe_error(EXPECTED, expected) is None
    assert describe_error(-EXPECTED, expected) == "dx has the wrong sign in every entry"
    assert describe_error(np.where(np.isnan(expected), np.nan, EXPECTED), expected) is None


def test_describe_error_reads_to_the_tolerance_asked_for():
    assert describe_error(EXPECTED * (1 + 1e-5), EXPECTED) is None
    assert "0.001% too large" in describe_error(EXPECTED * (1 + 1e-5), EXPECTED, tolerance=1e-7)


@pytest.mark.parametrize("factor", [1e-250, 1e-12, 1e-3, 1, 1e9, 1e250])
def test_describe_error_does_not_depend_on_the_scale(factor):
    assert "wrong sign" in describe_error(-EXPECTED * factor, EXPECTED * factor)
    assert describe_error(EXPECTED * factor * (1 + 1e-6), EXPECTED * factor) is None


def test_describe_error_changes_nothing():
    actual, expected = -EXPECTED, EXPECTED.copy()
    actual.flags.writeable = expected.flags.writeable = False
    assert describe_error(actual, expected) is not None


def test_describe_factor_is_silent_about_what_is_no_factor():
    assert describe_factor(SQUARE, SQUARE) is None
    assert describe_factor(SQUARE.T, SQUARE) is None
    assert describe_factor(SQUARE, np.zeros((4, 4))) is None


def test_numbers_are_written_with_as_many_digits_as_tell_them_apart():
    assert tell_apart(0.4121, 0.1011) == ("0.412", "0.101")
    assert tell_apart(1.00001, 1.00002) == ("1.00001", "1.00002")
    assert tell_apart(1.0, 1.0) == ("1", "1")
    assert tell_apart(1.0, np.nextafter(1.0, 2)) == ("1", "1.0000000000000002")
    assert brackets((np.int64(0), 1)) == "[0, 1]"
    assert brackets(()) == ""
