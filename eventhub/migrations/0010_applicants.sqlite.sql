-- Others than members may apply. Says the same as 0010_applicants.postgres.sql.

PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'member UUID NOT NULL REFERENCES member (id)', 'member UUID REFERENCES member (id)') WHERE type = 'table' AND name = 'application';
PRAGMA writable_schema = RESET;
