"""Registrations, seats, the waiting list, attendance and head counts."""
