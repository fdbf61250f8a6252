"""How the content of a call and of a template is kept in the database: as JSON of the shapes in `rules.py`."""

import msgspec

from eventhub.calls.rules import CallContent, CallText, KindWords, TemplateContent, TemplateWords


def content_of(kept: str, *, text: str = "", criteria: str = "", cohort_size: int | None = None) -> CallContent:
    """
    The content of a call as it is kept.

    Args:
        text, criteria: What a call from before there were contents says, in the first language.

    """
    if kept:
        try:
            return msgspec.json.decode(kept, type=CallContent)
        except msgspec.DecodeError:
            pass  # an older program wrote it otherwise; the plain texts still say what matters
    return CallContent(texts={"en": CallText(text=text, criteria=criteria)}, cohort_size=cohort_size)


def template_content_of(kept: str) -> TemplateContent:
    """The content of a template as it is kept; an empty one when it cannot be read."""
    try:
        return msgspec.json.decode(kept, type=TemplateContent)
    except msgspec.DecodeError:
        return TemplateContent()


def words_of_template(kept: str, language: str) -> KindWords | None:
    """The words of a template as it is kept; None when it has none that can be read."""
    try:
        return msgspec.json.decode(kept, type=TemplateWords).words_in(language)
    except msgspec.DecodeError:
        return None


def as_json(content: CallContent | TemplateContent) -> str:
    """A content as it is kept."""
    return msgspec.json.encode(content).decode()
