"""Being there: check-in at the door, participant reports, personal join links."""
