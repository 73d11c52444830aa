"""Tests of utils.data: shapes, ranges, and what a student without the packages is told."""

import sys

import numpy as np
import pytest

from utils.data import PHOTOGRAPHS, load_digits, load_photograph


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_photograph_is_a_float_image_with_channels_first(name):
    photograph = load_photograph(name)
    assert photograph.shape == (3, 427, 640)
    assert photograph.dtype == np.float64
    assert photograph.min() >= 0
    assert 0.9 < photograph.max() <= 1
    assert photograph.flags.c_contiguous
    assert photograph.flags.writeable


def test_photographs_differ():
    assert not np.array_equal(load_photograph("china"), load_photograph("flower"))


def test_channels_are_red_green_blue():
    """Is the sky over the temple bluer than red?"""
    red, _, blue = load_photograph("china")[:, :60].mean(axis=(1, 2))
    assert blue > red + 0.05


@pytest.mark.parametrize(("shrink", "shape"), [(2, (3, 214, 320)), (3, (3, 143, 214)), (427, (3, 1, 2))])
def test_shrink_divides_the_size_and_rounds_up(shrink, shape):
    assert load_photograph("flower", shrink=shrink).shape == shape


def test_shrink_averages_blocks():
    """Is each pixel the mean of its block, to the half step of the 8 bits a photograph is stored in?"""
    full, small = load_photograph("china"), load_photograph("china", shrink=4)
    block = full[:, 8:12, 20:24].mean(axis=(1, 2))
    np.testing.assert_allclose(small[:, 2, 5], block, atol=0.6 / 255)


@pytest.mark.parametrize("shrink", [0, -2])
def test_shrink_below_one_is_refused(shrink):
    with pytest.raises(ValueError, match="at least 1"):
        load_photograph("china", shrink=shrink)


def test_unknown_photograph_names_the_known_ones():
    with pytest.raises(ValueError, match="china, flower"):
        load_photograph("cat")


def test_digits_are_images_and_labels():
    images, labels = load_digits()
    assert images.shape == (1797, 1, 8, 8)
    assert images.dtype == np.float64
    assert (images.min(), images.max()) == (0, 1)
    assert labels.dtype == np.int64
    assert set(labels.tolist()) == set(range(10))


@pytest.mark.parametrize(
    ("package", "load", "message"),
    [
        ("sklearn.datasets", lambda: load_photograph("china"), "pip install scikit-learn pillow"),
        ("PIL", lambda: load_photograph("china"), "pip install scikit-learn pillow"),
        ("sklearn", load_digits, "pip install scikit-learn`"),
    ],
)
def test_missing_package_is_named_in_one_sentence(monkeypatch, package, load, message):
    """Does an import that fails say what to install?"""
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=message) as caught:
        load()
    assert "\n" not in str(caught.value)
