-- Editions of annual reports: the whole report as it was published. See docs/decisions/0020-reports.md.
CREATE TABLE report_edition (
    id UUID NOT NULL PRIMARY KEY,
    year INTEGER NOT NULL,
    number SMALLINT NOT NULL,
    content TEXT NOT NULL,
    note TEXT NOT NULL,
    published_at TIMESTAMPTZ NOT NULL,
    account UUID REFERENCES account (id),
    withdrawn_at TIMESTAMPTZ,
    withdrawn_by UUID REFERENCES account (id),
    withdraw_reason TEXT NOT NULL DEFAULT '',
    CONSTRAINT report_edition_number CHECK (number >= 1),
    CONSTRAINT report_edition_withdrawn CHECK ((withdrawn_at IS NULL) = (withdraw_reason = ''))
);
CREATE UNIQUE INDEX report_edition_once ON report_edition (year, number);
