-- More ways to register, and seats on offer. Says the same as 0005_more_words.sqlite.sql.

ALTER TABLE event DROP CONSTRAINT event_registration_mode;
ALTER TABLE event ADD CONSTRAINT event_registration_mode CHECK (registration_mode IN ('open', 'approval', 'invitation', 'closed'));
ALTER TABLE registration DROP CONSTRAINT registration_status;
ALTER TABLE registration ADD CONSTRAINT registration_status CHECK (status IN ('pending', 'confirmed', 'offered', 'waitlisted', 'cancelled', 'declined'));
ALTER TABLE registration ADD CONSTRAINT registration_offer_has_an_end CHECK ((status = 'offered') = (offer_until IS NOT NULL));
DROP INDEX registration_once;
CREATE UNIQUE INDEX registration_once ON registration (event, person) WHERE status IN ('pending', 'confirmed', 'offered', 'waitlisted');
