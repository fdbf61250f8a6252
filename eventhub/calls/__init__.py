"""Rounds, templates and calls."""
