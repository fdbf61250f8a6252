-- What a member was until a day: figures of the past go by the kind and the region of their own time.
CREATE TABLE former_membership (
    id UUID NOT NULL PRIMARY KEY,
    member UUID NOT NULL REFERENCES member (id) ON DELETE CASCADE,
    kind VARCHAR(20) NOT NULL,
    region UUID NOT NULL REFERENCES region (id),
    ends_on DATE NOT NULL,
    CONSTRAINT former_membership_kind CHECK (kind IN ('member', 'associate', 'honorary'))
);
CREATE UNIQUE INDEX former_membership_once ON former_membership (member, ends_on);
