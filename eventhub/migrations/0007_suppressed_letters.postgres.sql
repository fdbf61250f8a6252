-- A letter to an address that gets none. Says the same as 0007_suppressed_letters.sqlite.sql.

ALTER TABLE letter DROP CONSTRAINT letter_status;
ALTER TABLE letter ADD CONSTRAINT letter_status CHECK (status IN ('queued', 'sending', 'sent', 'failed', 'withdrawn', 'expired', 'suppressed'));
