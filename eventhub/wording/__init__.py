"""Inclusive wording: words that are pointed out, with an alternative."""
