"""Forms of those who apply."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import uuid4

import wtforms
from litestar.datastructures import FormMultiDict
from wtforms.validators import InputRequired, Length, Optional

from eventhub import languages
from eventhub.applying.commands import NewDraft
from eventhub.applying.queries import Draft
from eventhub.applying.rules import (
    LONGEST_CITY,
    LONGEST_ORGANISATION,
    NO_GENDER,
    PERSON_PARTS,
    Value,
    joined,
    parts_of_person,
    person_field,
)
from eventhub.calls.rules import FIRST_STAGE, CallContent
from eventhub.directory.rules import Gender, Level
from eventhub.events.forms import country_choices, labelled
from eventhub.forms import Form
from eventhub.labels import label_of
from eventhub.labs.rules import LONGEST_NAME
from eventhub.settings import current_settings
from eventhub.words import Sentence


class BeginForm(Form):
    """Who applies, and where the personal link goes."""

    member = wtforms.SelectField(
        "Member",
        [Optional()],
        description="The city or metropolis in whose name you apply.",
    )
    organisation = wtforms.StringField("Organisation", [Optional(), Length(max=LONGEST_ORGANISATION)])
    city = wtforms.StringField("City", [Optional(), Length(max=LONGEST_CITY)])
    country = wtforms.SelectField("Country", [Optional()])
    contact_name = wtforms.StringField("Your name", [InputRequired(), Length(max=LONGEST_NAME)])
    email = wtforms.EmailField(
        "Your e-mail address",
        [InputRequired(), Length(max=254)],
        description="We send a letter with your personal link there.",
    )
    language = wtforms.SelectField("Language of our letters", [InputRequired()])

    def __init__(
        self, *args: Any, members: list[tuple[str, list[tuple[str, str]]]], members_only: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        grouped = {languages.gettext(label_of(region)): bodies for region, bodies in members}
        nobody = languages.gettext("Please choose") if members_only else languages.gettext("None of the members")
        self.member.choices = {None: [("", nobody)], **grouped}
        self.country.choices = [("", languages.gettext("Please choose")), *country_choices(languages.current())]
        self.language.choices = labelled(current_settings().language_codes)
        self.member.flags.no_optional = True
        if members_only:
            self.member.flags.required = True
            del self.organisation, self.city, self.country
        else:
            for field in (self.organisation, self.city, self.country):
                field.flags.no_optional = True

    def draft(self) -> NewDraft:
        """The beginning as typed."""
        others = {name: self[name].data or "" for name in ("organisation", "city", "country") if name in self}
        return NewDraft(
            contact_name=self.contact_name.data or "",
            email=self.email.data or "",
            member=self.member.data or "",
            language=self.language.data or "",
            **others,
        )


class InviteForm(Form):
    """A colleague who is to work on the application as well."""

    name = wtforms.StringField("Name of your colleague", [InputRequired(), Length(max=LONGEST_NAME)])
    email = wtforms.EmailField("E-mail address of your colleague", [InputRequired(), Length(max=254)])


class _DraftForm(Form):
    """What every call asks."""

    contact_name = wtforms.StringField("Name of the contact person", render_kw={"autocomplete": "name"})
    motivation = wtforms.TextAreaField(
        "Why you apply", description="The problem of your city, and what you hope to take home."
    )
    offers = wtforms.TextAreaField("What you bring", description="Cases, experience, people.")
    needs = wtforms.TextAreaField("What you need")
    languages = wtforms.SelectMultipleField(
        "Languages in which your people can take part", validate_choice=False, description="Tick all that apply."
    )
    preference = wtforms.SelectField(
        "Which choice this is for you",
        validate_choice=False,
        description="Only if you apply for more than one of this round: where you would rather take part.",
    )
    language = wtforms.SelectField("Language of our letters", validate_choice=False)

    #: Ids of the proposed people in hexadecimal digits, in order; the last rows may be new.
    keys: tuple[str, ...] = ()


def draft_form(
    draft: Draft,
    content: CallContent,
    unsaved: Mapping[str, Any],
    *,
    stage: int,
    labs: int,
    more_people: int = 0,
) -> Any:
    """
    The form of an application: the standard fields with the proposed people; its questions are shown beside it.

    Args:
        unsaved: What was typed and is kept nowhere else, by field.
        labs: How many labs the round has; of one alone nobody has a choice.
        more_people: Empty rows besides those that are wanted.

    """
    keys = [person.id.hex for person in draft.people]
    keys += [key for key in _keys_in(unsaved) if key not in keys]
    if stage != FIRST_STAGE:
        keys = []
    else:
        wanted = max(content.people_min, min(len(keys) + more_people, content.people_max), min(1, content.people_max))
        keys += [uuid4().hex for _ in range(wanted - len(keys))]
    members: dict[str, Any] = {"keys": tuple(keys)}
    stated = {person.id.hex for person in draft.people if person.has_gender}
    for number, key in enumerate(keys, start=1):
        for part, field in _person_fields(number).items():
            members[person_field(key, part)] = field
    values = {**draft.values(content), **unsaved}
    form = type("DraftForm", (_DraftForm,), members)(data=values)
    form.language.choices = labelled(current_settings().language_codes)
    form.languages.choices = labelled(current_settings().language_codes)
    first = (("", languages.gettext("No order")), *((str(n), str(n)) for n in range(1, labs + 1)))
    form.preference.choices = list(first)
    for key in keys:
        form[person_field(key, "level")].choices = labelled(Level, blank="Please choose")
        for part in PERSON_PARTS:
            form[person_field(key, part)].flags.no_optional = True
        form[person_field(key, "gender")].choices = _gender_choices(key in stated)
    for name in ("contact_name", "motivation", "language"):
        form[name].flags.required = True
    if stage != FIRST_STAGE:
        for name in list(form._fields):
            del form[name]
    elif labs < 2:
        del form.preference
    return form


def _gender_choices(is_stated: bool) -> list[tuple[str, str]]:
    """What can be answered; what was answered before is not shown."""
    if not is_stated:
        return labelled(Gender, blank="No answer")
    return [*labelled(Gender, blank="As answered before"), (NO_GENDER, languages.gettext("Delete the answer"))]


def _person_fields(number: int) -> dict[str, Any]:
    said = {
        "name": Sentence("Name of person %(number)s", number=number),
        "email": Sentence("E-mail address of person %(number)s", number=number),
        "role": Sentence("Role of person %(number)s", number=number),
        "level": Sentence("Level of person %(number)s", number=number),
        "gender": Sentence("Gender of person %(number)s", number=number),
    }
    words = {part: languages.say(sentence) for part, sentence in said.items()}
    off = {"autocomplete": "off"}
    return {
        "name": wtforms.StringField(words["name"], render_kw=off),
        "email": wtforms.EmailField(words["email"], render_kw=off),
        "role": wtforms.StringField(words["role"], render_kw=off, description="Post and field of work."),
        "level": wtforms.SelectField(words["level"], validate_choice=False),
        "gender": wtforms.SelectField(words["gender"], validate_choice=False),
    }


def _keys_in(posted: Iterable[str]) -> list[str]:
    """The people whom a form holds, in its order."""
    found = (parts_of_person(name) for name in posted)
    return list(dict.fromkeys(one[0] for one in found if one))


def typed_fields(posted: FormMultiDict) -> tuple[dict[str, Any], dict[str, str]]:
    """
    What a form holds by the name of the field, and what it says that each was when it was shown.

    A person whose box for removing is ticked is emptied.
    """
    typed: dict[str, Any] = {}
    was: dict[str, str] = {}
    for name in posted:
        values = [str(one) for one in posted.getall(name) if isinstance(one, str)]
        if name.startswith("was-"):
            was[name.removeprefix("was-")] = values[0] if values else ""
        elif values or not posted.getall(name):
            typed[name] = [one for one in values if one] if len(values) > 1 else (values[0] if values else "")
    for name in posted:
        if found := re.fullmatch("remove_([0-9a-f]{32})", name):
            typed |= {one: "" for one in was if (parts := parts_of_person(one)) and parts[0] == found[1]}
    return typed, was


def chosen_texts(posted: FormMultiDict, names: Sequence[str]) -> dict[str, Any]:
    """What somebody keeps of two texts of one field, from the page that shows both; a field left open is not there."""
    found: dict[str, Any] = {}
    for name in names:
        mine: list[str] = [str(one) for one in posted.getall(f"mine-{name}", [])]
        theirs: list[str] = [str(one) for one in posted.getall(f"theirs-{name}", [])]
        choice = posted.get(f"choice-{name}")
        is_list = posted.get(f"list-{name}") == "y"
        pick: Mapping[str, Value] = {
            "mine": mine if is_list else "".join(mine[:1]),
            "theirs": theirs if is_list else "".join(theirs[:1]),
            "joined": joined(theirs, mine) if is_list else str(posted.get(f"joined-{name}") or ""),
        }
        if choice in pick:
            found[name] = pick[str(choice)]
    return found
