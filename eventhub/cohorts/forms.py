"""Forms of the choice of cohorts."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

import wtforms
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from eventhub import languages
from eventhub.cohorts.commands import Adoption
from eventhub.cohorts.queries import Entry, Span, Wishes
from eventhub.database import Row
from eventhub.forms import Form
from eventhub.labels import label_of
from eventhub.labs.rules import LONGEST_REMARK, MOST_COHORT
from eventhub.settings import current_settings


class NumberField(wtforms.IntegerField):  # type: ignore[misc]
    """A number that may be left out, from nought to a most."""

    def __init__(self, label: str = "", most: int = MOST_COHORT, description: str = "", **kwargs: Any) -> None:
        super().__init__(label, [Optional(), NumberRange(0, most)], description=description, **kwargs)


class WishesForm(Form):
    """What staff ask of a cohort; made by `wishes_form`, with two fields for each region and language."""

    size_least = NumberField("Applications in the group, at least")
    size_most = NumberField("Applications in the group, at most", description="Leave both empty for as many as the call has places.")  # fmt: skip
    each_region = NumberField("From each region at most")
    regions_least = NumberField("Different regions, at least")
    regions_most = NumberField("Different regions, at most")
    each_member = NumberField("Of each member at most")
    women_least = NumberField("Women among the proposed people, per cent at least", 100)
    women_most = NumberField("Women among the proposed people, per cent at most", 100, description="Counted among those who said that they are women or men.")  # fmt: skip
    newcomers_least = NumberField(
        "Newcomers, at least", description="Members that were in no group of an earlier round."
    )
    newcomers_most = NumberField("Newcomers, at most")
    hours = NumberField("Hours between the clocks of the group, at most", 24)
    meets_on = wtforms.DateField("Usual day of a session", [InputRequired()])
    meets_time = wtforms.TimeField("Usual hour of a session (UTC)", [InputRequired()], description="The clocks are those of this moment.")  # fmt: skip
    keeps = wtforms.BooleanField("Keep what people have decided of single applications")
    most_labs = wtforms.IntegerField("Places in the round for one member, at most", [Optional(), NumberRange(1, 100)])
    regions: tuple[str, ...] = ()
    spoken: tuple[str, ...] = ()

    def span(self, name: str) -> Span:
        """Two fields as one."""
        return Span(self[f"{name}_least"].data, self[f"{name}_most"].data)

    def wishes(self) -> Wishes:
        """What was typed, after `validate`."""
        return Wishes(
            size=self.span("size"),
            regions={code: self.span(f"region_{code}") for code in self.regions if self.span(f"region_{code}")},
            each_region=self.each_region.data,
            number_of_regions=self.span("regions"),
            each_member=self.each_member.data,
            women=self.span("women"),
            newcomers=self.span("newcomers"),
            languages={code: self.span(f"language_{code}") for code in self.spoken if self.span(f"language_{code}")},
            hours=self.hours.data,
            meets_at=datetime.combine(self.meets_on.data, self.meets_time.data, UTC),
            keeps=bool(self.keeps.data),
            most_labs=self.most_labs.data,
        )


def wishes_form(
    posted: Any, regions: Sequence[Row], kept: Wishes | None, meets_at: datetime | None, now: datetime
) -> WishesForm:
    """The form with two fields for each region and language, and what was asked last."""
    spoken = tuple(current_settings().language_codes)
    fields: dict[str, Any] = {"regions": tuple(row["code"] for row in regions), "spoken": spoken}
    for name, codes in (("region", fields["regions"]), ("language", spoken)):
        for code in codes:
            words = languages.gettext(label_of(code))
            fields[f"{name}_{code}_least"] = NumberField(words)
            fields[f"{name}_{code}_most"] = NumberField(words)
    at = kept.meets_at if kept else meets_at or datetime.combine(now.date() + timedelta(days=60), time(13), UTC)
    values: dict[str, Any] = {"meets_on": at.astimezone(UTC).date(), "meets_time": at.astimezone(UTC).time(), "keeps": True, "each_member": 1}  # fmt: skip
    if kept:
        values |= {
            "each_region": kept.each_region, "each_member": kept.each_member, "hours": kept.hours,
            "keeps": kept.keeps, "most_labs": kept.most_labs,
        }  # fmt: skip
        spans = {"size": kept.size, "regions": kept.number_of_regions, "women": kept.women, "newcomers": kept.newcomers}
        spans |= {f"region_{code}": span for code, span in kept.regions.items()}
        spans |= {f"language_{code}": span for code, span in kept.languages.items()}
        for name, span in spans.items():
            values |= {f"{name}_least": span.least, f"{name}_most": span.most}
    made = type("WishesOfLab", (WishesForm,), fields)
    return made(posted, data=values)  # type: ignore[no-any-return]


class DeviationForm(Form):
    """One application about which people decide otherwise, and why."""

    application = wtforms.SelectField("Application", [InputRequired()])
    reason = wtforms.TextAreaField("Why", [InputRequired(), Length(max=LONGEST_REMARK)], description="Kept with the proposal; only staff read it.")  # fmt: skip

    def __init__(self, *args: Any, entries: Sequence[Entry], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in = {str(one.application): one.is_in for one in entries}
        turned = {
            True: languages.gettext("%(applicant)s: leave out"),
            False: languages.gettext("%(applicant)s: take in"),
        }
        self.application.choices = [
            (str(one.application), turned[one.is_in] % {"applicant": one.applicant}) for one in entries
        ]

    def choice(self) -> tuple[UUID, bool]:
        """The application and whether it is in from now on."""
        return UUID(self.application.data), not self._in[self.application.data]


class AdoptForm(Form):
    """How the rest is decided, and what applicants read as the reason."""

    waiting = wtforms.IntegerField(
        "Applications on the waiting list",
        [InputRequired(), NumberRange(0, MOST_COHORT)],
        default=5,
        description="The next ones by score, in this order; the rest is declined.",
    )
    accepted_reason = wtforms.TextAreaField("Reason that accepted applicants read", [Optional(), Length(max=LONGEST_REMARK)])  # fmt: skip
    waiting_reason = wtforms.TextAreaField("Reason that waiting applicants read", [Optional(), Length(max=LONGEST_REMARK)])  # fmt: skip
    declined_reason = wtforms.TextAreaField("Reason that declined applicants read", [Optional(), Length(max=LONGEST_REMARK)])  # fmt: skip

    def adoption(self) -> Adoption:
        """What was typed, after `validate`."""
        return Adoption(
            self.waiting.data,
            self.accepted_reason.data or "",
            self.waiting_reason.data or "",
            self.declined_reason.data or "",
        )


def _needed_for_offers() -> Any:
    """Shown as needed, as the page asks for it only where somebody is accepted; the command refuses where it lacks."""
    validator = Optional()
    validator.field_flags = {"required": True}
    return validator


class LettersForm(Form):
    """Until when places can be confirmed."""

    confirm_until = wtforms.DateField(
        "Last day to confirm a place",
        [_needed_for_offers()],
        description="Needed because somebody is accepted: the letter asks them to confirm their place by then. After it the place goes to the next on the waiting list.",
    )
