-- Who may see numbers of small groups by gender; see docs/decisions/0017-published-numbers.md.
ALTER TABLE account ADD COLUMN is_data_steward BOOLEAN NOT NULL DEFAULT false;
