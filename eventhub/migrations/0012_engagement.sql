-- What somebody typed in or imported for one cell of the engagement matrix. It is kept beside what the data give,
-- as printed; 0 says that the cell is empty.
CREATE TABLE engagement_cell (
    id UUID NOT NULL PRIMARY KEY,
    member UUID NOT NULL REFERENCES member (id),
    year INTEGER NOT NULL DEFAULT 0,
    code VARCHAR(40) NOT NULL,
    value VARCHAR(40) NOT NULL,
    source VARCHAR(20) NOT NULL,
    account UUID REFERENCES account (id),
    stated_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT engagement_cell_source CHECK (source IN ('typed', 'import'))
);
CREATE UNIQUE INDEX engagement_cell_once ON engagement_cell (year, member, code);
CREATE INDEX engagement_cell_member ON engagement_cell (member);

-- A member that the printed matrix of a year lists. Where a year has such rows, they are its members.
CREATE TABLE engagement_listing (
    id UUID NOT NULL PRIMARY KEY,
    member UUID NOT NULL REFERENCES member (id),
    year INTEGER NOT NULL DEFAULT 0,
    is_new BOOLEAN NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX engagement_listing_once ON engagement_listing (year, member);
CREATE INDEX engagement_listing_member ON engagement_listing (member);

-- That a member is activated at the end of a quarter, or is not, as staff have confirmed. A later word replaces
-- an earlier one, which stays.
CREATE TABLE activation (
    id UUID NOT NULL PRIMARY KEY,
    member UUID NOT NULL REFERENCES member (id),
    year INTEGER NOT NULL DEFAULT 0,
    quarter SMALLINT NOT NULL DEFAULT 0,
    is_active BOOLEAN NOT NULL DEFAULT false,
    comment TEXT NOT NULL,
    account UUID REFERENCES account (id),
    confirmed_at TIMESTAMPTZ NOT NULL,
    replaced_at TIMESTAMPTZ,
    CONSTRAINT activation_quarter CHECK (quarter BETWEEN 1 AND 4)
);
CREATE UNIQUE INDEX activation_in_force ON activation (year, quarter, member) WHERE replaced_at IS NULL;
CREATE INDEX activation_member ON activation (member);
