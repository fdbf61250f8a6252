-- The wording that staff gave a kind of letter about one event. A wording is never changed: a newer one replaces it,
-- so that a letter tried again says what it said before.
CREATE TABLE letter_wording (
    id UUID NOT NULL PRIMARY KEY,
    event UUID NOT NULL REFERENCES event (id) ON DELETE CASCADE,
    kind VARCHAR(40) NOT NULL,
    language VARCHAR(2) NOT NULL,
    subject VARCHAR(300) NOT NULL,
    body TEXT NOT NULL,
    account UUID REFERENCES account (id),
    written_at TIMESTAMPTZ NOT NULL,
    replaced_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX letter_wording_in_force ON letter_wording (event, kind, language) WHERE replaced_at IS NULL;

-- A letter to a group of people about one event, to be written at an instant or so many minutes from its start or end.
CREATE TABLE planned_letter (
    id UUID NOT NULL PRIMARY KEY,
    event UUID NOT NULL REFERENCES event (id) ON DELETE CASCADE,
    kind VARCHAR(40) NOT NULL,
    audience VARCHAR(20) NOT NULL,
    texts TEXT NOT NULL,
    anchor VARCHAR(10) NOT NULL,
    minutes INTEGER NOT NULL DEFAULT 0,
    send_at TIMESTAMPTZ,
    status VARCHAR(20) NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    recipients INTEGER,
    account UUID REFERENCES account (id),
    created_at TIMESTAMPTZ NOT NULL,
    sent_at TIMESTAMPTZ,
    CONSTRAINT planned_letter_audience CHECK (audience IN ('registered', 'waiting', 'pending', 'attended', 'absent', 'speakers', 'delegations', 'cohort')),
    CONSTRAINT planned_letter_anchor CHECK (anchor IN ('instant', 'start', 'end')),
    CONSTRAINT planned_letter_status CHECK (status IN ('planned', 'written', 'withdrawn', 'missed')),
    CONSTRAINT planned_letter_instant CHECK ((anchor = 'instant') = (send_at IS NOT NULL))
);
CREATE INDEX planned_letter_event ON planned_letter (event);
CREATE INDEX planned_letter_waiting ON planned_letter (status) WHERE status = 'planned';

-- Letters that rest: of one event, of one kind, of one kind about one event, or all of them.
CREATE TABLE mail_pause (
    id UUID NOT NULL PRIMARY KEY,
    event UUID REFERENCES event (id) ON DELETE CASCADE,
    kind VARCHAR(40),
    reason TEXT NOT NULL,
    account UUID REFERENCES account (id),
    paused_at TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX mail_pause_all ON mail_pause ((1)) WHERE event IS NULL AND kind IS NULL;
CREATE UNIQUE INDEX mail_pause_event ON mail_pause (event) WHERE event IS NOT NULL AND kind IS NULL;
CREATE UNIQUE INDEX mail_pause_kind ON mail_pause (kind) WHERE event IS NULL AND kind IS NOT NULL;
CREATE UNIQUE INDEX mail_pause_event_kind ON mail_pause (event, kind) WHERE event IS NOT NULL AND kind IS NOT NULL;

-- What a letter brings to a calendar, which letter it follows in a thread, whose wording it has, what it was written
-- for, and whether it came back.
ALTER TABLE letter ADD COLUMN calendar_uid VARCHAR(255);
ALTER TABLE letter ADD COLUMN calendar_method VARCHAR(10);
ALTER TABLE letter ADD COLUMN calendar_sequence INTEGER;
ALTER TABLE letter ADD COLUMN thread_id VARCHAR(255);
ALTER TABLE letter ADD COLUMN wording UUID REFERENCES letter_wording (id) ON DELETE SET NULL;
ALTER TABLE letter ADD COLUMN planned UUID REFERENCES planned_letter (id) ON DELETE SET NULL;
ALTER TABLE letter ADD COLUMN bounced_at TIMESTAMPTZ;
ALTER TABLE letter ADD COLUMN bounce VARCHAR(500) NOT NULL DEFAULT '';
CREATE INDEX letter_planned ON letter (planned) WHERE planned IS NOT NULL;
CREATE INDEX letter_wording_of ON letter (wording) WHERE wording IS NOT NULL;

-- Attempts that did not end with the relay's yes; the yes itself stands with the letter.
CREATE TABLE delivery_attempt (
    id UUID NOT NULL PRIMARY KEY,
    letter UUID NOT NULL REFERENCES letter (id) ON DELETE CASCADE,
    attempt INTEGER NOT NULL,
    tried_at TIMESTAMPTZ NOT NULL,
    outcome VARCHAR(20) NOT NULL,
    code INTEGER,
    answer VARCHAR(500) NOT NULL
);
CREATE INDEX delivery_attempt_letter ON delivery_attempt (letter);

-- An address that gets no letters, by a keyed hash of it, with the reason; kept when it is lifted.
CREATE TABLE suppression (
    id UUID NOT NULL PRIMARY KEY,
    address_hash VARCHAR(64) NOT NULL,
    reason VARCHAR(20) NOT NULL,
    said VARCHAR(500) NOT NULL,
    letter UUID REFERENCES letter (id) ON DELETE SET NULL,
    account UUID REFERENCES account (id),
    suppressed_at TIMESTAMPTZ NOT NULL,
    lifted_at TIMESTAMPTZ,
    lifted_by UUID REFERENCES account (id),
    lift_reason TEXT NOT NULL DEFAULT '',
    CONSTRAINT suppression_reason CHECK (reason IN ('hard_bounce', 'soft_bounces', 'complaint', 'staff'))
);
CREATE UNIQUE INDEX suppression_in_force ON suppression (address_hash) WHERE lifted_at IS NULL;
CREATE INDEX suppression_letter ON suppression (letter);

-- A letter that came back, or was complained about.
CREATE TABLE bounce (
    id UUID NOT NULL PRIMARY KEY,
    address_hash VARCHAR(64) NOT NULL,
    letter UUID REFERENCES letter (id) ON DELETE SET NULL,
    kind VARCHAR(20) NOT NULL,
    status_code VARCHAR(20) NOT NULL,
    said VARCHAR(500) NOT NULL,
    bounced_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT bounce_kind CHECK (kind IN ('hard', 'soft', 'complaint'))
);
CREATE INDEX bounce_address ON bounce (address_hash);
CREATE INDEX bounce_letter ON bounce (letter);

-- Who wants no reminders and messages any more, of one event or of any; what tells of one's own seat still comes.
CREATE TABLE opt_out (
    id UUID NOT NULL PRIMARY KEY,
    person UUID NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    event UUID REFERENCES event (id) ON DELETE CASCADE,
    opted_out_at TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX opt_out_of_event ON opt_out (person, event) WHERE event IS NOT NULL;
CREATE UNIQUE INDEX opt_out_of_all ON opt_out (person) WHERE event IS NULL;
CREATE INDEX opt_out_event ON opt_out (event);

-- A message that came in: an answer of a calendar, a letter that came back, or something else. Its octets are kept
-- until somebody has decided what could not be decided without.
CREATE TABLE inbound_message (
    id UUID NOT NULL PRIMARY KEY,
    content_hash VARCHAR(64) NOT NULL,
    message_id VARCHAR(255) NOT NULL,
    source VARCHAR(10) NOT NULL,
    received_at TIMESTAMPTZ NOT NULL,
    sender VARCHAR(254) NOT NULL,
    subject VARCHAR(300) NOT NULL,
    octets BYTEA,
    kind VARCHAR(20) NOT NULL,
    status VARCHAR(20) NOT NULL,
    verdict VARCHAR(40) NOT NULL,
    reason TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    event UUID REFERENCES event (id) ON DELETE SET NULL,
    person UUID REFERENCES person (id) ON DELETE SET NULL,
    registration UUID REFERENCES registration (id) ON DELETE SET NULL,
    speaker_slot UUID REFERENCES speaker_slot (id) ON DELETE SET NULL,
    letter UUID REFERENCES letter (id) ON DELETE SET NULL,
    decided_by UUID REFERENCES account (id),
    decided_at TIMESTAMPTZ,
    CONSTRAINT inbound_message_source CHECK (source IN ('mailbox', 'pipe', 'upload')),
    CONSTRAINT inbound_message_kind CHECK (kind IN ('unread', 'reply', 'counter', 'bounce', 'complaint', 'automatic', 'self_test', 'other')),
    CONSTRAINT inbound_message_status CHECK (status IN ('received', 'done', 'review', 'ignored', 'failed'))
);
CREATE UNIQUE INDEX inbound_message_once ON inbound_message (content_hash);
CREATE INDEX inbound_message_status_at ON inbound_message (status, received_at);
CREATE INDEX inbound_message_event ON inbound_message (event);
CREATE INDEX inbound_message_person ON inbound_message (person);
CREATE INDEX inbound_message_registration ON inbound_message (registration);
CREATE INDEX inbound_message_speaker_slot ON inbound_message (speaker_slot);
CREATE INDEX inbound_message_letter ON inbound_message (letter);

-- The newest answer that a person's calendar gave for one calendar object. A seat is given back at release_at, unless
-- the person thinks again until then.
CREATE TABLE calendar_answer (
    id UUID NOT NULL PRIMARY KEY,
    person UUID NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    calendar_uid VARCHAR(255) NOT NULL,
    event UUID NOT NULL REFERENCES event (id) ON DELETE CASCADE,
    registration UUID REFERENCES registration (id) ON DELETE CASCADE,
    speaker_slot UUID REFERENCES speaker_slot (id) ON DELETE CASCADE,
    answer VARCHAR(20) NOT NULL,
    comment VARCHAR(500) NOT NULL,
    sequence INTEGER NOT NULL,
    stamped_at TIMESTAMPTZ NOT NULL,
    answered_at TIMESTAMPTZ NOT NULL,
    is_outdated BOOLEAN NOT NULL DEFAULT false,
    release_at TIMESTAMPTZ,
    inbound UUID REFERENCES inbound_message (id) ON DELETE SET NULL,
    CONSTRAINT calendar_answer_answer CHECK (answer IN ('accepted', 'declined', 'tentative'))
);
CREATE UNIQUE INDEX calendar_answer_once ON calendar_answer (person, calendar_uid);
CREATE INDEX calendar_answer_event ON calendar_answer (event);
CREATE INDEX calendar_answer_registration ON calendar_answer (registration);
CREATE INDEX calendar_answer_speaker_slot ON calendar_answer (speaker_slot);
CREATE INDEX calendar_answer_inbound ON calendar_answer (inbound);
CREATE INDEX calendar_answer_release ON calendar_answer (release_at) WHERE release_at IS NOT NULL;

-- Another time that somebody proposes from their calendar.
CREATE TABLE time_proposal (
    id UUID NOT NULL PRIMARY KEY,
    event UUID NOT NULL REFERENCES event (id) ON DELETE CASCADE,
    programme_item UUID REFERENCES programme_item (id) ON DELETE CASCADE,
    person UUID NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    starts_at TIMESTAMPTZ NOT NULL,
    ends_at TIMESTAMPTZ,
    comment VARCHAR(500) NOT NULL,
    status VARCHAR(20) NOT NULL,
    inbound UUID REFERENCES inbound_message (id) ON DELETE SET NULL,
    proposed_at TIMESTAMPTZ NOT NULL,
    decided_by UUID REFERENCES account (id),
    decided_at TIMESTAMPTZ,
    CONSTRAINT time_proposal_status CHECK (status IN ('open', 'accepted', 'refused', 'overtaken'))
);
CREATE INDEX time_proposal_event ON time_proposal (event);
CREATE INDEX time_proposal_item ON time_proposal (programme_item);
CREATE INDEX time_proposal_person ON time_proposal (person);
CREATE INDEX time_proposal_inbound ON time_proposal (inbound);

-- The mailbox as far as it was read, whose turn it is to read it, and the last self-test.
CREATE TABLE mailbox (
    id SMALLINT NOT NULL PRIMARY KEY,
    uid_validity VARCHAR(20) NOT NULL DEFAULT '',
    last_uid VARCHAR(20) NOT NULL DEFAULT '',
    looked_at TIMESTAMPTZ,
    trouble VARCHAR(500) NOT NULL DEFAULT '',
    lease UUID,
    leased_until TIMESTAMPTZ,
    test_token VARCHAR(64) NOT NULL DEFAULT '',
    test_sent_at TIMESTAMPTZ,
    test_back_at TIMESTAMPTZ,
    CONSTRAINT mailbox_single CHECK (id = 1)
);
INSERT INTO mailbox (id) VALUES (1);

-- A secret calendar to subscribe to: of a person, of an account, of a member, of the cohort of a lab. Only a hash is kept.
CREATE TABLE feed_link (
    id UUID NOT NULL PRIMARY KEY,
    kind VARCHAR(10) NOT NULL,
    person UUID REFERENCES person (id) ON DELETE CASCADE,
    account UUID REFERENCES account (id) ON DELETE CASCADE,
    member UUID REFERENCES member (id) ON DELETE CASCADE,
    lab UUID REFERENCES lab (id) ON DELETE CASCADE,
    language VARCHAR(2) NOT NULL,
    token_hash VARCHAR(64) NOT NULL,
    created_by UUID REFERENCES account (id),
    created_at TIMESTAMPTZ NOT NULL,
    fetched_at TIMESTAMPTZ,
    revoked_at TIMESTAMPTZ,
    CONSTRAINT feed_link_kind CHECK (kind IN ('person', 'account', 'member', 'lab'))
);
CREATE UNIQUE INDEX feed_link_token ON feed_link (token_hash);
CREATE INDEX feed_link_person ON feed_link (person);
CREATE INDEX feed_link_account ON feed_link (account);
CREATE INDEX feed_link_member ON feed_link (member);
CREATE INDEX feed_link_lab ON feed_link (lab);

-- SEQUENCE of a part of a programme in calendars (RFC 5546 2.1.4).
ALTER TABLE programme_item ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0;

-- The version of a campaign that an edit begins from.
ALTER TABLE campaign ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
