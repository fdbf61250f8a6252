-- Series, campaigns, partners with roles, statutory bodies, plans, teams, programme versions, sign-up, profiles, wording.

-- A repeated event; each of its editions is an event.
CREATE TABLE event_series (
    id UUID NOT NULL PRIMARY KEY,
    slug VARCHAR(90) NOT NULL,
    name VARCHAR(200) NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX event_series_slug ON event_series (slug);

-- A day or month with events of many organisers and a theme.
CREATE TABLE campaign (
    id UUID NOT NULL PRIMARY KEY,
    slug VARCHAR(90) NOT NULL,
    title VARCHAR(200) NOT NULL,
    theme VARCHAR(200) NOT NULL,
    description TEXT NOT NULL,
    language VARCHAR(2) NOT NULL DEFAULT 'en',
    starts_on DATE NOT NULL,
    ends_on DATE NOT NULL,
    submissions_until DATE,
    is_public BOOLEAN NOT NULL DEFAULT false,
    created_by UUID REFERENCES account (id),
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT campaign_in_order CHECK (ends_on >= starts_on)
);
CREATE UNIQUE INDEX campaign_slug ON campaign (slug);

ALTER TABLE event ADD COLUMN series UUID REFERENCES event_series (id);
ALTER TABLE event ADD COLUMN edition INTEGER;
ALTER TABLE event ADD COLUMN campaign UUID REFERENCES campaign (id);
ALTER TABLE event ADD COLUMN organiser_name VARCHAR(200) NOT NULL DEFAULT '';
ALTER TABLE event ADD COLUMN archived_at TIMESTAMPTZ;
ALTER TABLE event ADD COLUMN minimum_break INTEGER NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX event_edition_once ON event (series, edition);
CREATE INDEX event_campaign ON event (campaign);

-- An event that a member, a partner or others propose for a campaign; moderation makes it an event or declines it.
CREATE TABLE campaign_submission (
    id UUID NOT NULL PRIMARY KEY,
    campaign UUID NOT NULL REFERENCES campaign (id),
    organiser_kind VARCHAR(20) NOT NULL,
    organiser_name VARCHAR(200) NOT NULL,
    member UUID REFERENCES member (id),
    contact_name VARCHAR(200) NOT NULL,
    contact_email VARCHAR(254) NOT NULL,
    title VARCHAR(300) NOT NULL,
    mode VARCHAR(20) NOT NULL,
    starts_on DATE NOT NULL,
    starts_time TIME NOT NULL,
    ends_on DATE,
    ends_time TIME,
    time_zone VARCHAR(60) NOT NULL,
    place VARCHAR(300) NOT NULL,
    country VARCHAR(2) NOT NULL,
    description TEXT NOT NULL,
    language VARCHAR(2) NOT NULL,
    submission_key VARCHAR(64),
    status VARCHAR(20) NOT NULL,
    reason TEXT NOT NULL,
    event UUID REFERENCES event (id),
    submitted_at TIMESTAMPTZ NOT NULL,
    decided_at TIMESTAMPTZ,
    decided_by UUID REFERENCES account (id),
    CONSTRAINT campaign_submission_organiser CHECK (organiser_kind IN ('member', 'partner', 'other')),
    CONSTRAINT campaign_submission_status CHECK (status IN ('submitted', 'accepted', 'declined')),
    CONSTRAINT campaign_submission_accepted CHECK ((status = 'accepted') = (event IS NOT NULL))
);
CREATE UNIQUE INDEX campaign_submission_key ON campaign_submission (submission_key);
CREATE INDEX campaign_submission_campaign ON campaign_submission (campaign, status);

-- A partner's part in an event.
CREATE TABLE event_partner (
    id UUID NOT NULL PRIMARY KEY,
    event UUID NOT NULL REFERENCES event (id) ON DELETE CASCADE,
    partner UUID NOT NULL REFERENCES partner (id),
    role VARCHAR(20) NOT NULL,
    CONSTRAINT event_partner_role CHECK (role IN ('co_organiser', 'host', 'funder', 'knowledge_partner'))
);
CREATE UNIQUE INDEX event_partner_once ON event_partner (event, partner, role);
CREATE INDEX event_partner_partner ON event_partner (partner);

-- A body of the association whose meetings members have seats in.
CREATE TABLE statutory_body (
    id UUID NOT NULL PRIMARY KEY,
    code VARCHAR(30) NOT NULL,
    name VARCHAR(200) NOT NULL,
    position SMALLINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX statutory_body_code ON statutory_body (code);

-- The right of a member to sit in a body, from a day on and perhaps to a last day.
CREATE TABLE seat (
    id UUID NOT NULL PRIMARY KEY,
    body UUID NOT NULL REFERENCES statutory_body (id),
    member UUID NOT NULL REFERENCES member (id),
    starts_on DATE NOT NULL,
    ends_on DATE,
    CONSTRAINT seat_in_order CHECK (ends_on IS NULL OR ends_on >= starts_on)
);
CREATE UNIQUE INDEX seat_once ON seat (body, member, starts_on);
CREATE INDEX seat_member ON seat (member);

-- The programme of an event as it was told to people at one time.
CREATE TABLE programme_version (
    id UUID NOT NULL PRIMARY KEY,
    event UUID NOT NULL REFERENCES event (id) ON DELETE CASCADE,
    number INTEGER NOT NULL DEFAULT 0,
    items TEXT NOT NULL,
    changes TEXT NOT NULL,
    account UUID REFERENCES account (id),
    released_at TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX programme_version_number ON programme_version (event, number);

-- What a speaker says of herself or himself; the portrait is an image that we made anew.
CREATE TABLE speaker_profile (
    person UUID NOT NULL PRIMARY KEY REFERENCES person (id) ON DELETE CASCADE,
    biography TEXT NOT NULL,
    portrait BYTEA,
    updated_at TIMESTAMPTZ NOT NULL
);

-- A word that staff want pointed out in texts, with an alternative.
CREATE TABLE wording_term (
    id UUID NOT NULL PRIMARY KEY,
    language VARCHAR(2) NOT NULL,
    term VARCHAR(120) NOT NULL,
    alternative VARCHAR(200) NOT NULL
);
CREATE UNIQUE INDEX wording_term_once ON wording_term (language, term);

-- A part of an action line of a plan.
CREATE TABLE measure (
    id UUID NOT NULL PRIMARY KEY,
    code VARCHAR(30) NOT NULL,
    plan VARCHAR(20) NOT NULL,
    line VARCHAR(30) NOT NULL,
    name VARCHAR(300) NOT NULL
);
CREATE UNIQUE INDEX measure_code ON measure (plan, code);

-- What a measure promised; events can be evidence for it.
CREATE TABLE deliverable (
    id UUID NOT NULL PRIMARY KEY,
    measure UUID NOT NULL REFERENCES measure (id),
    code VARCHAR(30) NOT NULL,
    name VARCHAR(300) NOT NULL,
    status VARCHAR(20) NOT NULL,
    CONSTRAINT deliverable_status CHECK (status IN ('done', 'under_way', 'not_done', 'unresolved'))
);
CREATE UNIQUE INDEX deliverable_code ON deliverable (measure, code);

-- An event is evidence for a deliverable.
CREATE TABLE event_deliverable (
    id UUID NOT NULL PRIMARY KEY,
    event UUID NOT NULL REFERENCES event (id) ON DELETE CASCADE,
    deliverable UUID NOT NULL REFERENCES deliverable (id)
);
CREATE UNIQUE INDEX event_deliverable_once ON event_deliverable (event, deliverable);
CREATE INDEX event_deliverable_deliverable ON event_deliverable (deliverable);

-- An account that works on an event; the lead is the one whom letters about it go to.
CREATE TABLE event_team (
    id UUID NOT NULL PRIMARY KEY,
    event UUID NOT NULL REFERENCES event (id) ON DELETE CASCADE,
    account UUID NOT NULL REFERENCES account (id),
    is_lead BOOLEAN NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX event_team_once ON event_team (event, account);

-- A member that an event is held for; its local hours count for time-zone fairness.
CREATE TABLE invited_member (
    id UUID NOT NULL PRIMARY KEY,
    event UUID NOT NULL REFERENCES event (id) ON DELETE CASCADE,
    member UUID NOT NULL REFERENCES member (id)
);
CREATE UNIQUE INDEX invited_member_once ON invited_member (event, member);
CREATE INDEX invited_member_member ON invited_member (member);

-- Sign-up for single items of a programme; the row of the item keeps the count.
ALTER TABLE programme_item ADD COLUMN takes_sign_up BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE programme_item ADD COLUMN taken INTEGER NOT NULL DEFAULT 0 CONSTRAINT programme_item_never_overfull CHECK (taken >= 0 AND (capacity IS NULL OR NOT takes_sign_up OR taken <= capacity));
ALTER TABLE programme_item ADD COLUMN track VARCHAR(120) NOT NULL DEFAULT '';

-- A registered person signed up for one item.
CREATE TABLE item_sign_up (
    id UUID NOT NULL PRIMARY KEY,
    programme_item UUID NOT NULL REFERENCES programme_item (id) ON DELETE CASCADE,
    registration UUID NOT NULL REFERENCES registration (id),
    signed_up_at TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX item_sign_up_once ON item_sign_up (programme_item, registration);
CREATE INDEX item_sign_up_registration ON item_sign_up (registration);

-- The personal link of a speaker, and when it was answered.
ALTER TABLE speaker_slot ADD COLUMN link_version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE speaker_slot ADD COLUMN invited_at TIMESTAMPTZ;
ALTER TABLE speaker_slot ADD COLUMN answered_at TIMESTAMPTZ;

-- The number of an event's public page: it rises with every change of what the page shows (see 0003).
CREATE TABLE page_stamp (
    event UUID NOT NULL PRIMARY KEY REFERENCES event (id) ON DELETE CASCADE,
    stamp INTEGER NOT NULL DEFAULT 0
);

-- The same for what pages of several events show, such as names of members and partners; one row.
CREATE TABLE shared_stamp (
    id SMALLINT NOT NULL PRIMARY KEY,
    stamp INTEGER NOT NULL DEFAULT 0
);
