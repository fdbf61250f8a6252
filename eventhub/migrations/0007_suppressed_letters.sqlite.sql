-- A letter to an address that gets none. Says the same as 0007_suppressed_letters.postgres.sql.

PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '''withdrawn'', ''expired'')', '''withdrawn'', ''expired'', ''suppressed'')') WHERE type = 'table' AND name = 'letter';
PRAGMA writable_schema = RESET;
