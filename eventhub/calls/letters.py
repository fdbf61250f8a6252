"""Letters about a call to those who have begun or sent an application."""

from datetime import datetime

from eventhub.calls.queries import ApplicantRow
from eventhub.mail.commands import OutgoingLetter


def extension_letter(
    applicant: ApplicantRow, *, closes_at: datetime, before: datetime, time_zone: str
) -> OutgoingLetter:
    """The news that a call closes later; once for each new closing."""
    return _letter(
        applicant, "call_extended", f"extended:{int(closes_at.timestamp())}", closes_at, time_zone,
        was_to_close_at=before.isoformat(), is_sent=applicant.is_sent,
    )  # fmt: skip


def reminder_letter(
    applicant: ApplicantRow, *, days: int, closes_at: datetime, time_zone: str, words: str
) -> OutgoingLetter:
    """The reminder some days before the closing, once each; nobody needs it once the call has closed."""
    return _letter(
        applicant, "application_reminder", f"reminder:{days}", closes_at, time_zone, not_after=closes_at, words=words
    )


def eligibility_letter(applicant: ApplicantRow, *, is_eligible: bool, reason: str, now: datetime) -> OutgoingLetter:
    """Whether somebody who is no member may apply, and why."""
    return OutgoingLetter(
        kind="eligibility_decided",
        dedupe_key=f"application:{applicant.id}:eligible:{int(now.timestamp())}",
        recipient_name=applicant.contact_name,
        recipient_address=applicant.email,
        language=applicant.language,
        facts={
            "recipient_name": applicant.contact_name,
            "manage_url": applicant.manage_url,
            "member_name": applicant.applicant,
            "lab_name": applicant.lab_name,
            "is_eligible": is_eligible,
            "reason": reason,
        },
        event_id=None,
        person_id=applicant.contact,
    )


def _letter(
    applicant: ApplicantRow, kind: str, once: str, closes_at: datetime, time_zone: str,
    *, not_after: datetime | None = None, **facts: object,
) -> OutgoingLetter:  # fmt: skip
    return OutgoingLetter(
        kind=kind,
        dedupe_key=f"application:{applicant.id}:{once}" + (f":{applicant.editor}" if applicant.editor else ""),
        recipient_name=applicant.contact_name,
        recipient_address=applicant.email,
        language=applicant.language,
        facts={
            "recipient_name": applicant.contact_name,
            "manage_url": applicant.manage_url,
            "member_name": applicant.applicant,
            "lab_name": applicant.lab_name,
            "closes_at": closes_at.isoformat(),
            "time_zone": time_zone,
            **facts,
        },
        event_id=None,
        person_id=None if applicant.editor else applicant.contact,
        not_after=not_after,
    )
