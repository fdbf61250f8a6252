"""Who we know: members, partners, persons, and, kept apart, how persons state their gender."""

from uuid import uuid4

from piccolo.columns import UUID, Boolean, Date, ForeignKey, Integer, SmallInt, Text, Timestamptz, Varchar
from piccolo.table import Table


class Region(Table, tablename="region"):
    """A group of members. Regions change over the years, so each has a first and perhaps a last day."""

    id = UUID(primary_key=True, default=uuid4)
    code = Varchar(length=40)
    name = Varchar(length=120)
    starts_on = Date(null=True, default=None)
    ends_on = Date(null=True, default=None)


class Member(Table, tablename="member"):
    """A body that belongs to the association: a member, an associate or an honorary member."""

    id = UUID(primary_key=True, default=uuid4)
    key = Varchar(length=80, help_text="Ours, ASCII, for ever; imports match on it first.")
    outside_key = Varchar(length=120, null=True, default=None, help_text="The key in the contact system.")
    name = Varchar(length=200)
    name_folded = Varchar(length=200, help_text="Without accents and capitals: what search and order use.")
    kind = Varchar(length=20)
    region = ForeignKey(Region, null=False)
    country = Varchar(length=2, help_text="ISO 3166-1 alpha-2.")
    time_zone = Varchar(length=60, help_text="IANA name.")
    language = Varchar(length=2)
    language_confidence = Varchar(length=10)
    joined_year = Integer(null=True, default=None, help_text="First report that lists the member as new.")
    joined_note = Text(default="")
    listed_in_2020 = Boolean(default=False)
    left_on = Date(null=True, default=None)
    updated_at = Timestamptz()


class MemberName(Table, tablename="member_name"):
    """Another spelling by which imports and search find a member."""

    id = UUID(primary_key=True, default=uuid4)
    member = ForeignKey(Member, null=False)
    name = Varchar(length=200)
    name_folded = Varchar(length=200)


class Partner(Table, tablename="partner"):
    """An organisation outside the membership with which events are made."""

    id = UUID(primary_key=True, default=uuid4)
    key = Varchar(length=80)
    outside_key = Varchar(length=120, null=True, default=None)
    name = Varchar(length=200)
    name_folded = Varchar(length=200)
    country = Varchar(length=2, default="")
    updated_at = Timestamptz()


class Person(Table, tablename="person"):
    """Anybody known to the product, once each; found again by e-mail address where there is one."""

    id = UUID(primary_key=True, default=uuid4)
    outside_key = Varchar(length=120, null=True, default=None)
    name = Varchar(length=200)
    email = Varchar(length=254, null=True, default=None, help_text="As written by the person.")
    email_key = Varchar(length=254, null=True, default=None, help_text="Folded: one person per address.")
    member = ForeignKey(Member, null=True, default=None)
    organisation = Varchar(length=200, default="")
    country = Varchar(length=2, default="")
    language = Varchar(length=2, default="en")
    created_at = Timestamptz()
    merged_into: ForeignKey["Person"] = ForeignKey("self", null=True, default=None)


class GenderStatement(Table, tablename="gender_statement"):
    """
    How a person wants to be counted, with the consent given for it.

    Kept apart from the person: only the parity check, the figures and the
    person's own page read it. No row means that nobody asked or answered;
    `undisclosed` means that the person prefers not to say.
    """

    person = ForeignKey(Person, primary_key=True, null=False)
    gender = Varchar(length=20)
    source = Varchar(length=10, help_text="self, or staff on the person's word.")
    purpose = Varchar(length=80)
    consent_version = Varchar(length=20)
    consent_language = Varchar(length=2)
    stated_at = Timestamptz()


class StatutoryBody(Table, tablename="statutory_body"):
    """A body of the association whose meetings members have seats in."""

    id = UUID(primary_key=True, default=uuid4)
    code = Varchar(length=30)
    name = Varchar(length=200)
    position = SmallInt()


class Seat(Table, tablename="seat"):
    """The right of a member to sit in a body, from a day on and perhaps to a last day."""

    id = UUID(primary_key=True, default=uuid4)
    body = ForeignKey(StatutoryBody, null=False)
    member = ForeignKey(Member, null=False)
    starts_on = Date()
    ends_on = Date(null=True, default=None)


class FormerMembership(Table, tablename="former_membership"):
    """What a member was until a day: figures of the past go by the kind and the region of their own time."""

    id = UUID(primary_key=True, default=uuid4)
    member = ForeignKey(Member, null=False)
    kind = Varchar(length=20)
    region = ForeignKey(Region, null=False)
    ends_on = Date()
