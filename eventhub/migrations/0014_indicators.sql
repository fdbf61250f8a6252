-- Figures that a report printed or that staff typed in or imported: one value of each indicator and year.
-- A year of NULL is a document without a date. Numbers are exact decimals; docs/decisions/0018-indicators.md.
CREATE TABLE indicator_value (
    id UUID NOT NULL PRIMARY KEY,
    reference VARCHAR(40) NOT NULL,
    code VARCHAR(80) NOT NULL,
    year SMALLINT,
    scope VARCHAR(120) NOT NULL,
    indicator VARCHAR(200) NOT NULL,
    value NUMERIC NOT NULL,
    unit VARCHAR(40) NOT NULL,
    qualifier VARCHAR(20) NOT NULL,
    women_pct NUMERIC,
    men_pct NUMERIC,
    pct_source VARCHAR(20) NOT NULL,
    value_as_printed VARCHAR(80) NOT NULL,
    basis VARCHAR(20) NOT NULL,
    source_doc VARCHAR(120) NOT NULL,
    source_section VARCHAR(300) NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    updated_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT indicator_value_positive CHECK (value >= 0)
);
CREATE UNIQUE INDEX indicator_value_reference ON indicator_value (reference);
CREATE UNIQUE INDEX indicator_value_once ON indicator_value (code, COALESCE(year, 0));
