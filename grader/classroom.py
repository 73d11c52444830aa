"""The demonstration class: made-up students who hand in real notebooks."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grader.bugs import all_bugs, mutant_source
from grader.errors import UserError
from grader.reference import BEGIN, END, read_reference

if TYPE_CHECKING:
    from grader.course import Course

Notebook = dict[str, Any]

UNIT = "a06_convolution"


@dataclass(frozen=True)
class Student:
    """One made-up student.

    Attributes
    ----------
    name : str
        The student id.
    story : str
        What the submission is like, for the person who watches.
    mistakes : tuple of str
        Catalogued mistakes made; every other exercise is right.
    written : int or None
        How many exercises are written, None for all.
    change : callable, optional
        What else is done to the notebook.
    """

    name: str
    story: str
    mistakes: tuple[str, ...] = ()
    written: int | None = None
    change: Callable[[Notebook], None] | None = None


def submission(course: Course, unit: str, student: Student) -> bytes:
    """The notebook that a student hands in: the student notebook with solution cells filled in."""
    path = course.root / "assignments" / unit / f"{unit}.ipynb"
    try:
        notebook = deepcopy(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise UserError(f"{path} is missing; run `python -m grader build`") from error
    catalogue = {bug.name: bug for bug in all_bugs()}
    sources = {}
    for exercise in course.of_unit(unit)[: student.written]:
        sources[exercise.slug] = read_reference(course, exercise).source
    for mistake in student.mistakes:
        if mistake not in catalogue:
            raise UserError(
                f"grader/classroom.py: {mistake} is not in the catalogue of mistakes, grader/bugs/"
            )
        sources[catalogue[mistake].slug] = mutant_source(catalogue[mistake])
    for slug, source in sources.items():
        cell_of(notebook, slug)["source"] = _without_marks(source)
    if student.change:
        student.change(notebook)
    return (json.dumps(notebook, indent=1) + "\n").encode()


def cell_of(notebook: Notebook, identifier: str) -> dict[str, Any]:
    """The cell with an id."""
    return next(cell for cell in notebook["cells"] if cell["id"] == identifier)


def insert_code(notebook: Notebook, before: str, *sources: str) -> None:
    """Add cells of a student's own before the cell with an id."""
    place = notebook["cells"].index(cell_of(notebook, before))
    notebook["cells"][place:place] = [
        {
            "cell_type": "code",
            "execution_count": 7 + number,
            "id": f"own-{place}-{number}",
            "metadata": {},
            "outputs": [{"name": "stdout", "output_type": "stream", "text": "as I left it\n"}],
            "source": source,
        }
        for number, source in enumerate(sources)
    ]


def replace_body(notebook: Notebook, slug: str, statements: str) -> None:
    """Give the function in a solution cell another body; the docstring stays."""
    cell = cell_of(notebook, slug)
    source = "".join(cell["source"])
    end_of_docstring = source.index('"""', source.index('"""') + 3) + 3
    body = "\n".join(f"    {line}".rstrip() for line in statements.strip("\n").splitlines())
    cell["source"] = f"{source[:end_of_docstring]}\n{body}\n"


def _without_marks(source: str) -> str:
    return "\n".join(line for line in source.splitlines() if line.strip() not in (BEGIN, END))


def _crash(notebook: Notebook) -> None:
    """A cell that raises, a syntax error in one exercise, a name that is not there in another."""
    insert_code(notebook, "conv2d_loops_forward", "print(my_old_variable)", "1 / 0")
    cell = cell_of(notebook, "im2col")
    cell["source"] = cell["source"].replace("):\n", ")\n", 1)
    replace_body(notebook, "avg_pool2d_forward", "return average(windows), cache")


def _die(notebook: Notebook) -> None:
    """Code that ends the Python process, as running out of memory does."""
    replace_body(notebook, "max_pool2d_forward", "import os\n\nos._exit(1)")


def _loop(notebook: Notebook) -> None:
    """A loop that forgets to count."""
    replace_body(
        notebook,
        "avg_pool2d_backward",
        "dx, row = 0, 0\nwhile row < dout.shape[2]:\n    dx = dx + dout[:, :, row]\nreturn dx",
    )


def _mess(notebook: Notebook) -> None:
    """Own helpers, plots, prints, warnings, an exercise split over two cells: untidy, and right."""
    insert_code(
        notebook,
        "conv2d_loops_forward",
        "import warnings\nimport sys\n\ndef pad_(a, p):\n    return np.pad(a, ((0, 0), (0, 0), (p, p), (p, p)))",
        "# sanity check\nprint(pad_(np.ones((1, 1, 2, 2)), 1))",
    )
    body = """
    warnings.warn("slow, but it works")
    print("called with", x.shape, file=sys.stderr)
    N, C, H, W = x.shape
    F, _, KH, KW = weight.shape
    xp = pad_(x, padding)
    OH = (H + 2 * padding - KH) // stride + 1
    OW = (W + 2 * padding - KW) // stride + 1
    out = np.zeros((N, F, OH, OW), dtype=x.dtype)
    for i in range(OH):
        for j in range(OW):
            window = xp[:, :, i * stride : i * stride + KH, j * stride : j * stride + KW]
            out[:, :, i, j] = np.einsum("nckl,fckl->nf", window, weight) + bias
    return out, (x, weight, bias, stride, padding)
    """
    replace_body(notebook, "conv2d_loops_forward", body.replace("\n    ", "\n"))
    insert_code(
        notebook,
        "check_conv2d_loops_forward",
        "import matplotlib.pyplot as plt\n\nplt.plot(np.random.rand(9)); plt.title('just looking'); plt.show()",
        "print(conv2d_loops_forward(np.ones((1, 1, 4, 4)), np.ones((1, 1, 3, 3)), np.zeros(1))[0])",
        "this_is_not_defined  # left over",
    )
    # The work is in a second cell; the exercise's own cell only passes it on.
    right = "".join(cell_of(notebook, "global_avg_pool_forward")["source"])
    insert_code(
        notebook, "global_avg_pool_forward", right.replace("def global_avg_pool_forward", "def mean_pool")
    )
    replace_body(notebook, "global_avg_pool_forward", "return mean_pool(x)")


CLASS = (
    Student("amara.okafor", "everything right"),
    Student("anton.fischer", "a loop that never ends", change=_loop),
    Student("bruno.keller", "everything right, in an untidy notebook", change=_mess),
    Student("chen.wei", "one mistake", mistakes=("conv2d_loops_backward/empty_slice_without_padding",)),
    Student(
        "daria.novak",
        "the same mistake, twice",
        mistakes=("conv2d_loops_backward/empty_slice_without_padding", "col2im/empty_slice_without_padding"),
    ),
    Student(
        "elif.yildiz",
        "loops where none should be, and one output off",
        mistakes=("conv2d_forward/loops_over_the_batch", "conv_output_size/forgets_plus_one"),
    ),
    Student(
        "felix.brandt",
        "gradients over the wrong axes",
        mistakes=(
            "conv2d_backward/dbias_keeps_the_batch",
            "conv2d_loops_backward/dbias_per_image",
            "avg_pool2d_backward/forgets_to_share",
        ),
    ),
    Student(
        "grace.mwangi",
        "overwrites what is not hers",
        mistakes=(
            "max_pool2d_backward/overwrites_the_upstream_gradient",
            "avg_pool2d_backward/overwrites_the_upstream_gradient",
        ),
    ),
    Student(
        "hugo.lambert",
        "the kernel upside down, and padding on one side",
        mistakes=("conv2d_loops_forward/flips_the_kernel", "conv_output_size/padding_on_one_side"),
    ),
    Student(
        "ines.carvalho",
        "overlapping windows",
        mistakes=(
            "max_pool2d_backward/assigns",
            "conv2d_loops_backward/overlap_overwrites",
            "col2im/assigns",
        ),
    ),
    Student(
        "jonas.lindqvist",
        "sizes and fields",
        mistakes=(
            "receptive_field/adds_strides",
            "conv_parameter_count/forgets_bias",
            "fractional_pool_boundaries/rounds_down",
            "global_avg_pool_forward/keeps_the_axes",
        ),
    ),
    Student("kavya.iyer", "unfinished: the first nine exercises", written=9),
    Student("liam.byrne", "handed in as it was", written=0),
    Student("mei.tanaka", "cells that raise, and a syntax error", change=_crash),
    Student("olga.petrova", "ends the Python process", change=_die),
)
