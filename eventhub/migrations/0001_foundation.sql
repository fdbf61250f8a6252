-- The first schema. Written for SQLite and PostgreSQL alike; see migrations/__init__.py.

-- A group of members. Regions change over the years, so each has a first and perhaps a last day.
CREATE TABLE region (
    id UUID NOT NULL PRIMARY KEY,
    code VARCHAR(40) NOT NULL,
    name VARCHAR(120) NOT NULL,
    starts_on DATE,
    ends_on DATE
);
CREATE UNIQUE INDEX region_code ON region (code);

-- A body that belongs to the association: a member, an associate or an honorary member.
CREATE TABLE member (
    id UUID NOT NULL PRIMARY KEY,
    key VARCHAR(80) NOT NULL,
    outside_key VARCHAR(120),
    name VARCHAR(200) NOT NULL,
    name_folded VARCHAR(200) NOT NULL,
    kind VARCHAR(20) NOT NULL,
    region UUID NOT NULL REFERENCES region (id),
    country VARCHAR(2) NOT NULL,
    time_zone VARCHAR(60) NOT NULL,
    language VARCHAR(2) NOT NULL,
    language_confidence VARCHAR(10) NOT NULL,
    joined_year INTEGER,
    joined_note TEXT NOT NULL,
    listed_in_2020 BOOLEAN NOT NULL DEFAULT false,
    left_on DATE,
    updated_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT member_kind CHECK (kind IN ('member', 'associate', 'honorary'))
);
CREATE UNIQUE INDEX member_key ON member (key);
CREATE UNIQUE INDEX member_outside_key ON member (outside_key);
CREATE INDEX member_region ON member (region);

-- Another spelling by which imports and search find a member.
CREATE TABLE member_name (
    id UUID NOT NULL PRIMARY KEY,
    member UUID NOT NULL REFERENCES member (id) ON DELETE CASCADE,
    name VARCHAR(200) NOT NULL,
    name_folded VARCHAR(200) NOT NULL
);
CREATE UNIQUE INDEX member_name_once ON member_name (member, name_folded);

-- An organisation outside the membership with which events are made.
CREATE TABLE partner (
    id UUID NOT NULL PRIMARY KEY,
    key VARCHAR(80) NOT NULL,
    outside_key VARCHAR(120),
    name VARCHAR(200) NOT NULL,
    name_folded VARCHAR(200) NOT NULL,
    country VARCHAR(2) NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX partner_key ON partner (key);

-- Anybody known to the product, once each; found again by e-mail address where there is one.
CREATE TABLE person (
    id UUID NOT NULL PRIMARY KEY,
    outside_key VARCHAR(120),
    name VARCHAR(200) NOT NULL,
    email VARCHAR(254),
    email_key VARCHAR(254),
    member UUID REFERENCES member (id),
    organisation VARCHAR(200) NOT NULL,
    country VARCHAR(2) NOT NULL,
    language VARCHAR(2) NOT NULL DEFAULT 'en',
    created_at TIMESTAMPTZ NOT NULL
);
-- One person per address: two registrations at once cannot make two.
CREATE UNIQUE INDEX person_email_key ON person (email_key);
CREATE UNIQUE INDEX person_outside_key ON person (outside_key);
CREATE INDEX person_member ON person (member);

-- How a person wants to be counted, with the consent given for it. Kept apart from the person: only th
CREATE TABLE gender_statement (
    person UUID NOT NULL PRIMARY KEY REFERENCES person (id) ON DELETE CASCADE,
    gender VARCHAR(20) NOT NULL,
    source VARCHAR(10) NOT NULL,
    purpose VARCHAR(80) NOT NULL,
    consent_version VARCHAR(20) NOT NULL,
    consent_language VARCHAR(2) NOT NULL,
    stated_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT gender_statement_gender CHECK (gender IN ('woman', 'man', 'non_binary', 'undisclosed')),
    CONSTRAINT gender_statement_source CHECK (source IN ('self', 'staff'))
);

-- A member of staff who can sign in, with one role.
CREATE TABLE account (
    id UUID NOT NULL PRIMARY KEY,
    email VARCHAR(254) NOT NULL,
    email_key VARCHAR(254) NOT NULL,
    name VARCHAR(200) NOT NULL,
    role VARCHAR(20) NOT NULL,
    is_active BOOLEAN NOT NULL DEFAULT true,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT account_role CHECK (role IN ('administrator', 'programme', 'organiser', 'reader', 'check-in'))
);
CREATE UNIQUE INDEX account_email_key ON account (email_key);

-- A link that signs an account in, once and for a short time; only its hash is kept.
CREATE TABLE sign_in_link (
    token_hash VARCHAR(64) NOT NULL PRIMARY KEY,
    account UUID NOT NULL REFERENCES account (id),
    expires_at TIMESTAMPTZ NOT NULL,
    used_at TIMESTAMPTZ
);

-- A browser that is signed in; only the hash of its cookie is kept.
CREATE TABLE web_session (
    token_hash VARCHAR(64) NOT NULL PRIMARY KEY,
    account UUID NOT NULL REFERENCES account (id),
    created_at TIMESTAMPTZ NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX web_session_account ON web_session (account);

-- A key with which another system acts as an account; only its hash is kept.
CREATE TABLE api_token (
    id UUID NOT NULL PRIMARY KEY,
    account UUID NOT NULL REFERENCES account (id),
    name VARCHAR(120) NOT NULL,
    token_hash VARCHAR(64) NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    revoked_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX api_token_hash ON api_token (token_hash);

-- One thing that somebody did: who, what, to what, when. Persons appear by reference only.
CREATE TABLE audit_entry (
    id UUID NOT NULL PRIMARY KEY,
    at TIMESTAMPTZ NOT NULL,
    account UUID REFERENCES account (id),
    action VARCHAR(60) NOT NULL,
    object_kind VARCHAR(40) NOT NULL,
    object_id VARCHAR(80) NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX audit_entry_object ON audit_entry (object_kind, object_id);
CREATE INDEX audit_entry_at ON audit_entry (at);

-- What an unsafe API call with an Idempotency-Key answered, so that a repetition gets the same.
CREATE TABLE idempotent_answer (
    key_hash VARCHAR(64) NOT NULL PRIMARY KEY,
    body_hash VARCHAR(64) NOT NULL,
    status_code INTEGER,
    body TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

-- One line of a plan; the plan in force depends on the date.
CREATE TABLE action_line (
    id UUID NOT NULL PRIMARY KEY,
    code VARCHAR(30) NOT NULL,
    plan VARCHAR(20) NOT NULL,
    first_year INTEGER NOT NULL DEFAULT 0,
    last_year INTEGER NOT NULL DEFAULT 0,
    number SMALLINT NOT NULL DEFAULT 0,
    name VARCHAR(200) NOT NULL
);
CREATE UNIQUE INDEX action_line_code ON action_line (code);

-- A thematic priority.
CREATE TABLE theme (
    id UUID NOT NULL PRIMARY KEY,
    code VARCHAR(30) NOT NULL,
    name VARCHAR(120) NOT NULL,
    tag VARCHAR(60) NOT NULL,
    position SMALLINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX theme_code ON theme (code);

-- Anything with dates that people attend, whoever leads it. The wall time in the event's zone is the t
CREATE TABLE event (
    id UUID NOT NULL PRIMARY KEY,
    slug VARCHAR(90) NOT NULL,
    title VARCHAR(300) NOT NULL,
    title_folded VARCHAR(300) NOT NULL,
    kind VARCHAR(30) NOT NULL,
    mode VARCHAR(20) NOT NULL,
    involvement VARCHAR(20) NOT NULL,
    status VARCHAR(20) NOT NULL,
    starts_on DATE NOT NULL,
    starts_time TIME,
    ends_on DATE,
    ends_time TIME,
    time_zone VARCHAR(60),
    starts_at TIMESTAMPTZ,
    ends_at TIMESTAMPTZ,
    place VARCHAR(300) NOT NULL,
    country VARCHAR(2) NOT NULL,
    online_url VARCHAR(500) NOT NULL,
    description TEXT NOT NULL,
    language VARCHAR(2) NOT NULL DEFAULT 'en',
    capacity INTEGER,
    registration_mode VARCHAR(20) NOT NULL DEFAULT 'open',
    registration_closes_at TIMESTAMPTZ,
    parent UUID REFERENCES event (id),
    counts_in_statistics BOOLEAN NOT NULL DEFAULT true,
    host_member UUID REFERENCES member (id),
    parity_exempt_reason TEXT NOT NULL,
    printed_start VARCHAR(40) NOT NULL,
    printed_end VARCHAR(40) NOT NULL,
    printed_title TEXT NOT NULL,
    printed_location VARCHAR(300) NOT NULL,
    import_key VARCHAR(120),
    calendar_uid VARCHAR(255) NOT NULL,
    sequence INTEGER NOT NULL DEFAULT 0,
    version INTEGER NOT NULL DEFAULT 1,
    cancel_reason TEXT NOT NULL,
    created_by UUID REFERENCES account (id),
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    published_at TIMESTAMPTZ,
    cancelled_at TIMESTAMPTZ,
    CONSTRAINT event_status CHECK (status IN ('draft', 'published', 'cancelled')),
    CONSTRAINT event_mode CHECK (mode IN ('in_person', 'online', 'hybrid')),
    CONSTRAINT event_involvement CHECK (involvement IN ('organised', 'co_organised', 'spoke_at', 'participated', 'supported')),
    CONSTRAINT event_registration_mode CHECK (registration_mode IN ('open', 'closed')),
    CONSTRAINT event_ends_after_start CHECK (ends_on IS NULL OR ends_on >= starts_on),
    CONSTRAINT event_instants_in_order CHECK (ends_at IS NULL OR ends_at > starts_at),
    CONSTRAINT event_capacity CHECK (capacity IS NULL OR capacity >= 0)
);
CREATE UNIQUE INDEX event_slug ON event (slug);
CREATE UNIQUE INDEX event_calendar_uid ON event (calendar_uid);
CREATE UNIQUE INDEX event_import_key ON event (import_key);
CREATE INDEX event_starts_on ON event (starts_on);
CREATE INDEX event_parent ON event (parent);

-- An action line that an event serves.
CREATE TABLE event_action_line (
    id UUID NOT NULL PRIMARY KEY,
    event UUID NOT NULL REFERENCES event (id) ON DELETE CASCADE,
    action_line UUID NOT NULL REFERENCES action_line (id)
);
CREATE UNIQUE INDEX event_action_line_once ON event_action_line (event, action_line);

-- A thematic priority that an event treats.
CREATE TABLE event_theme (
    id UUID NOT NULL PRIMARY KEY,
    event UUID NOT NULL REFERENCES event (id) ON DELETE CASCADE,
    theme UUID NOT NULL REFERENCES theme (id)
);
CREATE UNIQUE INDEX event_theme_once ON event_theme (event, theme);

-- One part of an event's programme; a panel is one with two or more speaker slots.
CREATE TABLE programme_item (
    id UUID NOT NULL PRIMARY KEY,
    event UUID NOT NULL REFERENCES event (id),
    title VARCHAR(300) NOT NULL,
    kind VARCHAR(30) NOT NULL,
    starts_on DATE NOT NULL,
    starts_time TIME NOT NULL,
    ends_on DATE NOT NULL,
    ends_time TIME NOT NULL,
    starts_at TIMESTAMPTZ NOT NULL,
    ends_at TIMESTAMPTZ NOT NULL,
    room VARCHAR(120) NOT NULL,
    capacity INTEGER,
    description TEXT NOT NULL,
    parity_exempt_reason TEXT NOT NULL,
    CONSTRAINT programme_item_in_order CHECK (ends_at > starts_at),
    CONSTRAINT programme_item_capacity CHECK (capacity IS NULL OR capacity >= 0)
);
CREATE INDEX programme_item_event ON programme_item (event, starts_at);

-- One person's part in one programme item. Those who declined are kept, and count nowhere.
CREATE TABLE speaker_slot (
    id UUID NOT NULL PRIMARY KEY,
    programme_item UUID NOT NULL REFERENCES programme_item (id),
    person UUID NOT NULL REFERENCES person (id),
    role VARCHAR(20) NOT NULL,
    level VARCHAR(20) NOT NULL,
    status VARCHAR(20) NOT NULL,
    member UUID REFERENCES member (id),
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT speaker_slot_role CHECK (role IN ('speaker', 'panellist', 'keynote', 'moderator')),
    CONSTRAINT speaker_slot_level CHECK (level IN ('political', 'technical')),
    CONSTRAINT speaker_slot_status CHECK (status IN ('invited', 'confirmed', 'declined'))
);
CREATE UNIQUE INDEX speaker_slot_once ON speaker_slot (programme_item, person);
CREATE INDEX speaker_slot_person ON speaker_slot (person);

-- A named account published an event in spite of its panels, with a written reason.
CREATE TABLE parity_exception (
    id UUID NOT NULL PRIMARY KEY,
    event UUID NOT NULL REFERENCES event (id),
    account UUID NOT NULL REFERENCES account (id),
    reason TEXT NOT NULL,
    findings TEXT NOT NULL,
    granted_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT parity_exception_reason CHECK (reason <> '')
);
CREATE INDEX parity_exception_event ON parity_exception (event);

-- The seats of one event and the end of its queue. Its row is what newcomers, cancellations and change
CREATE TABLE seat_pool (
    id UUID NOT NULL PRIMARY KEY,
    event UUID NOT NULL REFERENCES event (id),
    capacity INTEGER,
    taken INTEGER NOT NULL DEFAULT 0,
    waiting INTEGER NOT NULL DEFAULT 0,
    queue_end INTEGER NOT NULL DEFAULT 0,
    granted INTEGER NOT NULL DEFAULT 0,
    is_open BOOLEAN NOT NULL DEFAULT false,
    CONSTRAINT seat_pool_never_oversold CHECK (taken >= 0 AND (capacity IS NULL OR taken <= capacity)),
    CONSTRAINT seat_pool_waiting CHECK (waiting >= 0)
);
CREATE UNIQUE INDEX seat_pool_event ON seat_pool (event);

-- One person's claim to a seat at one event. A cancelled registration is kept, for the figures; regist
CREATE TABLE registration (
    id UUID NOT NULL PRIMARY KEY,
    event UUID NOT NULL REFERENCES event (id),
    pool UUID NOT NULL REFERENCES seat_pool (id),
    person UUID NOT NULL REFERENCES person (id),
    name VARCHAR(200) NOT NULL,
    status VARCHAR(20) NOT NULL,
    queue_place INTEGER,
    attends VARCHAR(20) NOT NULL,
    level VARCHAR(20),
    member UUID REFERENCES member (id),
    organisation VARCHAR(200) NOT NULL,
    city VARCHAR(120) NOT NULL,
    country VARCHAR(2) NOT NULL,
    language VARCHAR(2) NOT NULL,
    time_zone VARCHAR(60) NOT NULL,
    answers TEXT NOT NULL,
    submission_key VARCHAR(64),
    link_version INTEGER NOT NULL DEFAULT 1,
    version INTEGER NOT NULL DEFAULT 1,
    registered_at TIMESTAMPTZ NOT NULL,
    status_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT registration_status CHECK (status IN ('pending', 'confirmed', 'waitlisted', 'cancelled', 'declined')),
    CONSTRAINT registration_attends CHECK (attends IN ('on_site', 'online')),
    CONSTRAINT registration_level CHECK (level IN ('political', 'technical')),
    CONSTRAINT registration_place_while_waiting CHECK ((status = 'waitlisted') = (queue_place IS NOT NULL))
);
-- One claim per person and event while it stands; a cancelled one does not count.
CREATE UNIQUE INDEX registration_once ON registration (event, person) WHERE status IN ('pending', 'confirmed', 'waitlisted');
CREATE UNIQUE INDEX registration_queue ON registration (pool, queue_place) WHERE status = 'waitlisted';
CREATE UNIQUE INDEX registration_submission ON registration (event, submission_key);
CREATE INDEX registration_person ON registration (person);
CREATE INDEX registration_event_status ON registration (event, status);

-- A registered person was there: at the event, or at one item of its programme.
CREATE TABLE attendance (
    id UUID NOT NULL PRIMARY KEY,
    registration UUID NOT NULL REFERENCES registration (id),
    programme_item UUID REFERENCES programme_item (id),
    mode VARCHAR(20) NOT NULL,
    source VARCHAR(20) NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    recorded_by UUID REFERENCES account (id),
    CONSTRAINT attendance_mode CHECK (mode IN ('on_site', 'online'))
);
CREATE INDEX attendance_registration ON attendance (registration);
CREATE UNIQUE INDEX attendance_at_event ON attendance (registration) WHERE programme_item IS NULL;
CREATE UNIQUE INDEX attendance_at_item ON attendance (registration, programme_item) WHERE programme_item IS NOT NULL;

-- Numbers without names for one event; never added to a list of the same event.
CREATE TABLE head_count (
    event UUID NOT NULL PRIMARY KEY REFERENCES event (id),
    women INTEGER NOT NULL DEFAULT 0,
    men INTEGER NOT NULL DEFAULT 0,
    others INTEGER NOT NULL DEFAULT 0,
    undisclosed INTEGER NOT NULL DEFAULT 0,
    political INTEGER NOT NULL DEFAULT 0,
    source VARCHAR(300) NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    recorded_by UUID REFERENCES account (id),
    CONSTRAINT head_count_numbers CHECK (women >= 0 AND men >= 0 AND others >= 0 AND undisclosed >= 0 AND political >= 0 AND political <= women + men + others + undisclosed)
);

-- All labs of one call period.
CREATE TABLE lab_round (
    id UUID NOT NULL PRIMARY KEY,
    year INTEGER NOT NULL DEFAULT 0,
    title VARCHAR(200) NOT NULL,
    lessons TEXT NOT NULL
);
CREATE UNIQUE INDEX lab_round_year ON lab_round (year);

-- A small group of experts and city people on one problem.
CREATE TABLE lab (
    id UUID NOT NULL PRIMARY KEY,
    lab_round UUID NOT NULL REFERENCES lab_round (id),
    slug VARCHAR(90) NOT NULL,
    number SMALLINT NOT NULL DEFAULT 0,
    name VARCHAR(200) NOT NULL,
    full_title VARCHAR(300) NOT NULL,
    description TEXT NOT NULL,
    place VARCHAR(200) NOT NULL,
    country VARCHAR(2) NOT NULL,
    status VARCHAR(20) NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT lab_status CHECK (status IN ('planned', 'open', 'running', 'finished'))
);
CREATE UNIQUE INDEX lab_slug ON lab (slug);
CREATE UNIQUE INDEX lab_number ON lab (lab_round, number);

-- A thematic priority of a lab; a lab has one to three.
CREATE TABLE lab_theme (
    id UUID NOT NULL PRIMARY KEY,
    lab UUID NOT NULL REFERENCES lab (id) ON DELETE CASCADE,
    theme UUID NOT NULL REFERENCES theme (id)
);
CREATE UNIQUE INDEX lab_theme_once ON lab_theme (lab, theme);

-- An action line that a lab serves.
CREATE TABLE lab_action_line (
    id UUID NOT NULL PRIMARY KEY,
    lab UUID NOT NULL REFERENCES lab (id) ON DELETE CASCADE,
    action_line UUID NOT NULL REFERENCES action_line (id)
);
CREATE UNIQUE INDEX lab_action_line_once ON lab_action_line (lab, action_line);

-- One meeting of a lab: an event of kind `lab_session`.
CREATE TABLE lab_session (
    event UUID NOT NULL PRIMARY KEY REFERENCES event (id),
    lab UUID NOT NULL REFERENCES lab (id),
    number SMALLINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX lab_session_number ON lab_session (lab, number);

-- The invitation to apply to a lab, with its dates in a zone.
CREATE TABLE lab_call (
    id UUID NOT NULL PRIMARY KEY,
    lab UUID NOT NULL REFERENCES lab (id),
    text TEXT NOT NULL,
    criteria TEXT NOT NULL,
    opens_at TIMESTAMPTZ NOT NULL,
    closes_at TIMESTAMPTZ NOT NULL,
    time_zone VARCHAR(60) NOT NULL,
    cohort_size INTEGER,
    CONSTRAINT lab_call_in_order CHECK (closes_at > opens_at)
);
CREATE UNIQUE INDEX lab_call_lab ON lab_call (lab);

-- The answer of one member to the call of one lab; a withdrawn one is kept.
CREATE TABLE application (
    id UUID NOT NULL PRIMARY KEY,
    lab UUID NOT NULL REFERENCES lab (id),
    member UUID NOT NULL REFERENCES member (id),
    contact UUID NOT NULL REFERENCES person (id),
    contact_name VARCHAR(200) NOT NULL,
    motivation TEXT NOT NULL,
    offers TEXT NOT NULL,
    needs TEXT NOT NULL,
    status VARCHAR(20) NOT NULL,
    reason TEXT NOT NULL,
    language VARCHAR(2) NOT NULL,
    link_version INTEGER NOT NULL DEFAULT 1,
    version INTEGER NOT NULL DEFAULT 1,
    submitted_at TIMESTAMPTZ NOT NULL,
    status_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT application_status CHECK (status IN ('draft', 'submitted', 'accepted', 'waiting', 'declined', 'withdrawn'))
);
-- One standing application per member and lab.
CREATE UNIQUE INDEX application_once ON application (lab, member) WHERE status <> 'withdrawn';
CREATE INDEX application_lab ON application (lab, status);

-- One account's score for one application.
CREATE TABLE application_review (
    id UUID NOT NULL PRIMARY KEY,
    application UUID NOT NULL REFERENCES application (id),
    account UUID NOT NULL REFERENCES account (id),
    score SMALLINT NOT NULL DEFAULT 0,
    comment TEXT NOT NULL,
    reviewed_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT application_review_score CHECK (score BETWEEN 1 AND 5)
);
CREATE UNIQUE INDEX application_review_once ON application_review (application, account);

-- An accepted person of a lab, standing for a member or for nobody.
CREATE TABLE lab_participant (
    id UUID NOT NULL PRIMARY KEY,
    lab UUID NOT NULL REFERENCES lab (id),
    person UUID NOT NULL REFERENCES person (id),
    member UUID REFERENCES member (id),
    role VARCHAR(20) NOT NULL,
    joined_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT lab_participant_role CHECK (role IN ('participant', 'expert', 'facilitator'))
);
CREATE UNIQUE INDEX lab_participant_once ON lab_participant (lab, person);
CREATE INDEX lab_participant_member ON lab_participant (member);

-- One letter to one recipient, written in the transaction it tells of. Its facts are frozen as JSON wh
CREATE TABLE letter (
    id UUID NOT NULL PRIMARY KEY,
    dedupe_key VARCHAR(160) NOT NULL,
    kind VARCHAR(40) NOT NULL,
    event UUID REFERENCES event (id),
    person UUID REFERENCES person (id),
    recipient_name VARCHAR(200) NOT NULL,
    recipient_address VARCHAR(254) NOT NULL,
    language VARCHAR(2) NOT NULL,
    facts TEXT NOT NULL,
    message_id VARCHAR(255) NOT NULL,
    status VARCHAR(20) NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    available_at TIMESTAMPTZ NOT NULL,
    not_after TIMESTAMPTZ,
    leased_until TIMESTAMPTZ,
    lease UUID,
    attempts INTEGER NOT NULL DEFAULT 0,
    last_answer VARCHAR(500) NOT NULL,
    sent_at TIMESTAMPTZ,
    CONSTRAINT letter_status CHECK (status IN ('queued', 'sending', 'sent', 'failed', 'withdrawn', 'expired'))
);
CREATE UNIQUE INDEX letter_dedupe_key ON letter (dedupe_key);
CREATE UNIQUE INDEX letter_message_id ON letter (message_id);
CREATE INDEX letter_due ON letter (available_at) WHERE status IN ('queued', 'sending');
CREATE INDEX letter_event ON letter (event);
CREATE INDEX letter_person ON letter (person);

