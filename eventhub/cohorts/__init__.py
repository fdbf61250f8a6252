"""The balanced cohort: what is asked of it, and the best one that fits."""
