"""The error a person can mend."""

from __future__ import annotations


class UserError(Exception):
    """One sentence that says what is wrong and what to do; `python -m grader` prints it and exits with 2."""
