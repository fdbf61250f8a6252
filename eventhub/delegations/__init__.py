"""Delegations: the desk of a member at one event, and quorum."""
