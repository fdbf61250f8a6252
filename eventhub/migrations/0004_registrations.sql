-- Which of two equal wall times a proposed event means, where the clocks are put back.
ALTER TABLE campaign_submission ADD COLUMN second_start BOOLEAN;
ALTER TABLE campaign_submission ADD COLUMN second_end BOOLEAN;

-- Several pools of seats at one event. The first one, at position 0, has the queue unless a pool for a way to attend
-- has its own; a reserved pool, of a region or a member, is tried first and gives back at a time what is left of it.
DROP INDEX seat_pool_event;
ALTER TABLE seat_pool ADD COLUMN position SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE seat_pool ADD COLUMN name VARCHAR(120) NOT NULL DEFAULT '';
ALTER TABLE seat_pool ADD COLUMN attends VARCHAR(20) CONSTRAINT seat_pool_attends CHECK (attends IN ('on_site', 'online'));
ALTER TABLE seat_pool ADD COLUMN region UUID REFERENCES region (id);
ALTER TABLE seat_pool ADD COLUMN member UUID REFERENCES member (id);
ALTER TABLE seat_pool ADD COLUMN returns_at TIMESTAMPTZ;
ALTER TABLE seat_pool ADD COLUMN returned_at TIMESTAMPTZ;
CREATE UNIQUE INDEX seat_pool_position ON seat_pool (event, position);

-- When registration begins, and for how many hours a seat is offered before it goes to the next; none: it is given at once.
ALTER TABLE event ADD COLUMN registration_opens_at TIMESTAMPTZ;
ALTER TABLE event ADD COLUMN offer_hours INTEGER;

ALTER TABLE registration ADD COLUMN offer_until TIMESTAMPTZ;
ALTER TABLE registration ADD COLUMN access_needs TEXT NOT NULL DEFAULT '';
ALTER TABLE registration ADD COLUMN decision_reason TEXT NOT NULL DEFAULT '';
-- The person's part in the delegation of a member.
ALTER TABLE registration ADD COLUMN role VARCHAR(20) CONSTRAINT registration_role CHECK (role IN ('head', 'delegate', 'observer', 'replacement'));
-- The registration whose seat this one took over.
ALTER TABLE registration ADD COLUMN replaces UUID REFERENCES registration (id);
CREATE INDEX registration_replaces ON registration (replaces);
CREATE INDEX registration_offer ON registration (offer_until) WHERE offer_until IS NOT NULL;

-- A question that an event asks of those who register. One that was answered is retired, never deleted.
CREATE TABLE question (
    id UUID NOT NULL PRIMARY KEY,
    event UUID NOT NULL REFERENCES event (id) ON DELETE CASCADE,
    position SMALLINT NOT NULL DEFAULT 0,
    kind VARCHAR(20) NOT NULL,
    texts TEXT NOT NULL,
    options TEXT NOT NULL,
    shown_if TEXT NOT NULL,
    is_required BOOLEAN NOT NULL DEFAULT false,
    created_at TIMESTAMPTZ NOT NULL,
    retired_at TIMESTAMPTZ,
    CONSTRAINT question_kind CHECK (kind IN ('text', 'long_text', 'choice', 'choices', 'number', 'date', 'file'))
);
CREATE INDEX question_event ON question (event);

-- A file that answers a question.
CREATE TABLE answer_file (
    id UUID NOT NULL PRIMARY KEY,
    registration UUID NOT NULL REFERENCES registration (id) ON DELETE CASCADE,
    question UUID NOT NULL REFERENCES question (id) ON DELETE CASCADE,
    name VARCHAR(200) NOT NULL,
    content_type VARCHAR(100) NOT NULL,
    content BYTEA NOT NULL,
    uploaded_at TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX answer_file_once ON answer_file (registration, question);

-- Somebody who may register for an event by invitation; the link is bound to the address.
CREATE TABLE registration_invitation (
    id UUID NOT NULL PRIMARY KEY,
    event UUID NOT NULL REFERENCES event (id) ON DELETE CASCADE,
    email VARCHAR(254) NOT NULL,
    email_key VARCHAR(254) NOT NULL,
    name VARCHAR(200) NOT NULL,
    member UUID REFERENCES member (id),
    language VARCHAR(2) NOT NULL,
    link_version INTEGER NOT NULL DEFAULT 1,
    registration UUID REFERENCES registration (id),
    invited_by UUID REFERENCES account (id),
    invited_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX registration_invitation_once ON registration_invitation (event, email_key);
CREATE INDEX registration_invitation_registration ON registration_invitation (registration);

-- The desk of a member at one event: how many may come, until when names are taken, and who fills it in.
CREATE TABLE delegation (
    id UUID NOT NULL PRIMARY KEY,
    event UUID NOT NULL REFERENCES event (id) ON DELETE CASCADE,
    member UUID NOT NULL REFERENCES member (id),
    delegates SMALLINT,
    observers SMALLINT,
    closes_at TIMESTAMPTZ,
    contact_name VARCHAR(200) NOT NULL,
    contact_email VARCHAR(254) NOT NULL,
    language VARCHAR(2) NOT NULL,
    link_version INTEGER NOT NULL DEFAULT 1,
    invited_at TIMESTAMPTZ,
    CONSTRAINT delegation_numbers CHECK ((delegates IS NULL OR delegates >= 0) AND (observers IS NULL OR observers >= 0))
);
CREATE UNIQUE INDEX delegation_once ON delegation (event, member);
CREATE INDEX delegation_member ON delegation (member);

-- Two records of one person made one, with what is needed to undo it.
ALTER TABLE person ADD COLUMN merged_into UUID REFERENCES person (id);
CREATE TABLE person_merge (
    id UUID NOT NULL PRIMARY KEY,
    kept UUID NOT NULL REFERENCES person (id),
    merged UUID NOT NULL REFERENCES person (id),
    detail TEXT NOT NULL,
    account UUID REFERENCES account (id),
    merged_at TIMESTAMPTZ NOT NULL,
    undone_at TIMESTAMPTZ
);
CREATE INDEX person_merge_kept ON person_merge (kept);
CREATE INDEX person_merge_merged ON person_merge (merged);
CREATE INDEX person_merged_into ON person (merged_into) WHERE merged_into IS NOT NULL;

-- Minutes that a person was in a video conference; a click on the personal link to join it.
ALTER TABLE attendance ADD COLUMN minutes INTEGER;
CREATE TABLE join_click (
    registration UUID NOT NULL PRIMARY KEY REFERENCES registration (id) ON DELETE CASCADE,
    first_at TIMESTAMPTZ NOT NULL,
    last_at TIMESTAMPTZ NOT NULL,
    clicks INTEGER NOT NULL DEFAULT 1
);

-- A participant report of a video conference, with the rows that wait for a decision.
CREATE TABLE participant_report (
    id UUID NOT NULL PRIMARY KEY,
    event UUID NOT NULL REFERENCES event (id) ON DELETE CASCADE,
    file_name VARCHAR(200) NOT NULL,
    minimum_minutes INTEGER NOT NULL,
    unmatched TEXT NOT NULL,
    matched INTEGER NOT NULL DEFAULT 0,
    imported_by UUID REFERENCES account (id),
    imported_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX participant_report_event ON participant_report (event);
