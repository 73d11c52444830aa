"""Finding solutions where students could read them, also when reformatted, commented out or inside a string.

A solution is reduced to its lines without white space. Two neighboring lines that no other solution has, or
the whole of it, must not occur in a text reduced the same way; code is compared in a second form too, as
Python prints its syntax tree, so that quotes, parentheses and line breaks make no difference.
"""

from __future__ import annotations

import ast
import io
import itertools
import re
import textwrap
import tokenize
from collections import Counter
from dataclasses import dataclass

from grader.course import Course
from grader.narrative import without_magics
from grader.reference import read_reference

_LINE_SAYS_SOMETHING = 12
_TEXT_SAYS_SOMETHING = 30
_IMPORT = re.compile(r"import|from\w+import")


@dataclass(frozen=True)
class Secrets:
    """What may not reach students.

    Attributes
    ----------
    pieces : dict of str to str
        Reduced pieces of text, each with what it is a piece of.
    """

    pieces: dict[str, str]

    @classmethod
    def of_solutions(cls, course: Course, unit: str | None = None) -> Secrets:
        """Read the reference solutions of one unit, or of all."""
        exercises = [row for row in course.exercises.values() if unit in (None, row.unit)]
        return cls.of_texts(
            {f"the solution of {row.slug}": read_reference(course, row).body for row in exercises}
        )

    @classmethod
    def of_hidden_tests(cls, course: Course) -> Secrets:
        """Read the hidden cases and the catalogue of mistakes."""
        folders = [course.root / "grader" / name for name in ("hidden", "bugs")]
        # One module a topic; __init__.py holds no cases.
        files = [path for folder in folders for path in folder.glob("*.py") if path.stem != "__init__"]
        texts = {str(path.relative_to(course.root)): path.read_text(encoding="utf-8") for path in files}
        rows = {piece: name for name, text in texts.items() for piece in _neighbors_in_tables(text)}
        return cls(cls.of_texts(texts).pieces | rows)

    @classmethod
    def of_texts(cls, texts: dict[str, str]) -> Secrets:
        """Take Python texts by name: their pairs of lines that no other text has, and each as a whole."""
        forms = {name: [_lines_as_written(text), _lines_as_parsed(text)] for name, text in texts.items()}
        count = Counter(line for both in forms.values() for line in set(both[0]) | set(both[1]))
        pieces = {}
        for name, both in forms.items():
            for lines in both:
                own = [
                    count[line] == 1 and len(line) >= _LINE_SAYS_SOMETHING and not _IMPORT.match(line)
                    for line in lines
                ]
                for i in range(len(lines) - 1):
                    if own[i] and own[i + 1]:
                        pieces[lines[i] + lines[i + 1]] = name
                if len(lines) > 1 and len("".join(lines)) >= _TEXT_SAYS_SOMETHING:
                    pieces["".join(lines)] = name
        return cls(pieces)

    def find_in(self, text: str) -> str:
        """Return what a text holds a piece of, or an empty string."""
        forms = [_reduce(text), "".join(_lines_as_parsed(text))]
        for piece, name in self.pieces.items():
            if any(piece in form for form in forms):
                return name
        return ""


def _reduce(text: str) -> str:
    """Drop what two ways to write the same differ in: white space, comment signs, quotes, trailing commas."""
    return re.sub(r",(?=[)\]}])", "", re.sub(r"[\s#\"']+", "", text))


def _lines_as_written(body: str) -> list[str]:
    """The body's lines without comments and white space."""
    code = textwrap.dedent(body) + "\n"
    comments = {
        token.start: token.string
        for token in tokenize.generate_tokens(io.StringIO(code).readline)
        if token.type == tokenize.COMMENT
    }
    lines = code.splitlines()
    for row, column in comments:
        lines[row - 1] = lines[row - 1][:column]
    return [reduced for line in lines if (reduced := _reduce(line))]


def _lines_as_parsed(text: str) -> list[str]:
    """The lines of the text's syntax tree, printed by Python, without docstrings; none if not Python."""
    try:
        tree = ast.parse(textwrap.dedent(without_magics(text)))
    except (SyntaxError, ValueError):
        return []
    for node in ast.walk(tree):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list):
                kept = [
                    part
                    for part in block
                    if not (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant))
                ]
                setattr(node, field, kept)
    return [reduced for line in ast.unparse(tree).splitlines() if (reduced := _reduce(line))]


def _neighbors_in_tables(text: str) -> list[str]:
    """Each two neighboring rows of the tables (lists of tuples, calls, ...) in a program."""
    pieces = []
    for node in ast.walk(ast.parse(textwrap.dedent(text))):
        rows = node.elts if isinstance(node, ast.List | ast.Tuple | ast.Set) else []
        lines = [
            "" if isinstance(row, ast.Constant | ast.Name) else _reduce(ast.unparse(row)) for row in rows
        ]
        for first, second in itertools.pairwise(lines):
            if min(len(first), len(second)) >= _LINE_SAYS_SOMETHING:
                pieces.append(f"{first},{second}")
    return pieces
