"""What people fill in about the directory and the files they bring."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import wtforms
from litestar.datastructures import UploadFile

from eventhub.directory.commands import MemberFacts
from eventhub.directory.rules import MemberKind
from eventhub.forms import Form
from eventhub.labels import label_of
from eventhub.languages import gettext
from eventhub.pages import zones
from eventhub.settings import KNOWN_LANGUAGES

#: What can be imported by page, with the words of the choice.
IMPORT_KINDS = {
    "members": "Members",
    "partners": "Partners",
    "people": "People",
    "events": "A printed calendar of events",
    "seats": "Seats in statutory bodies",
    "indicators": "Printed figures of reports",
    "registrations": "Registrations",
    "attendance": "Attendance",
}
#: What can be taken out by page, in the same words where both can be done.
EXPORT_KINDS = {
    "members": "Members",
    "partners": "Partners",
    "people": "People",
    "events": "Events",
    "registrations": "Registrations",
    "attendance": "Attendance",
    "speakers": "Speakers",
}
#: These have rows of a year, and but for events of one event.
EXPORTS_OF_EVENTS = ("events", "registrations", "attendance", "speakers")


class MemberForm(Form):
    """The editable facts of a member."""

    name = wtforms.StringField("Name", [wtforms.validators.InputRequired(), wtforms.validators.Length(max=200)])
    other_names = wtforms.TextAreaField(
        "Other names",
        [wtforms.validators.Length(max=10_000)],
        description="One per line. Search and imports find the member by each of them.",
    )
    kind = wtforms.SelectField("Kind", [wtforms.validators.InputRequired()])
    region = wtforms.SelectField("Region", [wtforms.validators.Optional()], validate_choice=False)
    changed_on = wtforms.DateField(
        "First day of the new kind or region",
        [wtforms.validators.Optional()],
        description="Only when the kind or region has changed: figures of the time before keep the former one. "
        "Left blank, it is a correction for all time.",
    )
    time_zone = wtforms.SelectField("Time zone", [wtforms.validators.InputRequired()])
    language = wtforms.SelectField("Language of letters", [wtforms.validators.InputRequired()])
    left_on = wtforms.DateField(
        "Last day of membership",
        [wtforms.validators.Optional()],
        description="Only for a member that has left.",
    )

    def __init__(self, *args: Any, regions: Sequence[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.region.choices = [(code, gettext(name)) for code, name in regions]
        self.kind.choices = [(kind.value, gettext(label_of(kind.value))) for kind in MemberKind]
        known = sorted(zones() | ({self.time_zone.object_data} if self.time_zone.object_data else set()))
        self.time_zone.choices = [(name, name.replace("_", " ")) for name in known]
        self.language.choices = [(code, gettext(label_of(code))) for code in KNOWN_LANGUAGES]

    def facts(self) -> MemberFacts:
        """What was filled in."""
        left_on: date | None = self.left_on.data
        return MemberFacts(
            name=self.name.data or "",
            other_names=tuple((self.other_names.data or "").splitlines()),
            kind=self.kind.data,
            time_zone=self.time_zone.data,
            language=self.language.data,
            left_on=left_on,
            region=self.region.data or "",
            changed_on=self.changed_on.data,
        )


class ImportForm(Form):
    """A file, and what it holds."""

    kind = wtforms.RadioField("What does the file hold?", [wtforms.validators.InputRequired()])
    file = wtforms.FileField(
        "File",
        description="CSV in UTF-8, or XLSX with the table on its first sheet; 3 MB at most.",
    )
    source = wtforms.StringField(
        "Name of the calendar",
        [wtforms.validators.Length(max=80)],
        description="Only for a calendar that is not the association's own of its year.",
    )
    event = wtforms.StringField(
        "Event",
        [wtforms.validators.Length(max=90)],
        description="Only for registrations and attendance of one event: the last part of its address.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = [(kind, gettext(words)) for kind, words in IMPORT_KINDS.items()]
        self.file.flags.required = True

    def validate_file(self, field: wtforms.Field) -> None:
        """A file was chosen."""
        if not isinstance(field.data, UploadFile) or not field.data.filename:
            raise wtforms.validators.ValidationError(gettext("Please choose a file."))
