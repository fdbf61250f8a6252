"""Every table and every column that can hold something of a person is decided about: what erasing does with it, or why it stays."""

import json
from uuid import uuid4

import pytest

from eventhub.applying.commands import NewApplication, apply_to_lab
from eventhub.campaigns.commands import decline_proposal, propose_event
from eventhub.database import sql
from eventhub.errors import NotFound
from eventhub.privacy.commands import erase_person
from eventhub.privacy.queries import TIES, everything_about
from tests.campaigns.test_commands import a_campaign, a_proposal
from tests.looking import columns, references
from tests.make import NOW, a_lab_with_call, a_member, an_event, registered, some_account
from tests.privacy.test_person import EMAIL, NAME, a_full_life, text_in_database

#: Names of columns that hold words and keys of ours, whatever the table: never what somebody typed about a person.
WORDS = {
    "action", "address_hash", "anchor", "attends", "audience", "body_hash", "calendar_method", "calendar_uid", "code",
    "consent_language", "consent_version", "content_hash", "content_type", "country", "dedupe_key", "involvement",
    "key", "key_hash", "kind", "language", "level", "mode", "object_id", "object_kind", "organiser_kind", "plan",
    "purpose", "registration_mode", "role", "slug", "status", "status_code", "test_token", "time_zone",
    "token_hash", "verdict", "outcome", "consent", "state", "gender", "submission_key",
}  # fmt: skip

#: Tables in which no column is about a person who takes part, with what they are about.
NOT_OF_PERSONS = {
    "activation": "members; what staff wrote is not searched", "engagement_cell": "members", "engagement_listing": "members",
    "action_line": "plans", "campaign": "campaigns", "deliverable": "plans", "event_series": "series",
    "indicator_value": "figures of reports", "lab": "labs", "lab_material": "files and links for a lab; what staff put there is not searched", "lab_call": "labs", "lab_round": "labs", "letter_wording": "what staff write to everybody",
    "mail_pause": "why staff hold letters back", "mailbox": "our own mailbox", "measure": "plans",
    "member": "members", "member_name": "members", "partner": "partners", "planned_letter": "what staff write to everybody",
    "programme_item": "programmes; what staff wrote is not searched", "question": "what is asked, not what was answered",
    "region": "regions", "report_edition": "published reports: titles and numbers, which never change", "schema_migration": "the schema", "seat_pool": "seats", "statutory_body": "bodies",
    "theme": "themes", "wording_term": "the glossary",
}  # fmt: skip

#: Columns that stay, with the reason.
KEPT = {
    "application.languages": "codes of languages",
    "application_file.content": "what a member sent with its application; files are not read",
    "application_file.question": "the id of a question",
    "account.email": "accounts of staff stay; the command says so",
    "account.email_key": "accounts of staff stay",
    "account.name": "accounts of staff stay",
    "api_token.name": "the name of a program, at an account of staff",
    "answer_file.content": "the whole row is deleted",
    "answer_file.name": "the whole row is deleted",
    "attendance.source": "one of our words",
    "calendar_answer.answer": "one of our words",
    "event.cancel_reason": "what staff wrote is not searched",
    "event.description": "what staff wrote is not searched",
    "event.import_key": "where an event comes from",
    "event.online_url": "an address of a video conference",
    "event.parity_exempt_reason": "what staff wrote is not searched",
    "event.place": "a place",
    "event.printed_end": "as printed in a calendar",
    "event.printed_location": "as printed in a calendar",
    "event.printed_start": "as printed in a calendar",
    "event.printed_title": "as printed in a calendar",
    "event.title": "what staff wrote is not searched",
    "event.title_folded": "what staff wrote is not searched",
    "gender_statement.source": "one of our words",
    "inbound_message.source": "one of our words",
    "cohort_proposal.bounds": "numbers and codes that staff asked of a group, no person",
    "cohort_proposal.result": "keys of applications with scores and codes of bounds, no person",
    "lab_template.content": "what staff wrote is not searched",
    "lab_template.name": "what staff wrote is not searched",
    "round_call.content": "what staff wrote is not searched",
    "letter.message_id": "made by us of random digits",
    "letter.thread_id": "made by us of random digits",
    "suppression.reason": "one of our words; that no letters go to an address outlives the person's record, by a hash",
}

#: Columns that are emptied, overwritten, deleted with their rows, or searched for name and address.
ERASED = {
    "application.answers", "application.city", "application.eligibility_reason", "application.organisation",
    "application.saved_by", "application_editor.email", "application_editor.email_key", "application_editor.name",
    "application_file.name", "application_version.content", "application_version.sent_by", "proposed_person.email",
    "proposed_person.name", "proposed_person.role",
    "application.contact_name", "application.motivation", "application.needs", "application.offers",
    "application.reason", "application_review.comment", "application_review.scores", "cohort_deviation.reason",
    "conflict_of_interest.reason", "audit_entry.detail", "bounce.said",
    "calendar_answer.comment", "cohort_message.body", "cohort_message.subject", "lab_participant.introduction", "campaign_submission.contact_email", "campaign_submission.contact_name",
    "campaign_submission.description", "campaign_submission.organiser_name", "campaign_submission.place",
    "campaign_submission.reason", "campaign_submission.title", "delegation.contact_email", "delegation.contact_name",
    "delivery_attempt.answer", "event.organiser_name", "feedback.comment", "follow_up.note", "head_count.source", "idempotent_answer.body",
    "inbound_message.message_id", "inbound_message.octets", "inbound_message.reason", "inbound_message.sender",
    "inbound_message.subject", "letter.bounce", "letter.facts", "letter.last_answer", "letter.recipient_address",
    "letter.recipient_name", "outcome.description", "outcome.title", "parity_exception.findings", "parity_exception.reason", "participant_report.file_name",
    "participant_report.unmatched", "person.email", "person.email_key", "person.name", "person.organisation",
    "person.outside_key", "person_merge.detail", "programme_version.changes", "programme_version.items",
    "registration.access_needs", "registration.answers", "registration.city", "registration.decision_reason",
    "registration.name", "registration.organisation", "registration_invitation.email",
    "registration_invitation.email_key", "registration_invitation.name", "speaker_profile.biography",
    "speaker_profile.portrait", "suppression.lift_reason", "suppression.said", "time_proposal.comment",
}  # fmt: skip

#: What becomes of the rows that point at the record of a person.
ROWS = {
    "application.contact": "stays as a row of nobody",
    "calendar_answer.person": "stays without the comment",
    "feed_link.person": "deleted, so that the link stops working",
    "feedback.person": "cut off: scores stay, and texts that may be quoted",
    "gender_statement.person": "stays, so that figures do not change",
    "inbound_message.person": "stays without sender, subject and text",
    "lab_participant.person": "stays as a row of nobody",
    "letter.person": "deleted",
    "outcome.contact": "cut off: what was agreed stays without a contact",
    "opt_out.person": "deleted, since there is no address any more",
    "proposed_person.person": "stays as a row of nobody, and what was said of gender with it, so that figures do not change",
    "person.merged_into": "records that were merged are forgotten together",
    "person_merge.kept": "stays: what was done, of two nobodies",
    "person_merge.merged": "stays: what was done, of two nobodies",
    "registration.person": "stays as a row of nobody",
    "speaker_profile.person": "deleted",
    "speaker_slot.person": "stays as a row of nobody",
    "time_proposal.person": "stays without the comment",
}
#: The same for rows that point at a registration.
ROWS_OF_REGISTRATIONS = {
    "answer_file.registration": "deleted",
    "attendance.registration": "stays, so that figures do not change",
    "calendar_answer.registration": "as those of the person",
    "inbound_message.registration": "as those of the person",
    "item_sign_up.registration": "stays: how many came to an item",
    "join_click.registration": "deleted",
    "registration.replaces": "stays: that somebody came for somebody",
    "registration_invitation.registration": "emptied by its address",
}


async def test_every_column_that_can_hold_words_is_decided_about(database):
    found = {f"{table}.{name}" for (table, name), kind in (await columns()).items() if kind != "other"}
    open_ones = {
        one
        for one in found
        if one in ERASED or (one.partition(".")[0] not in NOT_OF_PERSONS and one.partition(".")[2] not in WORDS)
    }
    assert open_ones == ERASED | set(KEPT)
    assert not ERASED & set(KEPT)
    tables = {table for table, _ in await columns()}
    assert set(NOT_OF_PERSONS) <= tables


async def test_every_row_that_points_at_a_person_is_decided_about(database):
    found = await references()
    assert {f"{table}.{name}" for table, name, target in found if target == "person"} == set(ROWS)
    assert {f"{table}.{name}" for table, name, target in found if target == "registration"} == set(
        ROWS_OF_REGISTRATIONS
    )


async def test_no_column_of_the_wordless_tables_leads_to_a_person(database):
    leading = {table for table, _, target in await references() if target in ("person", "registration")}
    assert leading & set(NOT_OF_PERSONS) == set()


SECRET = "quirina ødegård-zyx"


async def planted_everywhere():
    """The full life, with the name and the address in every column of which it is said that they are taken out."""
    event, mine, other = await a_full_life()
    application = await apply_to_lab(
        (await a_lab_with_call()).slug,
        NewApplication(member="oslo", contact_name=NAME, email="other@xylo.example", motivation="m"),
        now=NOW,
    )
    (kept,) = await sql("SELECT contact FROM application WHERE id = {}", application.id)
    await sql("UPDATE application SET contact = {} WHERE id = {}", mine.person, application.id)
    await sql("UPDATE letter SET person = {} WHERE person = {}", mine.person, kept["contact"])
    await sql("DELETE FROM person WHERE id = {}", kept["contact"])
    campaign = await a_campaign()
    await propose_event(campaign.slug, a_proposal(contact_name=NAME, contact_email=EMAIL), now=NOW)
    account, (letter, *_) = await some_account(), await sql("SELECT id FROM letter WHERE person = {}", other.person)
    (item,) = await sql("SELECT id FROM programme_item WHERE event = {}", event.id)
    message = uuid4()
    await sql(
        "INSERT INTO inbound_message (id, content_hash, message_id, source, received_at, sender, subject, octets, kind, "
        "status, verdict, reason, person) VALUES ({}, 'h', {}, 'mailbox', {}, {}, {}, {}, 'reply', 'done', '', {}, {})",
        message, f"<1.{NAME}@xylo.example>", NOW, f"{NAME} <{EMAIL}>", f"Re: {NAME}", NAME.encode(), NAME, mine.person,
    )  # fmt: skip
    await sql(
        "INSERT INTO inbound_message (id, content_hash, message_id, source, received_at, sender, subject, octets, kind, "
        "status, verdict, reason) VALUES ({}, 'g', '', 'mailbox', {}, {}, 'Hello', NULL, 'other', 'review', '', '')",
        uuid4(), NOW, EMAIL.upper(),
    )  # fmt: skip
    await sql(
        "INSERT INTO calendar_answer (id, person, calendar_uid, event, answer, comment, sequence, stamped_at, answered_at) "
        "VALUES ({}, {}, 'u', {}, 'declined', {}, 0, {}, {})",
        uuid4(), mine.person, event.id, f"Sorry, {NAME}", NOW, NOW,
    )  # fmt: skip
    await sql(
        "INSERT INTO time_proposal (id, event, person, starts_at, comment, status, proposed_at) "
        "VALUES ({}, {}, {}, {}, {}, 'open', {})",
        uuid4(), event.id, mine.person, NOW, f"Later, {NAME}", NOW,
    )  # fmt: skip
    for what in (None, event.id):
        await sql(
            "INSERT INTO opt_out (id, person, event, opted_out_at) VALUES ({}, {}, {}, {})",
            uuid4(), mine.person, what, NOW,
        )  # fmt: skip
    await sql(
        "INSERT INTO feed_link (id, kind, person, language, token_hash, created_at) VALUES ({}, 'person', {}, 'en', 't', {})",
        uuid4(), mine.person, NOW,
    )  # fmt: skip
    await sql(
        "INSERT INTO delivery_attempt (id, letter, attempt, tried_at, outcome, answer) VALUES ({}, {}, 1, {}, 'failed', {})",
        uuid4(), letter["id"], NOW, f"550 <{EMAIL}> unknown",
    )  # fmt: skip
    await sql(
        "INSERT INTO bounce (id, address_hash, kind, status_code, said, bounced_at) VALUES ({}, 'a', 'hard', '5.1.1', {}, {})",
        uuid4(), f"<{EMAIL}>: no such mailbox", NOW,
    )  # fmt: skip
    await sql(
        "INSERT INTO suppression (id, address_hash, reason, said, suppressed_at, lift_reason) "
        "VALUES ({}, 'a', 'hard_bounce', {}, {}, {})",
        uuid4(), f"<{EMAIL}>: no such mailbox", NOW, f"{NAME} called",
    )  # fmt: skip
    await sql(
        "INSERT INTO application_review (id, application, account, score, comment, reviewed_at) VALUES ({}, {}, {}, 3, {}, {})",
        uuid4(), application.id, account, f"{NAME} writes well", NOW,
    )  # fmt: skip
    marks = json.dumps({"need": {"score": 3, "comment": f"{NAME} needs it"}}, ensure_ascii=False)
    await sql("UPDATE application_review SET scores = {}", marks)
    await sql(
        "INSERT INTO conflict_of_interest (id, account, application, reason, declared_at) VALUES ({}, {}, {}, {}, {})",
        uuid4(), account, application.id, f"{NAME} is a friend", NOW,
    )  # fmt: skip
    proposal = uuid4()
    await sql(
        "INSERT INTO cohort_proposal (id, lab, bounds, result, proposed_at) "
        "SELECT {}, lab, '', '', {} FROM application WHERE id = {}",
        proposal, NOW, application.id,
    )  # fmt: skip
    await sql(
        "INSERT INTO cohort_deviation (id, proposal, application, is_in, reason, decided_at) "
        "VALUES ({}, {}, {}, {}, {}, {})",
        uuid4(), proposal, application.id, True, f"{NAME} was here before", NOW,
    )  # fmt: skip
    await sql(
        "INSERT INTO parity_exception (id, event, account, reason, findings, granted_at) VALUES ({}, {}, {}, {}, {}, {})",
        uuid4(), event.id, account, f"{NAME} insists", json.dumps([NAME], ensure_ascii=False), NOW,
    )  # fmt: skip
    await sql(
        "INSERT INTO person_merge (id, kept, merged, detail, merged_at) VALUES ({}, {}, {}, {}, {})",
        uuid4(), mine.person, other.person, json.dumps({"name": NAME}, ensure_ascii=False), NOW,
    )  # fmt: skip
    await sql(
        "INSERT INTO head_count (event, source, recorded_at) VALUES ({}, {}, {})",
        event.id, f"counted by {NAME}", NOW,
    )  # fmt: skip
    await sql(
        "INSERT INTO audit_entry (id, at, account, action, object_kind, object_id, detail) "
        "VALUES ({}, {}, {}, 'decline_registration', 'registration', {}, 'No ramp in Zyxville')",
        uuid4(), NOW, account, str(mine.id),
    )  # fmt: skip
    await sql(
        "INSERT INTO application_editor (id, application, name, email, email_key, language, invited_at) "
        "VALUES ({}, {}, {}, {}, {}, 'en', {})",
        uuid4(), application.id, NAME, EMAIL, EMAIL.lower(), NOW,
    )  # fmt: skip
    await sql(
        "INSERT INTO proposed_person (id, application, position, name, email, role) VALUES ({}, {}, 0, {}, {}, {})",
        uuid4(), application.id, NAME, EMAIL, f"deputy of {NAME}",
    )  # fmt: skip
    await sql(
        "INSERT INTO application_file (id, application, question, name, content_type, content, uploaded_at) "
        "VALUES ({}, {}, 'q', {}, 'application/pdf', {}, {})",
        uuid4(), application.id, f"{NAME}.pdf", b"%PDF-", NOW,
    )  # fmt: skip
    await sql(
        "UPDATE application SET answers = {} WHERE id = {}",
        json.dumps({"q": NAME}, ensure_ascii=False), application.id,
    )  # fmt: skip
    await sql(
        "INSERT INTO feedback (id, event, person, language, asked_at, usefulness, overall, comment, consent, answered_at) "
        "VALUES ({}, {}, {}, 'en', {}, 4, 5, {}, 'named', {})",
        uuid4(), event.id, mine.person, NOW, f"{NAME} liked it", NOW,
    )  # fmt: skip
    outcome = uuid4()
    (lab,) = await sql("SELECT lab FROM application WHERE id = {}", application.id)
    await sql(
        "INSERT INTO outcome (id, lab, title, description, state, agreed_on, contact, updated_at) "
        "VALUES ({}, {}, {}, {}, 'agreed', {}, {}, {})",
        outcome, lab["lab"], f"{NAME} goes to Rome", f"as {NAME} said", NOW.date(), mine.person, NOW,
    )  # fmt: skip
    await sql(
        "INSERT INTO follow_up (id, outcome, months, due_on, note) VALUES ({}, {}, 3, {}, {})",
        uuid4(), outcome, NOW.date(), f"{NAME} says hello",
    )  # fmt: skip
    cohort = [uuid4(), uuid4()]
    for key, person in zip(cohort, (mine.person, other.person), strict=True):
        await sql(
            "INSERT INTO lab_participant (id, lab, person, role, joined_at, introduction) "
            "VALUES ({}, {}, {}, 'expert', {}, {}) ON CONFLICT (lab, person) DO NOTHING",
            key, lab["lab"], person, NOW, f"{NAME} knows trees",
        )  # fmt: skip
        (row,) = await sql("SELECT id FROM lab_participant WHERE lab = {} AND person = {}", lab["lab"], person)
        cohort[cohort.index(key)] = row["id"]
    for sender, recipient in (cohort, cohort[::-1]):
        await sql(
            "INSERT INTO cohort_message (id, lab, sender, recipient, subject, body, sent_at) "
            "VALUES ({}, {}, {}, {}, {}, {}, {})",
            uuid4(), lab["lab"], sender, recipient, f"To {NAME}", f"Dear {NAME}", NOW,
        )  # fmt: skip
    texts = {
        "application": (
            "motivation", "offers", "needs", "reason", "organisation", "city", "saved_by", "eligibility_reason",
        ),
        "application_version": ("sent_by",), "registration": ("decision_reason",),
        "campaign_submission": ("title", "organiser_name", "place", "description", "reason"),
        "letter": ("last_answer", "bounce"), "participant_report": ("file_name",), "event": ("organiser_name",),
        "programme_version": ("changes",),
    }  # fmt: skip
    for table, names in texts.items():
        for name in names:
            text = json.dumps([NAME], ensure_ascii=False) if name == "changes" else f"{name} of {NAME}"
            await sql(f"UPDATE {table} SET {name} = {{}}", text)
    await sql("UPDATE person SET organisation = {}, outside_key = {} WHERE id = {}", NAME, NAME, mine.person)
    await sql(
        "UPDATE registration SET organisation = {}, city = {}, access_needs = {} WHERE id = {}",
        NAME,
        NAME,
        NAME,
        mine.id,
    )
    await sql(
        "UPDATE registration SET answers = {} WHERE id = {}", json.dumps({"x": NAME}, ensure_ascii=False), mine.id
    )
    await sql("UPDATE speaker_profile SET biography = {}, portrait = {}", NAME, NAME.encode())
    await sql("UPDATE answer_file SET name = {}, content = {}", NAME, NAME.encode())
    assert item
    return event, mine, other


def holding(text: str) -> set[str]:
    """Columns in which the name, the address or what was planted as a reason stands."""
    forms = (SECRET, EMAIL.lower(), "zyxville")
    return {line.partition(":")[0] for line in text.splitlines() if any(form in line for form in forms)}


async def test_the_name_stands_in_every_column_before_and_in_none_after(database):
    await planted_everywhere()
    before = holding(await text_in_database())
    assert ERASED - before == set()
    assert before - ERASED == {"answer_file.name", "answer_file.content"}  # rows that are deleted

    done = await erase_person(EMAIL, now=NOW)

    assert holding(await text_in_database()) == set()
    assert (done.registrations, done.files) == (1, 1)
    assert await sql("SELECT id FROM opt_out") == []
    assert await sql("SELECT id FROM feed_link") == []
    for table, kept in (("calendar_answer", 1), ("time_proposal", 1), ("inbound_message", 2), ("suppression", 1)):
        assert len(await sql(f"SELECT id FROM {table}")) == kept, table
    assert [
        row["detail"] for row in await sql("SELECT detail FROM audit_entry WHERE action = 'decline_registration'")
    ] == [""]


async def test_all_of_it_is_exported(database):
    await planted_everywhere()
    found = await everything_about(EMAIL)
    for part, rows in {
        "calendar_answers": 1, "time_proposals": 1, "opt_outs": 2, "feed_links": 1, "messages_received": 2,
        "proposed_events": 1, "lab_applications": 1, "application_editors": 1, "proposed_people": 1,
        "application_versions": 1, "feedback": 1, "outcomes": 1, "follow_ups": 1,
        "cohort_messages": 2,
    }.items():  # fmt: skip
        assert len(found[part]) == rows, part
    assert "token_hash" not in str(found["feed_links"])
    assert len({row["id"] for row in found["letters"]}) == len(found["letters"]) > 1


# Whoever has no record


async def test_who_only_proposed_an_event_can_be_forgotten_and_gets_no_letter_any_more(database):
    campaign = await a_campaign()
    await propose_event(campaign.slug, a_proposal(contact_name="Propo Ser", contact_email="Propo@Ser.example"), now=NOW)
    other = a_proposal(contact_name="An Other", contact_email="joanpropo@ser.example", submission_key="k2", title="B")
    await propose_event(campaign.slug, other, now=NOW)
    found = await everything_about("propo@ser.example")
    assert (len(found["proposed_events"]), len(found["letters"]), found["person"]) == (1, 1, [])
    done = await erase_person("propo@SER.example", now=NOW)
    assert (done.person, done.letters) == (None, 1)
    text = await text_in_database()
    assert "propo ser" not in text
    assert " propo@ser.example" not in text
    assert "joanpropo@ser.example" in text
    (waiting,) = await sql("SELECT id FROM campaign_submission WHERE contact_email = ''")
    await decline_proposal(campaign.slug, waiting["id"], reason="No.", now=NOW, account_id=await some_account())
    assert await sql("SELECT id FROM letter WHERE kind = 'campaign_declined'") == []
    with pytest.raises(NotFound):
        await erase_person("propo@ser.example", now=NOW)


async def test_who_was_only_invited_or_is_only_a_contact_can_be_forgotten(database):
    await a_member()
    event = await an_event()
    await registered(event, "Bo Example")
    await sql(
        "INSERT INTO registration_invitation (id, event, email, email_key, name, language, invited_at) "
        "VALUES ({}, {}, 'Inv@Ited.example', 'inv@ited.example', 'Inv Ited', 'en', {})",
        uuid4(), event.id, NOW,
    )  # fmt: skip
    await sql(
        "INSERT INTO delegation (id, event, member, contact_name, contact_email, language) "
        "VALUES ({}, {}, (SELECT id FROM member), 'Con Tact', 'con@MÜNCHEN.example', 'en')",
        uuid4(), event.id,
    )  # fmt: skip
    for address in ("inv@ited.example", "con@münchen.example"):
        assert (await erase_person(address, now=NOW)).person is None
    text = await text_in_database()
    for said in ("ited", "con tact", "nchen"):
        assert said not in text.replace("invited", "").replace("united", "")
    assert "bo example" in text


async def test_wildcards_in_an_address_forget_nobody_else(database):
    campaign = await a_campaign()
    await propose_event(campaign.slug, a_proposal(contact_name="Propo Ser", contact_email="propo@ser.example"), now=NOW)
    for address in ("%@ser.example", "_ropo@ser.example", "\\propo@ser.example", "ser.example", "@", "@ser.example"):
        with pytest.raises(NotFound, match="Nobody with the address"):
            await erase_person(address, now=NOW)
    assert "propo@ser.example" in await text_in_database()


async def test_everything_that_points_at_a_person_ties_it_but_letters(database: None) -> None:
    pointing = {(table, column) for table, column, target in await references() if target == "person"}
    assert set(TIES) == pointing - {("letter", "person")}
