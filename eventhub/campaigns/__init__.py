"""Campaigns of a day or month, and the events that others propose for them."""
