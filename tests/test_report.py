"""The report, the table on the screen and the words in them, from results made up here."""

import io
import re

import pytest
from rich.console import Console

from grader.bugs import all_bugs
from grader.course import load_course
from grader.errors import UserError
from grader.report import histogram, page, write_report
from grader.results import ExerciseResult, SubmissionResult, commonest, findings, in_words
from grader.results import _exercise as read_exercise
from grader.summary import print_summary
from grader.workplace import Workplace

UNIT = "a06_convolution"
COURSE = load_course()
EXERCISES = COURSE.of_unit(UNIT)
MISTAKE = all_bugs()[0].name


def result_of(student, **changed):
    """All right, except for the exercises named: each with its points and what was found."""
    exercises = []
    for exercise in EXERCISES:
        most = float(exercise.points + exercise.hidden_points)
        points, found = changed.get(exercise.slug, (most, {}))
        exercises.append(ExerciseResult(exercise.slug, points, most, **found))
    return SubmissionResult(
        student, True, "", tuple(exercises), sum(e.points for e in exercises), sum(e.most for e in exercises)
    )


def made_up_class():
    untouched = {e.slug: (0.0, {"problems": ("not written yet",)}) for e in EXERCISES}
    slug = MISTAKE.split("/")[0]
    return [
        result_of("ada"),
        result_of("bob", **{slug: (0.5, {"mistakes": (MISTAKE,), "problems": ("size is wrong",)})}),
        result_of(
            "cyn", **{slug: (0.5, {"mistakes": (MISTAKE,)}), "im2col": (0.0, {"fault": "KeyError: 'x'"})}
        ),
        result_of("dan", **untouched),
        SubmissionResult("<b>eve</b>", False, "its kernel <died>"),
    ]


@pytest.fixture
def place(tmp_path):
    folders = (tmp_path / name for name in ("submitted", "autograded", "feedback"))
    return Workplace(tmp_path, *folders, tmp_path, f"sqlite:///{tmp_path / 'gradebook.db'}")


def shown(results, width):
    text = io.StringIO()
    print_summary(Console(file=text, width=width, force_terminal=False), COURSE, UNIT, results)
    return text.getvalue()


def test_the_report_needs_nothing_from_outside(place):
    """No address, no file, no script: does the page hold everything itself?"""
    html = page(place, COURSE, UNIT, made_up_class())
    assert not re.search(r"https?:|url\(|<script|<link|<img|@import", html)


def test_the_report_escapes_what_students_chose(place):
    html = page(place, COURSE, UNIT, made_up_class())
    assert "<b>eve</b>" not in html
    assert "&lt;b&gt;eve&lt;/b&gt;" in html
    assert "its kernel &lt;died&gt;" in html


def test_the_report_shows_scores_rates_and_mistakes(place):
    html = page(place, COURSE, UNIT, made_up_class())
    assert "<b>5</b> submissions" in html
    assert "<b>4</b> graded" in html
    assert "25%" in html  # one of four has the exercise of the mistake right
    assert in_words(MISTAKE) in html
    assert "not written" in html


def test_the_report_links_to_the_feedback_pages_that_exist(place):
    feedback = place.feedback_page("ada", UNIT)
    feedback.parent.mkdir(parents=True)
    feedback.write_text("hello")
    path = write_report(place, COURSE, UNIT, made_up_class())
    links = set(re.findall(r'href="([^"]+)"', path.read_text()))
    assert {f"../feedback/ada/{UNIT}/{UNIT}.html"} == links
    assert (path.parent / links.pop()).is_file()


def test_without_anybody_graded_there_is_no_report(place):
    with pytest.raises(UserError, match="nothing has been graded yet; run"):
        write_report(place, COURSE, UNIT, [SubmissionResult("eve", False, "no notebook")])
    assert not place.report(UNIT).exists()


@pytest.mark.parametrize(("percent", "bar"), [(0, 0), (9.9, 0), (10, 1), (99.9, 9), (100, 9)])
def test_each_score_is_in_one_bar(percent, bar):
    assert [int(number == bar) for number in range(10)] == [b["count"] for b in histogram([percent])]


def test_findings_name_mistakes_and_count_what_is_not_written():
    _, bob, cyn, dan, eve = made_up_class()
    slug = MISTAKE.split("/")[0]
    hint = next(bug.hint for bug in all_bugs() if bug.name == MISTAKE)
    assert [(slug, in_words(MISTAKE), hint)] == findings(bob)
    assert ("im2col", "hidden tests could not run: KeyError: 'x'", "") in findings(cyn)
    assert [(f"{len(EXERCISES)} exercises", "not written yet", "")] == findings(dan)
    assert [("-", "not graded: its kernel <died>", "")] == findings(eve)
    assert [(MISTAKE, 2)] == commonest(made_up_class())


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_table_fits_the_terminal(width):
    text = shown(made_up_class(), width)
    assert max(len(line) for line in text.splitlines()) <= width
    assert "ada" in text
    assert "78/78" in text
    assert "all right" in text
    assert re.search(r"2 students\s+conv_output_size", text)


def test_the_wide_table_has_a_column_an_exercise():
    lines = shown(made_up_class(), 120).splitlines()
    row = next(line for line in lines if line.startswith("ada")).split()
    assert [f"{e.points + e.hidden_points}" for e in EXERCISES] == row[1:-1]


def test_a_large_class_is_shown_in_part():
    text = shown([result_of(f"student{number}") for number in range(45)], 120)
    assert "student39" in text
    assert "student40" not in text
    assert "5 more students are in the report" in text


class Grade:
    def __init__(self, score):
        self.score = score


def cell(ename="", evalue="", summary=None):
    outputs = [{"output_type": "error", "ename": ename, "evalue": evalue}] if ename else []
    if summary:
        data = {"application/vnd.layerwise.summary+json": summary}
        outputs.append({"output_type": "display_data", "data": data})
    return {"outputs": outputs}


FIVE_LINES = """im2col: raised NameError.
  case     N=2
  where    line 3
  values   NameError: name 'y' is not defined"""


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        (
            {"check_im2col": cell(), "hidden_im2col": cell("UserError", "edit matches 0 times")},
            "hidden tests could not run: UserError: edit matches 0 times",
        ),
        (
            {"check_im2col": cell(), "hidden_im2col": cell("CellTimeoutError")},
            "hidden tests did not end in time",
        ),
        (
            {
                "check_im2col": cell("CheckFailure", FIVE_LINES),
                "hidden_im2col": cell(summary={"problems": ["im2col: raised NameError."]}),
            },
            "raised NameError: name 'y' is not defined",
        ),
        (
            {
                "im2col": cell("SyntaxError", "invalid syntax (271828.py, line 2)"),
                "check_im2col": cell("CheckFailure", "im2col: is not defined."),
                "hidden_im2col": cell(summary={"problems": ["im2col: is not defined."]}),
            },
            "its cell raised SyntaxError: invalid syntax (line 2)",
        ),
        ({"check_im2col": cell()}, "its test cells were deleted"),
        ({"check_im2col": cell(), "hidden_im2col": cell()}, "points taken by hand"),
    ],
)
def test_what_was_found_is_read_from_the_outputs(cells, found):
    exercise = COURSE.exercises["im2col"]
    grades = {"check_im2col": Grade(0.0), "hidden_im2col": Grade(1.5)}
    result = read_exercise(exercise, grades, cells)
    assert result.points == 1.5
    assert found == result.found
