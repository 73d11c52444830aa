"""nbgrader's configuration, read by nbgrader and Jupyter when started in this folder, and by the builder.

Paths are resolved from this file's own place, not from the working directory.
"""

import contextlib
from pathlib import Path

c = get_config()

ROOT = Path(__file__).resolve().parent
WORK = ROOT / "grader" / "work"
with contextlib.suppress(OSError):  # on a read-only disk nothing can be graded, but everything can be built
    WORK.mkdir(parents=True, exist_ok=True)

c.CourseDirectory.course_id = "layerwise"
c.CourseDirectory.root = str(ROOT)
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "assignments"
# Whatever holds students' work is under grader/work/, which git ignores.
c.CourseDirectory.submitted_directory = "grader/work/submitted"
c.CourseDirectory.autograded_directory = "grader/work/autograded"
c.CourseDirectory.feedback_directory = "grader/work/feedback"
c.CourseDirectory.solution_directory = "grader/work/solution"
c.CourseDirectory.source_with_tests_directory = "grader/work/source_with_tests"
c.CourseDirectory.db_url = f"sqlite:///{WORK / 'gradebook.db'}"
c.ExportPlugin.to = str(WORK / "grades.csv")
# nbgrader copies every file beside a source notebook to students unless it matches one of these; the
# narrative is a .py file there. The list applies to submissions too: a student's own modules are not in it.
c.CourseDirectory.ignore = ["[ab][0-9][0-9]_*.py", ".*", "*.pyc", "__pycache__", "feedback"]

c.ClearSolutions.code_stub = {
    "python": '# Your code here.\nraise NotImplementedError("this exercise is not written yet")',
}

# Seconds for one cell; a loop without end costs this much, not the night.
c.Execute.timeout = 30
