"""Calendars to subscribe to, public and secret."""
