"""Letters to those who write an application."""

from datetime import datetime
from typing import Any
from uuid import UUID

from eventhub.applying.queries import EditorRow
from eventhub.labs.queries import ApplicationRow, LabRow
from eventhub.mail.commands import OutgoingLetter


def begun_letter(lab: LabRow, application: ApplicationRow, editor: EditorRow, *, now: datetime) -> OutgoingLetter:
    """The personal link of whoever begins, or asks for it again; once a minute at most."""
    once = f"application:{application.id}:link:{editor.id}:{now:%Y%m%d%H%M}"
    return _letter("application_begun", once, lab, application, editor, person=application.contact)


def invited_letter(
    lab: LabRow, application: ApplicationRow, editor: EditorRow, *, by: str, now: datetime
) -> OutgoingLetter:
    """The personal link of a colleague who is invited to write as well."""
    once = f"application:{application.id}:invited:{editor.id}:{now:%Y%m%d%H%M}"
    return _letter("application_editor_invited", once, lab, application, editor, invited_by=by)


def received_letter(
    lab: LabRow, application: ApplicationRow, editor: EditorRow, *, number: int, person: UUID | None
) -> OutgoingLetter:
    """
    The receipt for an application, with the personal link.

    Args:
        number: How many times it was sent by now.

    """
    words = lab.call.content.letter("received", editor.language) if lab.call else ""
    once = f"application:{application.id}:received:{number}:{editor.id or 'contact'}"
    return _letter(
        "application_received", once, lab, application, editor, person=person, is_change=number > 1, words=words
    )


def _letter(
    kind: str, once: str, lab: LabRow, application: ApplicationRow, editor: EditorRow,
    *, person: UUID | None = None, **facts: Any,
) -> OutgoingLetter:  # fmt: skip
    return OutgoingLetter(
        kind=kind,
        dedupe_key=once,
        recipient_name=editor.name,
        recipient_address=editor.email,
        language=editor.language,
        facts={
            "recipient_name": editor.name,
            "manage_url": editor.manage_url,
            "member_name": application.member_name,
            "lab_name": lab.full_title or lab.name,
            "closes_at": lab.call.closes_at.isoformat() if lab.call else None,
            "time_zone": lab.call.time_zone if lab.call else None,
            **facts,
        },
        event_id=None,
        person_id=person,
    )
