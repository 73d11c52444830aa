"""Is wrong code refused that was written without the catalogue, and does the first hint name what is wrong?

The bodies are in `tests.students.wrong`, each with words that a hint which names its mistake contains.
"""

import re
from collections import Counter

import numpy as np
import pytest

from grader.exercises import EXERCISES
from grader.hidden import hidden_cases, references
from tests.students.wrong import WRONG
from utils.checks import checks_of, judge, public_cases, run_checks
from utils.checks.core import first_failure, score
from utils.checks.implementation import Implementation

SEEDS = range(3)

# A hint that is true and points at the place, but leaves the mistake itself to be found.
PARTLY = {
    "average_routed_like_a_maximum",
    "cached_image_is_padded_already",
    "field_needs_a_layer",
    "full_convolution_forgets_the_rest",
    "full_convolution_without_dilation",
    "image_and_filter_counts_mixed_up",
    "mean_over_the_wrong_axes",
    "memory_never_written",
    "only_tiles",
    "pads_batch_and_channels_too",
    "region_shares_by_size",
    "slides_over_the_image_without_padding",
    "starts_from_empty",
    "unravels_with_the_wrong_shape",
    "winner_without_offset",
}
# A hint that says nothing about the mistake. Whoever improves it takes the name off this list.
UNEXPLAINED = {
    "rows_and_columns_swapped",
    "rows_and_columns_swapped_in_the_window",
    "windows_step_by_kernel_size",
}
# Right on all public cases, wrong on hidden ones.
HIDDEN_ONLY: set[str] = set()

ALL = pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: f"{wrong.slug}-{wrong.name}")


def on_public_cases(wrong):
    """Judge a wrong body as a student's notebook does."""
    return judge(wrong.slug, Implementation(wrong.functions), public_cases(wrong.slug))


@ALL
def test_public_checks_refuse_wrong_code_and_say_why(wrong):
    """Does a student who makes this mistake see a failure, and a first hint that names it?"""
    failure = first_failure(on_public_cases(wrong))
    assert (failure is None) == (wrong.name in HIDDEN_ONLY)
    if failure is not None:
        assert len(failure.message().splitlines()) == 5
        assert failure.hint
        assert bool(re.search(wrong.says, failure.hint)) == (wrong.name not in UNEXPLAINED), failure.hint


@ALL
@pytest.mark.slow
def test_hidden_checks_refuse_wrong_code(wrong):
    """Does the mistake cost points on fresh cases, whatever the student?"""
    for seed in SEEDS:
        impl = Implementation(wrong.functions, references(wrong.slug))
        cases = hidden_cases(wrong.slug, np.random.default_rng(seed))
        assert score(run_checks(checks_of(wrong.slug), cases, impl)) < 1, seed


def test_wrong_bodies_are_many_and_the_lists_name_existing_ones():
    """Do the lists of imperfect hints hold names that exist, and are they short?"""
    names = {wrong.name for wrong in WRONG}
    assert len(WRONG) >= 150
    assert set() == (PARTLY | UNEXPLAINED | HIDDEN_ONLY) - names
    assert set() == PARTLY & UNEXPLAINED
    assert len(PARTLY | UNEXPLAINED) < 0.15 * len(WRONG)


def test_every_exercise_is_among_the_mistakes():
    """Is there independent wrong code for every exercise?"""
    made = Counter(wrong.slug for wrong in WRONG)
    assert [] == [slug for slug in EXERCISES if made[slug] < 3]


def test_no_hint_is_given_for_a_mistake_that_contradicts_the_answer():
    """Is a mistake named only if it explains all of the answer, where what they share is a short text?"""
    wrong = next(w for w in WRONG if w.name == "passes_the_value_on")
    named = [v for v in on_public_cases(wrong) if v.aspect == "zero_upstream" and v.mistake]
    assert [] == [v for v in named if v.mistake != "max_pool2d_backward/multiplies_by_x"]
