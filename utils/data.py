"""The data sets that come with scikit-learn: small, on disk already, the same for everybody.

scikit-learn is imported when a data set is asked for, so this module itself needs NumPy only.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PHOTOGRAPHS = ("china", "flower")


def load_photograph(name: str, *, shrink: int = 1) -> NDArray[np.float64]:
    """Load one of scikit-learn's two sample photographs.

    Parameters
    ----------
    name : str
        "china" (a temple) or "flower" (a dahlia).
    shrink : int
        Average blocks of shrink x shrink pixels into one (smaller blocks at the right and lower border).

    Returns
    -------
    photograph : array (3, H, W)
        Red, green and blue in [0, 1]; 427 x 640 pixels when shrink is 1.
    """
    if name not in PHOTOGRAPHS:
        raise ValueError(f"there is no photograph called {name!r}: choose one of {', '.join(PHOTOGRAPHS)}.")
    if shrink < 1:
        raise ValueError(f"shrink must be a whole number of at least 1, not {shrink}.")
    try:
        from PIL import Image
        from sklearn.datasets import load_sample_image
    except ImportError as error:
        raise missing("The photographs need scikit-learn and pillow", "scikit-learn pillow") from error
    photograph = Image.fromarray(load_sample_image(f"{name}.jpg")).reduce(shrink)
    return np.ascontiguousarray(np.moveaxis(np.asarray(photograph), -1, 0)) / 255.0


def load_digits() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Load scikit-learn's 1797 handwritten digits.

    Returns
    -------
    images : array (1797, 1, 8, 8)
        Ink in [0, 1].
    labels : int array (1797,)
        The digit, 0 to 9.
    """
    try:
        from sklearn import datasets
    except ImportError as error:
        raise missing("The digits need scikit-learn", "scikit-learn") from error
    digits = datasets.load_digits()
    return digits.images[:, None] / 16.0, digits.target.astype(np.int64)


def missing(what: str, packages: str) -> ImportError:
    """Say in one sentence which packages are missing and how to get them."""
    return ImportError(
        f"{what}: install them with `python -m pip install {packages}` and restart the kernel."
    )
