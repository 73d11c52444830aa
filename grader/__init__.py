"""Building, checking and grading of the course; never shipped to students."""
