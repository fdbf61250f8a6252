"""Rounds, labs, calls and applications."""

from uuid import uuid4

from piccolo.columns import UUID, Boolean, Bytea, ForeignKey, Integer, SmallInt, Text, Timestamptz, Varchar
from piccolo.table import Table

from eventhub.accounts.tables import Account
from eventhub.directory.tables import Member, Person
from eventhub.events.tables import ActionLine, Event, Theme


class LabRound(Table, tablename="lab_round"):
    """All labs of one call period."""

    id = UUID(primary_key=True, default=uuid4)
    year = Integer()
    title = Varchar(length=200)
    lessons = Text(default="", help_text="What the next round should know.")
    kind = Varchar(length=30, default="lab")
    priorities = Text(default="")
    version = Integer(default=1)


class LabTemplate(Table, tablename="lab_template"):
    """What a new lab begins with: texts, questions, criteria, letters and a pattern of sessions, all of them proposals."""

    id = UUID(primary_key=True, default=uuid4)
    code = Varchar(length=60)
    kind = Varchar(length=30)
    name = Varchar(length=200)
    content = Text()
    version = Integer(default=1)
    updated_at = Timestamptz()
    retired_at = Timestamptz(null=True, default=None)


class Lab(Table, tablename="lab"):
    """A small group of experts and city people on one problem."""

    id = UUID(primary_key=True, default=uuid4)
    lab_round = ForeignKey(LabRound, null=False)
    slug = Varchar(length=90)
    number = SmallInt()
    name = Varchar(length=200)
    full_title = Varchar(length=300, default="")
    description = Text(default="")
    place = Varchar(length=200, default="")
    country = Varchar(length=2, default="")
    status = Varchar(length=20)
    created_at = Timestamptz()
    kind = Varchar(length=30, default="lab")
    template = ForeignKey(LabTemplate, null=True, default=None)
    lessons = Text(default="")
    asks_feedback = Boolean(default=False, help_text="Of the lab and of its sessions.")
    version = Integer(default=1)


class LabTheme(Table, tablename="lab_theme"):
    """A thematic priority of a lab; a lab has one to three."""

    id = UUID(primary_key=True, default=uuid4)
    lab = ForeignKey(Lab, null=False)
    theme = ForeignKey(Theme, null=False)


class LabActionLine(Table, tablename="lab_action_line"):
    """An action line that a lab serves."""

    id = UUID(primary_key=True, default=uuid4)
    lab = ForeignKey(Lab, null=False)
    action_line = ForeignKey(ActionLine, null=False)


class LabSession(Table, tablename="lab_session"):
    """One meeting of a lab: an event of kind `lab_session`."""

    event = ForeignKey(Event, primary_key=True, null=False)
    lab = ForeignKey(Lab, null=False)
    number = SmallInt()


class Call(Table, tablename="lab_call"):
    """The invitation to apply to a lab, with its dates in a zone."""

    id = UUID(primary_key=True, default=uuid4)
    lab = ForeignKey(Lab, null=False)
    text = Text(default="")
    criteria = Text(default="")
    opens_at = Timestamptz()
    closes_at = Timestamptz()
    time_zone = Varchar(length=60)
    cohort_size = Integer(null=True, default=None)
    content = Text(default="")
    version = Integer(default=1)
    extended_from = Timestamptz(null=True, default=None)
    extended_at = Timestamptz(null=True, default=None)
    second_stage_closes_at = Timestamptz(null=True, default=None)


class Application(Table, tablename="application"):
    """The answer of one member to the call of one lab; a withdrawn one is kept."""

    id = UUID(primary_key=True, default=uuid4)
    lab = ForeignKey(Lab, null=False)
    member = ForeignKey(Member, null=True, default=None)
    contact = ForeignKey(Person, null=False)
    contact_name = Varchar(length=200)
    motivation = Text()
    offers = Text(default="")
    needs = Text(default="")
    status = Varchar(length=20)
    reason = Text(default="", help_text="Why it was accepted, put on the waiting list or declined.")
    language = Varchar(length=2)
    link_version = Integer(default=1)
    version = Integer(default=1)
    submitted_at = Timestamptz()
    status_at = Timestamptz()
    organisation = Varchar(length=200, default="")
    city = Varchar(length=120, default="")
    country = Varchar(length=2, default="")
    is_eligible = Boolean(null=True, default=None)
    eligibility_reason = Text(default="")
    entry = SmallInt(default=1)
    answers = Text(default="")
    languages = Varchar(length=60, default="")
    preference = SmallInt(null=True, default=None)
    begun_at = Timestamptz(null=True, default=None)
    saved_at = Timestamptz(null=True, default=None)
    saved_by = Varchar(length=200, default="")
    waiting_place = Integer(null=True, default=None)
    confirm_until = Timestamptz(null=True, default=None)
    confirmed_at = Timestamptz(null=True, default=None)


class Review(Table, tablename="application_review"):
    """One account's score for one application."""

    id = UUID(primary_key=True, default=uuid4)
    application = ForeignKey(Application, null=False)
    account = ForeignKey(Account, null=False)
    score = SmallInt(help_text="1 to 5.")
    comment = Text(default="")
    reviewed_at = Timestamptz()
    scores = Text(default="")
    is_sent = Boolean(default=True)


class LabParticipant(Table, tablename="lab_participant"):
    """An accepted person of a lab, standing for a member or for nobody."""

    id = UUID(primary_key=True, default=uuid4)
    lab = ForeignKey(Lab, null=False)
    person = ForeignKey(Person, null=False)
    member = ForeignKey(Member, null=True, default=None)
    role = Varchar(length=20, help_text="participant, expert or facilitator.")
    joined_at = Timestamptz()
    application = ForeignKey(Application, null=True, default=None)
    is_shown = Boolean(default=False)
    introduction = Text(default="")
    link_version = Integer(default=1)
    language = Varchar(length=2, default="en")
    left_at = Timestamptz(null=True, default=None)


class RoundTheme(Table, tablename="round_theme"):
    """A thematic priority of a round."""

    id = UUID(primary_key=True, default=uuid4)
    lab_round = ForeignKey(LabRound, null=False)
    theme = ForeignKey(Theme, null=False)


class RoundActionLine(Table, tablename="round_action_line"):
    """An action line that a round serves."""

    id = UUID(primary_key=True, default=uuid4)
    lab_round = ForeignKey(LabRound, null=False)
    action_line = ForeignKey(ActionLine, null=False)


class RoundCall(Table, tablename="round_call"):
    """The call of a whole round."""

    id = UUID(primary_key=True, default=uuid4)
    lab_round = ForeignKey(LabRound, null=False)
    opens_at = Timestamptz()
    closes_at = Timestamptz()
    time_zone = Varchar(length=60)
    content = Text()
    version = Integer(default=1)
    extended_from = Timestamptz(null=True, default=None)
    extended_at = Timestamptz(null=True, default=None)


class ApplicationVersion(Table, tablename="application_version"):
    """What was sent, word for word, each time an application was sent."""

    id = UUID(primary_key=True, default=uuid4)
    application = ForeignKey(Application, null=False)
    number = SmallInt()
    content = Text()
    sent_by = Varchar(length=200)
    sent_at = Timestamptz()


class ApplicationEditor(Table, tablename="application_editor"):
    """Somebody of the member who works on the draft by a link of their own."""

    id = UUID(primary_key=True, default=uuid4)
    application = ForeignKey(Application, null=False)
    name = Varchar(length=200)
    email = Varchar(length=254)
    email_key = Varchar(length=254)
    language = Varchar(length=2)
    link_version = Integer(default=1)
    invited_at = Timestamptz()
    seen_at = Timestamptz(null=True, default=None)


class ProposedPerson(Table, tablename="proposed_person"):
    """A person whom a member proposes for a lab."""

    id = UUID(primary_key=True, default=uuid4)
    application = ForeignKey(Application, null=False)
    position = SmallInt(default=0)
    name = Varchar(length=200)
    email = Varchar(length=254)
    role = Varchar(length=120)
    level = Varchar(length=20, null=True, default=None)
    person = ForeignKey(Person, null=True, default=None)


class ProposedGender(Table, tablename="proposed_gender"):
    """Gender as the person said it to those who apply, apart from the person and with its purpose."""

    proposed_person = ForeignKey(ProposedPerson, primary_key=True, null=False)
    gender = Varchar(length=20)
    purpose = Varchar(length=80)
    stated_at = Timestamptz()


class ApplicationFile(Table, tablename="application_file"):
    """A file that answers a question of a call."""

    id = UUID(primary_key=True, default=uuid4)
    application = ForeignKey(Application, null=False)
    question = Varchar(length=40)
    name = Varchar(length=200)
    content_type = Varchar(length=100)
    content = Bytea()
    uploaded_at = Timestamptz()


class ReviewAssignment(Table, tablename="review_assignment"):
    """Who reviews which application, and who may not because they are too near to it."""

    id = UUID(primary_key=True, default=uuid4)
    application = ForeignKey(Application, null=False)
    account = ForeignKey(Account, null=False)
    assigned_by = ForeignKey(Account, null=True, default=None)
    assigned_at = Timestamptz()


class ConflictOfInterest(Table, tablename="conflict_of_interest"):
    """Who may not review because they are too near."""

    id = UUID(primary_key=True, default=uuid4)
    account = ForeignKey(Account, null=False)
    member = ForeignKey(Member, null=True, default=None)
    application = ForeignKey(Application, null=True, default=None)
    reason = Text()
    declared_by = ForeignKey(Account, null=True, default=None)
    declared_at = Timestamptz()
    lifted_at = Timestamptz(null=True, default=None)


class CohortProposal(Table, tablename="cohort_proposal"):
    """A cohort as the program proposed it: bounds in, result out."""

    id = UUID(primary_key=True, default=uuid4)
    lab = ForeignKey(Lab, null=True, default=None)
    lab_round = ForeignKey(LabRound, null=True, default=None)
    bounds = Text()
    result = Text()
    account = ForeignKey(Account, null=True, default=None)
    proposed_at = Timestamptz()
    adopted_at = Timestamptz(null=True, default=None)


class CohortDeviation(Table, tablename="cohort_deviation"):
    """Where people decided otherwise than a proposal, with the reason."""

    id = UUID(primary_key=True, default=uuid4)
    proposal = ForeignKey(CohortProposal, null=False)
    application = ForeignKey(Application, null=False)
    is_in = Boolean()
    reason = Text()
    account = ForeignKey(Account, null=True, default=None)
    decided_at = Timestamptz()


class LabMaterial(Table, tablename="lab_material"):
    """A file or link for the cohort of a lab."""

    id = UUID(primary_key=True, default=uuid4)
    lab = ForeignKey(Lab, null=False)
    event = ForeignKey(Event, null=True, default=None)
    title = Varchar(length=200)
    url = Varchar(length=500)
    file_name = Varchar(length=200)
    content_type = Varchar(length=100)
    content = Bytea(null=True, default=None)
    visible_from = Timestamptz(null=True, default=None)
    account = ForeignKey(Account, null=True, default=None)
    added_at = Timestamptz()


class CohortMessage(Table, tablename="cohort_message"):
    """What one of a cohort wrote to another through the product."""

    id = UUID(primary_key=True, default=uuid4)
    lab = ForeignKey(Lab, null=False)
    sender = ForeignKey(LabParticipant, null=False)
    recipient = ForeignKey(LabParticipant, null=False)
    subject = Varchar(length=200)
    body = Text()
    sent_at = Timestamptz()
