"""What organisers fill in to invite people."""

from typing import Any

import wtforms
from litestar.datastructures import UploadFile

from eventhub.forms import Form
from eventhub.invitations.commands import LONGEST_NAME, NewInvitation
from eventhub.labels import label_of
from eventhub.languages import gettext
from eventhub.settings import current_settings


class InvitationForm(Form):
    """Somebody to invite."""

    name = wtforms.StringField(
        "Name", [wtforms.validators.InputRequired(), wtforms.validators.Length(max=LONGEST_NAME)]
    )
    email = wtforms.StringField(
        "E-mail",
        [wtforms.validators.InputRequired(), wtforms.validators.Length(max=254)],
        description="The invitation is bound to this address.",
    )
    member = wtforms.SelectField("Member")
    language = wtforms.SelectField("Language of the letter", [wtforms.validators.InputRequired()])

    def __init__(self, *args: Any, members: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.member.choices = {"": [("", gettext("None"))], **members}
        self.language.choices = [(code, gettext(label_of(code))) for code in current_settings().language_codes]

    def invitation(self) -> NewInvitation:
        """Whom to invite."""
        return NewInvitation(
            self.name.data or "", self.email.data or "", self.member.data or "", self.language.data or ""
        )


class ListForm(Form):
    """A file of people to invite."""

    file = wtforms.FileField(
        "File",
        description="CSV in UTF-8, or XLSX with the table on its first sheet: name, email, and perhaps member and language.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.file.flags.required = True

    def validate_file(self, field: wtforms.Field) -> None:
        """A file was chosen."""
        if not isinstance(field.data, UploadFile) or not field.data.filename:
            raise wtforms.validators.ValidationError(gettext("Please choose a file."))
