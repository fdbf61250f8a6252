"""Figures of a year, the calendar annex, the engagement matrix: reads only, never writes."""
