"""The engagement matrix: what each member did in a year, which members are activated, and who sent nobody."""
