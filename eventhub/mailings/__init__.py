"""What staff write: the wording of letters about an event, letters to groups, and when they go."""
