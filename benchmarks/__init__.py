"""Measurements: `python -m benchmarks` prints ratios, `python benchmarks/rush.py` looks for broken promises."""
