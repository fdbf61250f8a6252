"""The programme of an event: items, conflicts, versions and sign-up."""
