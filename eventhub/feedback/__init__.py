"""Feedback after events and labs."""
