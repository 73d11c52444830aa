"""Reference solutions of the course and the narratives of its units. Never shipped to students."""
