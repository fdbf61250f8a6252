"""Indicators: figures that reports printed or that staff type in or import, beside those that can be computed."""
