"""The registry: one row per exercise, in the order in which students meet them."""

from __future__ import annotations

from dataclasses import dataclass

from utils import checks


@dataclass(frozen=True)
class Unit:
    """One assignment: a folder, a narrative and a notebook."""

    slug: str
    title: str
    seconds: int
    gigabytes: int


@dataclass(frozen=True)
class Exercise:
    """One function or class that a student writes.

    Attributes
    ----------
    slug : str
        Name of the function, grade_id, cell id, check key and prefix of its mistakes.
    reference : str
        Module of the reference implementation; its last part is the topic.
    points, hidden_points : int
        Points of the public cell (all or nothing) and of the hidden one (partial credit).
    """

    slug: str
    unit: str
    title: str
    reference: str
    points: int
    hidden_points: int

    @property
    def topic(self) -> str:
        return self.reference.rsplit(".", 1)[-1]

    @property
    def uses(self) -> tuple[str, ...]:
        return checks.uses(self.slug)


UNITS = {unit.slug: unit for unit in [Unit("a06_convolution", "Convolution and pooling", 60, 2)]}

_GEOMETRY = "solutions.layers.geometry"
_CONVOLUTION = "solutions.layers.convolution"
_POOLING = "solutions.layers.pooling"

# slug, title, reference, public points, hidden points
_A06 = [
    ("conv_output_size", "Output size of a convolution", _GEOMETRY, 1, 1),
    ("conv_parameter_count", "Parameters of a convolution", _GEOMETRY, 1, 1),
    ("conv2d_loops_forward", "Convolution with loops", _CONVOLUTION, 2, 4),
    ("conv2d_loops_backward", "Gradients of a convolution with loops", _CONVOLUTION, 3, 6),
    ("im2col", "Windows as columns", _CONVOLUTION, 2, 3),
    ("conv2d_forward", "Convolution as a matrix product", _CONVOLUTION, 2, 4),
    ("col2im", "Columns back to an image", _CONVOLUTION, 2, 3),
    ("conv2d_backward", "Gradients of a convolution as matrix products", _CONVOLUTION, 3, 6),
    ("conv1x1_as_affine", "A 1x1 convolution is an affine layer", _CONVOLUTION, 1, 2),
    ("max_pool2d_forward", "Max pooling", _POOLING, 1, 3),
    ("max_pool2d_backward", "Gradient of max pooling", _POOLING, 2, 4),
    ("avg_pool2d_forward", "Average pooling", _POOLING, 1, 2),
    ("avg_pool2d_backward", "Gradient of average pooling", _POOLING, 1, 3),
    ("global_avg_pool_forward", "Global average pooling", _POOLING, 1, 1),
    ("global_avg_pool_backward", "Gradient of global average pooling", _POOLING, 1, 1),
    ("fractional_pool_boundaries", "Boundaries of fractional pooling", _POOLING, 1, 1),
    ("fractional_max_pool_forward", "Fractional max pooling", _POOLING, 1, 2),
    ("fractional_max_pool_backward", "Gradient of fractional max pooling", _POOLING, 1, 2),
    ("receptive_field", "Receptive field of a stack of layers", _GEOMETRY, 1, 1),
]

EXERCISES = {
    slug: Exercise(slug, "a06_convolution", title, reference, points, hidden_points)
    for slug, title, reference, points, hidden_points in _A06
}


def exercises_of(unit: str) -> list[Exercise]:
    """Return the exercises of a unit in order."""
    return [exercise for exercise in EXERCISES.values() if exercise.unit == unit]
