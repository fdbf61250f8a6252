"""Forms: what a browser sent, kept as typed, with every fault at once in the person's language."""

from collections.abc import Iterator, Mapping
from typing import Any

import wtforms
from litestar.datastructures import FormMultiDict, UploadFile

from eventhub import languages
from eventhub.errors import Problems


class _Posted:
    """
    Litestar's form data in the shape that WTForms reads.

    NUL, which PostgreSQL refuses, is dropped; browsers send two characters
    for a line end, which count as one. A file is no answer where the form
    asks for words.

    Args:
        files: Names of the fields that take a file.

    """

    def __init__(self, data: FormMultiDict, files: frozenset[str]) -> None:
        self._data = data
        self._files = files

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)

    def __contains__(self, name: str) -> bool:
        return name in self._data

    def getlist(self, name: str) -> list[Any]:
        return [
            value if isinstance(value, UploadFile) else str(value).replace("\x00", "").replace("\r\n", "\n")
            for value in self._data.getall(name, [])
            if name in self._files or not isinstance(value, UploadFile)
        ]


_LARGEST_NUMBER = 10**18


class Form(wtforms.Form):  # type: ignore[misc]
    """The base of all forms. Labels and hints are English messages; they are translated when a form is made."""

    class Meta(wtforms.Form.Meta):  # type: ignore[misc]
        """What WTForms asks of a form."""

        def get_translations(self, form: wtforms.Form) -> Any:
            """The words of WTForms' own messages in the reader's language."""
            self.locales = [languages.current()]
            return super().get_translations(form)

    def __init__(self, posted: FormMultiDict | None = None, **kwargs: Any) -> None:
        super().__init__(posted, **kwargs)
        for field in self:
            if hasattr(field, "label") and not isinstance(field, wtforms.HiddenField):
                field.label.text = languages.gettext(str(field.label.text))
                field.description = languages.gettext(str(field.description)) if field.description else ""

    def process(self, formdata: FormMultiDict | None = None, *args: Any, **kwargs: Any) -> None:
        """As WTForms does, with what Litestar has read."""
        files = frozenset(field.name for field in self if isinstance(field, wtforms.FileField))
        super().process(_Posted(formdata, files) if formdata is not None else None, *args, **kwargs)

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """As WTForms does; what cannot be read says so once, and nothing of bounds; what was left empty is missing."""
        for field in self:
            if isinstance(field.data, int) and abs(field.data) > _LARGEST_NUMBER:
                field.data = _LARGEST_NUMBER  # WTForms fails on numbers too long for a float; this one is out of bounds
        sound = bool(super().validate(*args, **kwargs))
        for field in self:
            unread = getattr(field, "process_errors", None)
            if field.errors and unread and any(str(value).strip() for value in field.raw_data or ()):
                field.errors = list(unread)
        return sound

    def add_problems(self, problems: Problems | Mapping[str, list[str]]) -> None:
        """Put what a rule found wrong beside the fields it is about; the rest goes to the summary."""
        found = problems.fields if isinstance(problems, Problems) else problems
        for name, sentences in found.items():
            said = [languages.say(sentence) for sentence in sentences]
            if name in self:
                field = self[name]
                field.errors = [*field.errors, *(s for s in said if s not in field.errors)]
            else:
                self.form_errors.extend(said)
