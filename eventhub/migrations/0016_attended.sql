-- Whether somebody was there, beside the registration: figures read a hundred thousand of these at once, and looking
-- up the attendance of each took half of the time. Kept by triggers (0017), whoever writes.
ALTER TABLE registration ADD COLUMN has_attended BOOLEAN NOT NULL DEFAULT false;
UPDATE registration SET has_attended = true WHERE EXISTS (SELECT 1 FROM attendance a WHERE a.registration = registration.id);
CREATE INDEX registration_attended ON registration (event, member, person) WHERE has_attended;

-- One row for each change of what figures count; see docs/decisions/0022-kept-figures.md. Nothing of the change is in it.
CREATE TABLE figure_change (
    id UUID NOT NULL PRIMARY KEY,
    changed_at TIMESTAMPTZ NOT NULL,
    mark INTEGER NOT NULL
);
