"""Questions that an event asks of those who register."""
