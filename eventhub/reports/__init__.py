"""The annual report: its sections, its files, and editions that are published and never change."""
