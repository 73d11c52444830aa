"""Right solutions in many styles, as students and public code write them; importing this package fills `STUDENTS`."""

from tests.students import (
    average_pooling,
    columns,
    convolution_loops,
    convolution_matrices,
    convolution_vectorized,
    fractional_pooling,
    geometry,
    max_pooling,
)
from tests.students.registry import STUDENTS, Student

__all__ = [
    "STUDENTS",
    "Student",
    "average_pooling",
    "columns",
    "convolution_loops",
    "convolution_matrices",
    "convolution_vectorized",
    "fractional_pooling",
    "geometry",
    "max_pooling",
]
