"""Reviewing applications and deciding about them."""
