"""Panels, speaker slots, the parity rule and the gate before publishing."""
