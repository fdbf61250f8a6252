"""Figures of a year and the calendar annex: reads only, never writes."""
