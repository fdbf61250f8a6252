"""What staff fill in about letters."""

import contextlib
from datetime import datetime
from typing import Any
from uuid import UUID

import wtforms
from wtforms.validators import NumberRange, Optional

from eventhub.events.zones import to_utc, wall_time
from eventhub.forms import Form
from eventhub.labels import label_of
from eventhub.languages import gettext
from eventhub.mail.rules import Wording
from eventhub.mailings.queries import PlannedRow
from eventhub.mailings.rules import DAY, HOUR, MESSAGE, REMINDER, WEEK, Anchor, Audience, Narrowing, Plan
from eventhub.settings import current_settings
from eventhub.words import Sentence

_UNITS = {"minutes": 1, "hours": HOUR, "days": DAY, "weeks": WEEK}
#: Far beyond what is allowed, and short enough for every engine.
_MOST = 10**6
_PRESETS = {
    "2weeks": (Anchor.START, -2 * WEEK),
    "1day": (Anchor.START, -DAY),
    "1hour": (Anchor.START, -HOUR),
    "after1day": (Anchor.END, DAY),
}


class WordingForm(Form):
    """Subject and text of a kind of letter in one language."""

    seen = wtforms.HiddenField()
    subject = wtforms.StringField("Subject")
    body = wtforms.TextAreaField("Text", description="Time, place and the links stand below it in every letter.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.subject.flags.no_optional = self.body.flags.no_optional = True

    def wording(self) -> Wording:
        """What was typed."""
        return Wording(self.subject.data or "", self.body.data or "")

    def seen_id(self) -> UUID | None:
        """The wording that the form showed; what is no key was never one in force."""
        text = self.seen.data or ""
        with contextlib.suppress(ValueError):
            return UUID(text) if text else None
        return UUID(int=0)


class GroupForm(Form):
    """A letter to a group of people, and when it goes."""

    key = wtforms.HiddenField()
    version = wtforms.HiddenField()
    kind = wtforms.RadioField("What kind of letter", default=MESSAGE)
    audience = wtforms.SelectField("Whom it is for", default=Audience.REGISTERED)
    attends = wtforms.SelectField("How they take part")
    only_language = wtforms.SelectField("Language of the people")
    region = wtforms.SelectField("Region of their member")
    member = wtforms.SelectField("Their member")
    when = wtforms.RadioField("When it goes", default="now")
    number = wtforms.IntegerField("Number", [Optional(), NumberRange(min=0)])
    unit = wtforms.SelectField("Unit", default="days")
    side = wtforms.SelectField("Before or after", default="before_start")
    day = wtforms.DateField("Day", [Optional()])
    clock = wtforms.TimeField("Time", [Optional()], description="In the time zone of the event.")

    def __init__(
        self,
        *args: Any,
        regions: list[tuple[str, str]],
        members: list[tuple[str, str]],
        may_leave_now: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        for field in self:
            field.flags.no_optional = True
        everybody = ("", gettext("Everybody"))
        self.kind.choices = [(MESSAGE, gettext("Your own words")), (REMINDER, gettext("Reminder in our usual words"))]
        self.audience.choices = [(one.value, gettext(AUDIENCES[one])) for one in Audience]
        self.attends.choices = [everybody, ("on_site", gettext("On site")), ("online", gettext("Online"))]
        self.only_language.choices = [everybody, *((code, gettext(label_of(code))) for code in _languages())]
        self.region.choices = [everybody, *regions]
        self.member.choices = [everybody, *members]
        now = [("now", gettext("At once"))] if may_leave_now else []
        if not may_leave_now and self.when.data == "now":
            self.when.data = "own"
        self.when.choices = [*now, *((code, gettext(label)) for code, label in WHENS.items())]
        self.unit.choices = [(code, gettext(label)) for code, label in UNITS.items()]
        self.side.choices = [(code, gettext(label)) for code, label in SIDES.items()]

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """As forms do; a distance needs its number."""
        sound = super().validate(*args, **kwargs)
        if self.when.data == "own" and self.number.data is None and not self.number.errors:
            self.add_problems({"number": [Sentence("Please give the number.")]})
            return False
        return sound

    @property
    def texts(self) -> dict[str, tuple[Any, Any]]:
        """The fields of subject and text by language."""
        return {code: (self[f"subject_{code}"], self[f"body_{code}"]) for code in _languages()}

    def plan(self, zone: str | None) -> Plan:
        """What was filled in; the moment in the zone of the event."""
        anchor, minutes, send_at = self._when(zone)
        texts = {code: Wording(subject.data or "", body.data or "") for code, (subject, body) in self.texts.items()}
        return Plan(
            kind=self.kind.data, audience=self.audience.data, anchor=anchor, minutes=minutes, send_at=send_at,
            texts={} if self.kind.data == REMINDER else {c: t for c, t in texts.items() if t.subject.strip() or t.body.strip()},
            only=Narrowing(self.attends.data, self.only_language.data, self.region.data, self.member.data),
        )  # fmt: skip

    def _when(self, zone: str | None) -> tuple[str, int, datetime | None]:
        chosen = self.when.data
        if chosen in _PRESETS:
            anchor, minutes = _PRESETS[chosen]
            return anchor, minutes, None
        if chosen == "own":
            minutes = max(-_MOST, min(_MOST, (self.number.data or 0) * _UNITS[self.unit.data]))
            before, anchor = self.side.data.split("_")
            return anchor, -minutes if before == "before" else minutes, None
        if self.day.data and self.clock.data:
            with contextlib.suppress(ValueError, OverflowError):
                return Anchor.INSTANT, 0, to_utc(self.day.data, self.clock.data, zone or "UTC", second=False)
        return Anchor.INSTANT, 0, None

    def key_id(self) -> UUID | None:
        """The key of the form; None: it is none of ours."""
        with contextlib.suppress(ValueError):
            return UUID(self.key.data or "")
        return None

    def shown_version(self) -> int:
        """The version that the form showed; 0, which none has, for what is no number."""
        text = self.version.data or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _languages() -> list[str]:
    return list(current_settings().language_codes)


def group_form() -> type[GroupForm]:
    """The form with two fields for each language."""
    fields: dict[str, Any] = {}
    for code in _languages():
        fields[f"subject_{code}"] = wtforms.StringField("Subject")
        fields[f"body_{code}"] = wtforms.TextAreaField("Text")
    return type("GroupFormOfLanguages", (GroupForm,), fields)


def values_of_plan(row: PlannedRow) -> dict[str, Any]:
    """A planned letter as its form shows it."""
    only = row.only
    values: dict[str, Any] = {
        "version": str(row.version), "kind": row.kind, "audience": row.audience, "attends": only.attends,
        "only_language": only.language, "region": only.region, "member": only.member,
    }  # fmt: skip
    for code, text in row.wordings.items():
        values |= {f"subject_{code}": text.subject, f"body_{code}": text.body}
    if row.anchor == Anchor.INSTANT and row.send_at:
        day, clock = wall_time(row.send_at, row.time_zone or "UTC")
        return values | {"when": "instant", "day": day, "clock": clock}
    for code, (anchor, minutes) in _PRESETS.items():
        if (row.anchor, row.minutes) == (anchor, minutes):
            return values | {"when": code}
    unit = next(code for code, size in reversed(_UNITS.items()) if row.minutes % size == 0)
    side = f"{'before' if row.minutes < 0 else 'after'}_{row.anchor}"
    return values | {"when": "own", "number": abs(row.minutes) // _UNITS[unit], "unit": unit, "side": side}


AUDIENCES = {
    Audience.REGISTERED: Sentence("People who have a seat"),
    Audience.WAITING: Sentence("People on the waiting list"),
    Audience.PENDING: Sentence("People whose registration waits for a decision"),
    Audience.ATTENDED: Sentence("People who attended"),
    Audience.ABSENT: Sentence("People who had a seat and did not attend"),
    Audience.SPEAKERS: Sentence("Speakers"),
    Audience.DELEGATIONS: Sentence("Contacts of delegations"),
    Audience.COHORT: Sentence("The cohort of the lab"),
}
WHENS = {
    "2weeks": Sentence("Two weeks before it begins"),
    "1day": Sentence("A day before it begins"),
    "1hour": Sentence("An hour before it begins"),
    "after1day": Sentence("A day after it ends"),
    "own": Sentence("At another distance, given below"),
    "instant": Sentence("On a day and at a time, given below"),
}
UNITS = {
    "minutes": Sentence("Minutes"),
    "hours": Sentence("Hours"),
    "days": Sentence("Days"),
    "weeks": Sentence("Weeks"),
}
SIDES = {
    "before_start": Sentence("Before it begins"),
    "after_start": Sentence("After it begins"),
    "before_end": Sentence("Before it ends"),
    "after_end": Sentence("After it ends"),
}
