"""Solutions Labs: round, call, applications, review, cohort and lab sessions."""
