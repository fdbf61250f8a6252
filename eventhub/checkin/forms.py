"""Forms: a participant report."""

from typing import Any

import wtforms
from litestar.datastructures import UploadFile

from eventhub import languages
from eventhub.checkin.rules import MINIMUM_MINUTES
from eventhub.forms import Form


class ReportForm(Form):
    """A participant report, and how long somebody must have been there."""

    file = wtforms.FileField(
        "Participant report",
        description="CSV or XLSX, as Zoom, Teams, Webex or Meet give it; 3 MB at most.",
    )
    minimum_minutes = wtforms.IntegerField(
        "Minimum minutes",
        [wtforms.validators.InputRequired()],
        default=MINIMUM_MINUTES,
        description="Who was there for less counts as absent. Several sessions of one person are added up.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.file.flags.required = True

    def validate_file(self, field: wtforms.Field) -> None:
        """A file was chosen."""
        if not isinstance(field.data, UploadFile) or not field.data.filename:
            raise wtforms.validators.ValidationError(languages.gettext("Please choose a file."))
