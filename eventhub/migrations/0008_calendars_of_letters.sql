-- What letters written before brought to calendars: without it people invited then would get no CANCEL.
UPDATE letter SET
    calendar_uid = (SELECT e.calendar_uid FROM event e WHERE e.id = letter.event),
    calendar_method = CASE WHEN facts LIKE '%"calendar_method":"CANCEL"%' THEN 'CANCEL' ELSE 'REQUEST' END,
    calendar_sequence = (SELECT e.sequence FROM event e WHERE e.id = letter.event)
        + 2 * (SELECT COUNT(*) FROM letter c WHERE c.person = letter.person AND c.event = letter.event AND c.facts LIKE '%"calendar_method":"CANCEL"%' AND (c.created_at, c.id) < (letter.created_at, letter.id))
        + CASE WHEN facts LIKE '%"calendar_method":"CANCEL"%' THEN 1 ELSE 0 END
WHERE calendar_uid IS NULL AND person IS NOT NULL AND event IS NOT NULL
    AND (facts LIKE '%"calendar_method":"CANCEL"%' OR facts LIKE '%"calendar_method":"REQUEST"%');
