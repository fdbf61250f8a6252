"""Time-zone fairness: at which local hour a meeting falls for whom."""
