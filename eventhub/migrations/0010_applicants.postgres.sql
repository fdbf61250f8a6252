-- Others than members may apply. Says the same as 0010_applicants.sqlite.sql.

ALTER TABLE application ALTER COLUMN member DROP NOT NULL;
