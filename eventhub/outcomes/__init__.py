"""Outcomes of labs and their follow-ups."""
