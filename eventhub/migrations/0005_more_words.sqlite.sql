-- More ways to register, and seats on offer. Says the same as 0005_more_words.postgres.sql.
-- SQLite cannot change a CHECK constraint; its documentation (ALTER TABLE, section 7) describes this way for loosening one.

PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'registration_mode IN (''open'', ''closed'')', 'registration_mode IN (''open'', ''approval'', ''invitation'', ''closed'')') WHERE type = 'table' AND name = 'event';
UPDATE sqlite_schema SET sql = replace(sql, 'status IN (''pending'', ''confirmed'', ''waitlisted''', 'status IN (''pending'', ''confirmed'', ''offered'', ''waitlisted''') WHERE type = 'table' AND name = 'registration';
UPDATE sqlite_schema SET sql = replace(sql, 'CONSTRAINT registration_attends', 'CONSTRAINT registration_offer_has_an_end CHECK ((status = ''offered'') = (offer_until IS NOT NULL)), CONSTRAINT registration_attends') WHERE type = 'table' AND name = 'registration';
PRAGMA writable_schema = RESET;
DROP INDEX registration_once;
CREATE UNIQUE INDEX registration_once ON registration (event, person) WHERE status IN ('pending', 'confirmed', 'offered', 'waitlisted');
