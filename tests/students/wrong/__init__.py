"""Wrong solutions as students write them, made without looking at the catalogue; importing this fills `WRONG`."""

from tests.students.wrong import (
    columns,
    convolution_backward,
    convolution_contract,
    convolution_forward,
    convolution_sizes,
    geometry,
    max_pooling,
    other_pooling,
)
from tests.students.wrong.registry import WRONG, Wrong

__all__ = [
    "WRONG",
    "Wrong",
    "columns",
    "convolution_backward",
    "convolution_contract",
    "convolution_forward",
    "convolution_sizes",
    "geometry",
    "max_pooling",
    "other_pooling",
]
