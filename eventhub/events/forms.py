"""Forms of events and programme items."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import wtforms
from babel import Locale
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from eventhub import languages
from eventhub.database import Row
from eventhub.directory.countries import country_codes
from eventhub.errors import Problems
from eventhub.events.queries import EventRow
from eventhub.events.rules import (
    FIRST_YEAR,
    LAST_EDITION,
    LAST_YEAR,
    LONGEST_BREAK,
    LONGEST_OFFER,
    LONGEST_ORGANISER,
    LONGEST_TEXT,
    LONGEST_TITLE,
    MOST_SEATS,
    EventFacts,
    EventKind,
    Involvement,
    Mode,
    PartnerRole,
    RegistrationMode,
    year_sentence,
)
from eventhub.events.zones import NoSuchTime, to_utc, wall_time
from eventhub.forms import Form
from eventhub.labels import label_of
from eventhub.pages import zones
from eventhub.settings import current_settings
from eventhub.words import Sentence


def labelled(codes: Iterable[str], blank: str | None = None) -> list[tuple[str, str]]:
    """Codes with their words in the reader's language, perhaps after an empty choice."""
    found = [(str(code), languages.gettext(label_of(str(code)))) for code in codes]
    return [("", languages.gettext(blank)), *found] if blank is not None else found


@cache
def country_choices(language: str) -> list[tuple[str, str]]:
    """Codes of ISO 3166-1 and names of countries, by name."""
    names = Locale.parse(language).territories
    return sorted(((code, str(names[code])) for code in country_codes()), key=lambda pair: pair[1])


@cache
def zone_choices() -> dict[str, list[tuple[str, str]]]:
    """Zones by area."""
    grouped: dict[str, list[tuple[str, str]]] = {}
    for name in sorted(zones()):
        area, _, city = name.partition("/")
        grouped.setdefault(area, []).append((name, (city or area).replace("_", " ")))
    return grouped


@dataclass(frozen=True)
class TieChoices:
    """What an event can be tied to: codes and names."""

    series: list[tuple[str, str]]
    partners: list[tuple[str, str]]
    team: list[tuple[str, str]]
    deliverables: list[tuple[str, str]]


class EventForm(Form):
    """What an organiser says of an event."""

    title = wtforms.StringField("Title", [InputRequired(), Length(max=LONGEST_TITLE)])
    kind = wtforms.SelectField("Kind of event", [InputRequired()])
    involvement = wtforms.SelectField("Who leads it", [InputRequired()])
    mode = wtforms.SelectField("Where people meet", [InputRequired()])
    starts_on = wtforms.DateField("First day", [InputRequired()])
    starts_time = wtforms.TimeField("Start time", [InputRequired()])
    which_start = wtforms.RadioField("Which of the two start times?", [Optional()], validate_choice=False)
    ends_on = wtforms.DateField("Last day", [Optional()])
    ends_time = wtforms.TimeField("End time", [Optional()])
    which_end = wtforms.RadioField("Which of the two end times?", [Optional()], validate_choice=False)
    time_zone = wtforms.SelectField(
        "Time zone",
        [InputRequired()],
        description="All times of this event are in this zone; people see theirs beside it.",
    )
    place = wtforms.StringField("Place", [Length(max=300)], description="House, street, city.")
    country = wtforms.SelectField("Country", [Optional()])
    online_url = wtforms.StringField(
        "Address to join online", [Length(max=500)], description="Only registered people see it."
    )
    capacity = wtforms.IntegerField(
        "Number of seats", [Optional(), NumberRange(0, MOST_SEATS)], description="Leave it empty for no limit."
    )
    registration_mode = wtforms.SelectField("Registration", [InputRequired()])
    opens_on = wtforms.DateField("Registration opens on", [Optional()])
    opens_time = wtforms.TimeField("Opens at", [Optional()], description="Leave both empty to open it at once.")
    closes_on = wtforms.DateField("Registration closes on", [Optional()])
    closes_time = wtforms.TimeField(
        "Closes at", [Optional()], description="Leave both empty to keep it open until the event is over."
    )
    offer_hours = wtforms.IntegerField(
        "Hours for which a free seat is offered",
        [Optional(), NumberRange(1, LONGEST_OFFER)],
        description="Whoever is next on the waiting list is asked first. Leave it empty to give the seat at once.",
    )
    language = wtforms.SelectField("Language of title and description", [InputRequired()])
    description = wtforms.TextAreaField("Description", [Length(max=LONGEST_TEXT)])
    themes = wtforms.SelectMultipleField("Thematic priorities", [Optional()])
    action_lines = wtforms.SelectMultipleField("Action lines", [Optional()])
    parent = wtforms.StringField(
        "Part of", [Length(max=90)], description="The last part of the address of the event that this one belongs to."
    )
    counts_in_statistics = wtforms.BooleanField(
        "Counts in the figures", default=True, description="Switch this off for an umbrella whose parts are counted."
    )
    parity_exempt_reason = wtforms.TextAreaField(
        "Why panels are not checked",
        [Length(max=2000)],
        description="Only for programmes meant for women or another group; leave it empty otherwise.",
    )
    minimum_break = wtforms.IntegerField(
        "Break between two items of one room, in minutes",
        [Optional(), NumberRange(0, LONGEST_BREAK)],
        description="You are told when a programme item leaves less.",
    )
    series = wtforms.SelectField("Series", [Optional()])
    edition = wtforms.IntegerField("Number of the edition", [Optional(), NumberRange(1, LAST_EDITION)])
    organiser_name = wtforms.StringField(
        "Organiser", [Length(max=LONGEST_ORGANISER)], description="Leave it empty when the association organises it."
    )
    co_organiser = wtforms.SelectMultipleField("Co-organisers", [Optional()])
    host = wtforms.SelectMultipleField("Hosts", [Optional()])
    funder = wtforms.SelectMultipleField("Funders", [Optional()])
    knowledge_partner = wtforms.SelectMultipleField("Knowledge partners", [Optional()])
    team = wtforms.SelectMultipleField("Team", [Optional()])
    leads = wtforms.SelectMultipleField(
        "Leads", [Optional()], description="Letters about this event go to them. Whoever leads is on the team."
    )
    deliverables = wtforms.SelectMultipleField("Deliverables that this event is evidence for", [Optional()])
    version = wtforms.HiddenField()

    def __init__(self, *args: Any, themes: list[Row], action_lines: list[Row], ties: TieChoices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = labelled(EventKind)
        self.involvement.choices = labelled(Involvement)
        self.mode.choices = labelled(Mode)
        self.time_zone.choices = zone_choices()
        self.country.choices = [("", "–"), *country_choices(languages.current())]
        self.registration_mode.choices = labelled(RegistrationMode)
        self.language.choices = labelled(current_settings().language_codes)
        self.themes.choices = labelled(row["code"] for row in themes)
        self.action_lines.choices = [(row["code"], f"{row['plan']}: {row['name']}") for row in action_lines]
        self.series.choices = [("", "–"), *ties.series]
        for role in PartnerRole:
            self[role].choices = ties.partners
        self.team.choices = self.leads.choices = ties.team
        self.deliverables.choices = ties.deliverables
        self.which_start.choices = self.which_end.choices = halves()

    def validate(self, extra_validators: Any = None) -> bool:
        """Say what is wrong, also with the times at which registration opens and closes."""
        valid = super().validate(extra_validators)
        for which in ("opens", "closes"):
            day, clock = self[f"{which}_on"], self[f"{which}_time"]
            if (day.data is None) != (clock.data is None) and not (day.errors or clock.errors):
                self.add_problems(
                    {(clock if day.data else day).name: [Sentence("Please give both the day and the time.")]}
                )
                valid = False
            if day.data and not FIRST_YEAR <= day.data.year <= LAST_YEAR:
                self.add_problems({day.name: [year_sentence()]})
                valid = False
            try:
                self._limit(which)
            except NoSuchTime:
                skipped = Sentence("This time does not exist on the clocks of the event.")
                self.add_problems({f"{which}_time": [skipped]})
                valid = False
        return valid

    def add_problems(self, problems: Problems | Mapping[str, list[str]]) -> None:
        """The same; an instant of registration has a day and a time here."""
        found = problems.fields if isinstance(problems, Problems) else problems
        super().add_problems({_LIMIT_FIELDS.get(name, name): sentences for name, sentences in found.items()})

    def _limit(self, which: str, before: datetime | None = None) -> datetime | None:
        """
        When registration opens or closes, on the clocks of the event; of two equal wall times the later one.

        Args:
            before: What stands; it stays when the same minute is shown.

        """
        day, clock, zone = self[f"{which}_on"].data, self[f"{which}_time"].data, self.time_zone.data
        if day is None or clock is None or zone not in zones() or not FIRST_YEAR <= day.year <= LAST_YEAR:
            return None
        if before is not None and _shown(*wall_time(before, zone)) == _shown(day, clock):
            return before
        return to_utc(day, clock, zone, second=True)

    def facts(self, before: EventRow | None = None) -> EventFacts:
        """The facts as typed; seconds that the form does not show stay as they were."""
        return EventFacts(
            title=self.title.data or "",
            kind=self.kind.data or "",
            mode=self.mode.data or "",
            involvement=self.involvement.data or "",
            starts_on=self.starts_on.data,
            starts_time=self.starts_time.data,
            ends_on=self.ends_on.data,
            ends_time=self.ends_time.data,
            time_zone=self.time_zone.data,
            place=self.place.data or "",
            country=self.country.data or "",
            online_url=self.online_url.data or "",
            description=self.description.data or "",
            language=self.language.data or "",
            capacity=self.capacity.data,
            registration_mode=self.registration_mode.data or "",
            registration_opens_at=self._limit("opens", before.registration_opens_at if before else None),
            registration_closes_at=self._limit("closes", before.registration_closes_at if before else None),
            offer_hours=self.offer_hours.data,
            parity_exempt_reason=self.parity_exempt_reason.data or "",
            counts_in_statistics=bool(self.counts_in_statistics.data),
            minimum_break=self.minimum_break.data or 0,
            parent=(self.parent.data or "").strip() or None,
            action_lines=tuple(self.action_lines.data or ()),
            themes=tuple(self.themes.data or ()),
            second_start=HALVES.get(self.which_start.data or ""),
            second_end=HALVES.get(self.which_end.data or ""),
            organiser_name=self.organiser_name.data or "",
            partners=tuple((str(role), key) for role in PartnerRole for key in self[role].data or ()),
            deliverables=tuple(self.deliverables.data or ()),
            team=(*((key, True) for key in self.leads.data or ()), *((key, False) for key in self.team.data or ())),
            series=self.series.data or "",
            edition=self.edition.data,
        )


#: Whether the second of two equal wall times is meant, when the clocks are put back.
HALVES = {"first": False, "second": True}


def halves() -> list[tuple[str, str]]:
    """What to choose from when the clocks show a time twice."""
    return [("first", languages.gettext("The first")), ("second", languages.gettext("The second"))]


def which_of(at: datetime | None, zone: str | None) -> str:
    """Which of two equal wall times an instant is; empty when the clocks show it once."""
    if at is None or zone is None:
        return ""
    there = at.astimezone(ZoneInfo(zone))
    if there.utcoffset() == there.replace(fold=1 - there.fold).utcoffset():
        return ""
    return "second" if there.fold else "first"


def values_of_event(
    event: EventRow, *, parent: str | None, themes: list[Row], action_lines: list[Row], series: Row | None,
    partners: list[Row], team: list[Row], deliverables: list[Row],
) -> dict[str, Any]:  # fmt: skip
    """What the form shows for an event that exists."""
    names = (
        "title", "kind", "mode", "involvement", "starts_on", "starts_time", "ends_on", "ends_time", "time_zone",
        "place", "country", "online_url", "capacity", "registration_mode", "language", "description",
        "counts_in_statistics", "minimum_break", "parity_exempt_reason", "version", "edition", "organiser_name", "offer_hours",
    )  # fmt: skip
    return {
        **{name: getattr(event, name) for name in names},
        "which_start": which_of(event.starts_at, event.time_zone),
        "which_end": which_of(event.ends_at, event.time_zone),
        **_limits_of(event),
        "parent": parent or "",
        "themes": [row["code"] for row in themes],
        "action_lines": [row["code"] for row in action_lines],
        "series": series["slug"] if series else "",
        **{str(role): [row["key"] for row in partners if row["role"] == role] for role in PartnerRole},
        "team": [str(row["account"]) for row in team if not row["is_lead"]],
        "leads": [str(row["account"]) for row in team if row["is_lead"]],
        "deliverables": [row["code"] for row in deliverables],
    }


def _limits_of(event: EventRow) -> dict[str, Any]:
    """When registration opens and closes, as days and clocks of the event's zone."""
    found: dict[str, Any] = {}
    for which, at in (("opens", event.registration_opens_at), ("closes", event.registration_closes_at)):
        if at:
            found[f"{which}_on"], found[f"{which}_time"] = wall_time(at, event.time_zone or "UTC")
    return found


def _shown(day: date, clock: time) -> tuple[date, time]:
    return day, clock.replace(second=0, microsecond=0)


#: Where the form shows what is wrong with an instant.
_LIMIT_FIELDS = {"registration_opens_at": "opens_time", "registration_closes_at": "closes_time"}


class CancelForm(Form):
    """Why an event is called off."""

    reason = wtforms.TextAreaField(
        "Reason", [InputRequired(), Length(max=2000)], description="Registered people will read it in their letter."
    )


class PublishForm(Form):
    """Why an event is published in spite of its panels."""

    exception_reason = wtforms.TextAreaField(
        "Reason for publishing without balance",
        [Length(max=2000)],
        description="It is kept with your name and listed in the gender section of the year.",
    )
