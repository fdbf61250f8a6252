"""Tests of what comes in by mail."""
