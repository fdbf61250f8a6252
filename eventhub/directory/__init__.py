"""Persons, members, partners and regions; import and export with outside keys."""
