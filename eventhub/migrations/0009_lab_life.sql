-- What a new lab begins with: texts, questions, criteria, letters and a pattern of sessions, all of them proposals.
-- Calls for pilot projects, a forum or a fund are templates of another kind with other words.
CREATE TABLE lab_template (
    id UUID NOT NULL PRIMARY KEY,
    code VARCHAR(60) NOT NULL,
    kind VARCHAR(30) NOT NULL,
    name VARCHAR(200) NOT NULL,
    content TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    updated_at TIMESTAMPTZ NOT NULL,
    retired_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX lab_template_code ON lab_template (code);

-- One round a year of each kind, with its priorities; its lessons are read when the next one is set up.
ALTER TABLE lab_round ADD COLUMN kind VARCHAR(30) NOT NULL DEFAULT 'lab';
ALTER TABLE lab_round ADD COLUMN priorities TEXT NOT NULL DEFAULT '';
ALTER TABLE lab_round ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
DROP INDEX lab_round_year;
CREATE UNIQUE INDEX lab_round_year ON lab_round (year, kind);
CREATE TABLE round_theme (
    id UUID NOT NULL PRIMARY KEY,
    lab_round UUID NOT NULL REFERENCES lab_round (id) ON DELETE CASCADE,
    theme UUID NOT NULL REFERENCES theme (id)
);
CREATE UNIQUE INDEX round_theme_once ON round_theme (lab_round, theme);
CREATE INDEX round_theme_theme ON round_theme (theme);
CREATE TABLE round_action_line (
    id UUID NOT NULL PRIMARY KEY,
    lab_round UUID NOT NULL REFERENCES lab_round (id) ON DELETE CASCADE,
    action_line UUID NOT NULL REFERENCES action_line (id)
);
CREATE UNIQUE INDEX round_action_line_once ON round_action_line (lab_round, action_line);
CREATE INDEX round_action_line_line ON round_action_line (action_line);

ALTER TABLE lab ADD COLUMN kind VARCHAR(30) NOT NULL DEFAULT 'lab';
ALTER TABLE lab ADD COLUMN template UUID REFERENCES lab_template (id);
ALTER TABLE lab ADD COLUMN lessons TEXT NOT NULL DEFAULT '';
-- Whether people are asked by themselves; that of a lab covers its sessions.
ALTER TABLE lab ADD COLUMN asks_feedback BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE event ADD COLUMN asks_feedback BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE lab ADD COLUMN version INTEGER NOT NULL DEFAULT 1;

-- The call of a whole round; a lab without a call of its own follows it.
CREATE TABLE round_call (
    id UUID NOT NULL PRIMARY KEY,
    lab_round UUID NOT NULL REFERENCES lab_round (id) ON DELETE CASCADE,
    opens_at TIMESTAMPTZ NOT NULL,
    closes_at TIMESTAMPTZ NOT NULL,
    time_zone VARCHAR(60) NOT NULL,
    content TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    extended_from TIMESTAMPTZ,
    extended_at TIMESTAMPTZ,
    CONSTRAINT round_call_in_order CHECK (closes_at > opens_at)
);
CREATE UNIQUE INDEX round_call_once ON round_call (lab_round);

-- content: JSON with texts per language, questions with their stage, criteria with weights, who may apply, how many
-- applications a member may send and how many people it may propose.
ALTER TABLE lab_call ADD COLUMN content TEXT NOT NULL DEFAULT '';
ALTER TABLE lab_call ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE lab_call ADD COLUMN extended_from TIMESTAMPTZ;
ALTER TABLE lab_call ADD COLUMN extended_at TIMESTAMPTZ;
ALTER TABLE lab_call ADD COLUMN second_stage_closes_at TIMESTAMPTZ;

-- Who is no member applies with a name, a city and a country; staff say whether it may, and why.
ALTER TABLE application ADD COLUMN organisation VARCHAR(200) NOT NULL DEFAULT '';
ALTER TABLE application ADD COLUMN city VARCHAR(120) NOT NULL DEFAULT '';
ALTER TABLE application ADD COLUMN country VARCHAR(2) NOT NULL DEFAULT '';
ALTER TABLE application ADD COLUMN is_eligible BOOLEAN;
ALTER TABLE application ADD COLUMN eligibility_reason TEXT NOT NULL DEFAULT '';
-- Which application of this member to this lab it is; where the call allows one, it is the first.
ALTER TABLE application ADD COLUMN entry SMALLINT NOT NULL DEFAULT 1;
ALTER TABLE application ADD COLUMN answers TEXT NOT NULL DEFAULT '';
ALTER TABLE application ADD COLUMN languages VARCHAR(60) NOT NULL DEFAULT '';
-- Among several labs of the round, this one is the member's n-th choice.
ALTER TABLE application ADD COLUMN preference SMALLINT;
ALTER TABLE application ADD COLUMN begun_at TIMESTAMPTZ;
ALTER TABLE application ADD COLUMN saved_at TIMESTAMPTZ;
ALTER TABLE application ADD COLUMN saved_by VARCHAR(200) NOT NULL DEFAULT '';
ALTER TABLE application ADD COLUMN waiting_place INTEGER;
ALTER TABLE application ADD COLUMN confirm_until TIMESTAMPTZ;
ALTER TABLE application ADD COLUMN confirmed_at TIMESTAMPTZ;
DROP INDEX application_once;
CREATE UNIQUE INDEX application_once ON application (lab, member, entry) WHERE status <> 'withdrawn';
CREATE INDEX application_confirm ON application (confirm_until) WHERE confirm_until IS NOT NULL;

-- What was sent, word for word, each time an application was sent.
CREATE TABLE application_version (
    id UUID NOT NULL PRIMARY KEY,
    application UUID NOT NULL REFERENCES application (id) ON DELETE CASCADE,
    number SMALLINT NOT NULL,
    content TEXT NOT NULL,
    sent_by VARCHAR(200) NOT NULL,
    sent_at TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX application_version_number ON application_version (application, number);

-- Somebody of the member who works on the draft by a link of their own.
CREATE TABLE application_editor (
    id UUID NOT NULL PRIMARY KEY,
    application UUID NOT NULL REFERENCES application (id) ON DELETE CASCADE,
    name VARCHAR(200) NOT NULL,
    email VARCHAR(254) NOT NULL,
    email_key VARCHAR(254) NOT NULL,
    language VARCHAR(2) NOT NULL,
    link_version INTEGER NOT NULL DEFAULT 1,
    invited_at TIMESTAMPTZ NOT NULL,
    seen_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX application_editor_once ON application_editor (application, email_key);

-- A person whom a member proposes for a lab; what they are is known once the application is accepted.
CREATE TABLE proposed_person (
    id UUID NOT NULL PRIMARY KEY,
    application UUID NOT NULL REFERENCES application (id) ON DELETE CASCADE,
    position SMALLINT NOT NULL DEFAULT 0,
    name VARCHAR(200) NOT NULL,
    email VARCHAR(254) NOT NULL,
    role VARCHAR(120) NOT NULL,
    level VARCHAR(20),
    person UUID REFERENCES person (id),
    CONSTRAINT proposed_person_level CHECK (level IN ('political', 'technical'))
);
CREATE UNIQUE INDEX proposed_person_position ON proposed_person (application, position);
CREATE INDEX proposed_person_person ON proposed_person (person);
-- Gender as the person said it to those who apply, apart from the person and with its purpose.
CREATE TABLE proposed_gender (
    proposed_person UUID NOT NULL PRIMARY KEY REFERENCES proposed_person (id) ON DELETE CASCADE,
    gender VARCHAR(20) NOT NULL,
    purpose VARCHAR(80) NOT NULL,
    stated_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT proposed_gender_gender CHECK (gender IN ('woman', 'man', 'non_binary', 'undisclosed'))
);

CREATE TABLE application_file (
    id UUID NOT NULL PRIMARY KEY,
    application UUID NOT NULL REFERENCES application (id) ON DELETE CASCADE,
    question VARCHAR(40) NOT NULL,
    name VARCHAR(200) NOT NULL,
    content_type VARCHAR(100) NOT NULL,
    content BYTEA NOT NULL,
    uploaded_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX application_file_application ON application_file (application);

-- Who reviews which application, and who may not because they are too near to it.
CREATE TABLE review_assignment (
    id UUID NOT NULL PRIMARY KEY,
    application UUID NOT NULL REFERENCES application (id) ON DELETE CASCADE,
    account UUID NOT NULL REFERENCES account (id),
    assigned_by UUID REFERENCES account (id),
    assigned_at TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX review_assignment_once ON review_assignment (application, account);
CREATE INDEX review_assignment_account ON review_assignment (account);
CREATE TABLE conflict_of_interest (
    id UUID NOT NULL PRIMARY KEY,
    account UUID NOT NULL REFERENCES account (id),
    member UUID REFERENCES member (id),
    application UUID REFERENCES application (id) ON DELETE CASCADE,
    reason TEXT NOT NULL,
    declared_by UUID REFERENCES account (id),
    declared_at TIMESTAMPTZ NOT NULL,
    lifted_at TIMESTAMPTZ,
    CONSTRAINT conflict_of_interest_with CHECK ((member IS NULL) <> (application IS NULL))
);
CREATE INDEX conflict_of_interest_account ON conflict_of_interest (account);
CREATE INDEX conflict_of_interest_member ON conflict_of_interest (member);
CREATE INDEX conflict_of_interest_application ON conflict_of_interest (application);
-- scores: JSON, criterion to score and comment; a review counts once it is sent.
ALTER TABLE application_review ADD COLUMN scores TEXT NOT NULL DEFAULT '';
ALTER TABLE application_review ADD COLUMN is_sent BOOLEAN NOT NULL DEFAULT true;

-- A cohort as the program proposed it: bounds in, result out; and where people decided otherwise, with the reason.
CREATE TABLE cohort_proposal (
    id UUID NOT NULL PRIMARY KEY,
    lab UUID REFERENCES lab (id) ON DELETE CASCADE,
    lab_round UUID REFERENCES lab_round (id) ON DELETE CASCADE,
    bounds TEXT NOT NULL,
    result TEXT NOT NULL,
    account UUID REFERENCES account (id),
    proposed_at TIMESTAMPTZ NOT NULL,
    adopted_at TIMESTAMPTZ,
    CONSTRAINT cohort_proposal_of CHECK ((lab IS NULL) <> (lab_round IS NULL))
);
CREATE INDEX cohort_proposal_lab ON cohort_proposal (lab);
CREATE INDEX cohort_proposal_round ON cohort_proposal (lab_round);
CREATE TABLE cohort_deviation (
    id UUID NOT NULL PRIMARY KEY,
    proposal UUID NOT NULL REFERENCES cohort_proposal (id) ON DELETE CASCADE,
    application UUID NOT NULL REFERENCES application (id) ON DELETE CASCADE,
    is_in BOOLEAN NOT NULL,
    reason TEXT NOT NULL,
    account UUID REFERENCES account (id),
    decided_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT cohort_deviation_reason CHECK (reason <> '')
);
CREATE UNIQUE INDEX cohort_deviation_once ON cohort_deviation (proposal, application);
CREATE INDEX cohort_deviation_application ON cohort_deviation (application);

-- The cohort: who came from which application, whether the others see them, and until when they were in it.
ALTER TABLE lab_participant ADD COLUMN application UUID REFERENCES application (id);
ALTER TABLE lab_participant ADD COLUMN is_shown BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE lab_participant ADD COLUMN introduction TEXT NOT NULL DEFAULT '';
ALTER TABLE lab_participant ADD COLUMN link_version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE lab_participant ADD COLUMN language VARCHAR(2) NOT NULL DEFAULT 'en';
ALTER TABLE lab_participant ADD COLUMN left_at TIMESTAMPTZ;
CREATE INDEX lab_participant_application ON lab_participant (application);
CREATE TABLE lab_material (
    id UUID NOT NULL PRIMARY KEY,
    lab UUID NOT NULL REFERENCES lab (id) ON DELETE CASCADE,
    event UUID REFERENCES event (id) ON DELETE SET NULL,
    title VARCHAR(200) NOT NULL,
    url VARCHAR(500) NOT NULL,
    file_name VARCHAR(200) NOT NULL,
    content_type VARCHAR(100) NOT NULL,
    content BYTEA,
    visible_from TIMESTAMPTZ,
    account UUID REFERENCES account (id),
    added_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX lab_material_lab ON lab_material (lab);
CREATE INDEX lab_material_event ON lab_material (event);
-- What one of a cohort wrote to another through the product.
CREATE TABLE cohort_message (
    id UUID NOT NULL PRIMARY KEY,
    lab UUID NOT NULL REFERENCES lab (id) ON DELETE CASCADE,
    sender UUID NOT NULL REFERENCES lab_participant (id) ON DELETE CASCADE,
    recipient UUID NOT NULL REFERENCES lab_participant (id) ON DELETE CASCADE,
    subject VARCHAR(200) NOT NULL,
    body TEXT NOT NULL,
    sent_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX cohort_message_lab ON cohort_message (lab);
CREATE INDEX cohort_message_sender ON cohort_message (sender);
CREATE INDEX cohort_message_recipient ON cohort_message (recipient);

-- What somebody was asked about one event or one lab as a whole, and what they said.
CREATE TABLE feedback (
    id UUID NOT NULL PRIMARY KEY,
    event UUID REFERENCES event (id) ON DELETE CASCADE,
    lab UUID REFERENCES lab (id) ON DELETE CASCADE,
    person UUID REFERENCES person (id) ON DELETE SET NULL,
    language VARCHAR(2) NOT NULL,
    link_version INTEGER NOT NULL DEFAULT 1,
    asked_at TIMESTAMPTZ NOT NULL,
    usefulness SMALLINT,
    overall SMALLINT,
    comment TEXT NOT NULL DEFAULT '',
    consent VARCHAR(20) NOT NULL DEFAULT 'none',
    answered_at TIMESTAMPTZ,
    version INTEGER NOT NULL DEFAULT 1,
    CONSTRAINT feedback_about CHECK ((event IS NULL) <> (lab IS NULL)),
    CONSTRAINT feedback_scores CHECK (usefulness BETWEEN 1 AND 5 AND overall BETWEEN 1 AND 5),
    CONSTRAINT feedback_consent CHECK (consent IN ('none', 'anonymous', 'named'))
);
CREATE UNIQUE INDEX feedback_event_once ON feedback (event, person) WHERE event IS NOT NULL;
CREATE UNIQUE INDEX feedback_lab_once ON feedback (lab, person) WHERE lab IS NOT NULL;
CREATE INDEX feedback_person ON feedback (person);

-- What was agreed in a lab, between which members, and how it goes on.
CREATE TABLE outcome (
    id UUID NOT NULL PRIMARY KEY,
    lab UUID NOT NULL REFERENCES lab (id) ON DELETE CASCADE,
    title VARCHAR(300) NOT NULL,
    description TEXT NOT NULL,
    state VARCHAR(20) NOT NULL,
    agreed_on DATE NOT NULL,
    contact UUID REFERENCES person (id) ON DELETE SET NULL,
    version INTEGER NOT NULL DEFAULT 1,
    account UUID REFERENCES account (id),
    updated_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT outcome_state CHECK (state IN ('agreed', 'under_way', 'done', 'dropped'))
);
CREATE INDEX outcome_lab ON outcome (lab);
CREATE INDEX outcome_contact ON outcome (contact);
CREATE TABLE outcome_member (
    id UUID NOT NULL PRIMARY KEY,
    outcome UUID NOT NULL REFERENCES outcome (id) ON DELETE CASCADE,
    member UUID NOT NULL REFERENCES member (id)
);
CREATE UNIQUE INDEX outcome_member_once ON outcome_member (outcome, member);
CREATE INDEX outcome_member_member ON outcome_member (member);
CREATE TABLE follow_up (
    id UUID NOT NULL PRIMARY KEY,
    outcome UUID NOT NULL REFERENCES outcome (id) ON DELETE CASCADE,
    months SMALLINT NOT NULL,
    due_on DATE NOT NULL,
    link_version INTEGER NOT NULL DEFAULT 1,
    asked_at TIMESTAMPTZ,
    state VARCHAR(20),
    note TEXT NOT NULL DEFAULT '',
    answered_at TIMESTAMPTZ,
    CONSTRAINT follow_up_state CHECK (state IN ('agreed', 'under_way', 'done', 'dropped'))
);
CREATE UNIQUE INDEX follow_up_once ON follow_up (outcome, months);
CREATE INDEX follow_up_due ON follow_up (due_on) WHERE asked_at IS NULL;
