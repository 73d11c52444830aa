"""Helpers of the course that ship with the notebooks: checks, gradient checks, data and plots."""
