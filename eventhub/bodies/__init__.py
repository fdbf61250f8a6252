"""Statutory bodies and the seats of members in them."""
