"""Applications on a real database: begun, written by several, sent, changed and withdrawn."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from eventhub.applying.commands import (
    ApplicationExists,
    BothChanged,
    Incomplete,
    MemberLeft,
    NewApplication,
    NewDraft,
    NotYours,
    TooManyEditors,
    apply_to_lab,
    begin_application,
    invite_editor,
    note_presence,
    remove_editor,
    save_application,
    send_application,
    withdraw_application,
)
from eventhub.applying.queries import draft_of, editor_by_link, sent_version
from eventhub.applying.rules import MOST_EDITORS, person_field
from eventhub.database import sql, violated
from eventhub.errors import NotFound, Problems
from eventhub.labs.commands import ApplicationStands, CallClosed
from eventhub.labs.queries import application_by_id, applications_of
from eventhub.mail.rendering import render
from eventhub.questions.rules import SentFile
from tests.applying.making import (
    EARLY,
    PDF,
    a_call,
    a_person_typed,
    begun,
    letters,
    question,
    saved,
    token,
    was,
    with_colleague,
)
from tests.make import NOW, a_lab, a_lab_with_call, a_member, an_application

pytestmark = pytest.mark.usefixtures("database")
CLOSES = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)


async def statuses() -> list[str]:
    return sorted(row["status"] for row in await sql("SELECT status FROM application"))


def new_application(**changes: Any) -> NewApplication:
    facts = {
        "member": "barcelona", "contact_name": "Alex Example", "email": "alex@example.org",
        "motivation": "We want to learn.",
    }  # fmt: skip
    return NewApplication(**facts | changes)


def new_draft(**changes: Any) -> NewDraft:
    return NewDraft(**{"contact_name": "First", "email": "first@example.org", "member": "barcelona"} | changes)


# In one go


async def test_an_application_is_kept_with_its_receipt_its_version_and_its_audit_row() -> None:
    barcelona = await a_member()
    lab = await a_lab_with_call()
    application = await apply_to_lab(lab.slug, new_application(email=" Alex@Example.ORG ", language="es"), now=NOW)
    assert (application.status, application.member, application.member_name) == ("submitted", barcelona, "Barcelona")
    assert (application.email, application.motivation) == ("Alex@Example.ORG", "We want to learn.")
    rows = await sql("SELECT kind, recipient_address, language, facts, person FROM letter")
    assert [(one["kind"], one["recipient_address"], one["language"], one["person"]) for one in rows] == [
        ("application_received", "Alex@Example.ORG", "es", application.contact)
    ]
    letter = render("application_received", "es", json.loads(rows[0]["facts"]), recipient_address="Alex@Example.ORG")
    assert "Water Stress" in letter.subject
    trail = await sql("SELECT action, account, detail FROM audit_entry WHERE object_kind = 'application'")
    assert trail == [{"action": "apply_to_lab", "account": None, "detail": ""}]
    link = json.loads(rows[0]["facts"])["manage_url"].rpartition("/")[2]
    for one in (link, token(application)):
        assert (await editor_by_link(one)).application == application.id
    sent = await sent_version(application.id)
    assert sent is not None
    assert (sent.applicant, sent.motivation) == ("Barcelona", "We want to learn.")


async def test_of_ten_applications_of_one_member_at_once_one_stays() -> None:
    await a_member()
    lab = await a_lab_with_call()
    outcome = await asyncio.gather(
        *(apply_to_lab(lab.slug, new_application(email=f"person{n % 3}@example.org"), now=NOW) for n in range(10)),
        return_exceptions=True,
    )
    assert len([one for one in outcome if isinstance(one, ApplicationExists)]) == 9
    assert len([one for one in outcome if not isinstance(one, BaseException)]) == 1
    assert await statuses() == ["submitted"]
    assert (await sql("SELECT COUNT(*) AS n FROM letter"))[0]["n"] == 1
    assert (await sql("SELECT COUNT(*) AS n FROM person"))[0]["n"] == 1


async def test_the_database_itself_keeps_one_application_and_only_its_index_does() -> None:
    await a_member()
    application = await an_application(await a_lab_with_call())
    row = (await sql("SELECT * FROM application WHERE id = {}", application.id))[0]
    twin = {**row, "id": uuid4()}
    insertion = (
        f"INSERT INTO application ({', '.join(twin)}) VALUES ({', '.join(['{}'] * len(twin))})", *twin.values()
    )  # fmt: skip
    with pytest.raises(Exception, match=r"(?i)unique") as refused:
        await sql(*insertion)
    assert violated(refused.value)
    await sql("DROP INDEX application_once")
    try:
        await sql(*insertion)
        assert await statuses() == ["submitted", "submitted"]
        await sql("DELETE FROM application WHERE id = {}", twin["id"])
    finally:
        await sql(
            "CREATE UNIQUE INDEX application_once ON application (lab, member, entry) WHERE status <> 'withdrawn'"
        )


async def test_a_call_may_allow_several_applications_of_a_member_and_no_more() -> None:
    await a_member()
    lab = await a_call(applications_per_member=2)
    outcome = await asyncio.gather(
        *(apply_to_lab(lab.slug, new_application(email=f"person{n}@example.org"), now=NOW) for n in range(6)),
        return_exceptions=True,
    )
    assert len([one for one in outcome if isinstance(one, ApplicationExists)]) == 4
    rows = await sql("SELECT entry FROM application ORDER BY entry")
    assert [row["entry"] for row in rows] == [1, 2]


async def test_a_member_may_apply_to_several_labs() -> None:
    await a_member()
    for name in ("Energy", "Water"):
        await an_application(await a_lab_with_call(name))
    assert await statuses() == ["submitted", "submitted"]


@pytest.mark.parametrize(
    ("now", "sentence"),
    [
        (datetime(2026, 10, 31, tzinfo=UTC), "The call of “Water Stress” is not open yet."),
        (CLOSES, "The call of “Water Stress” is closed."),
    ],
)
async def test_nobody_begins_or_applies_before_or_after_the_call(now: datetime, sentence: str) -> None:
    await a_member()
    lab = await a_lab_with_call(closes_at=CLOSES)
    for attempt in (
        apply_to_lab(lab.slug, new_application(), now=now),
        begin_application(lab.slug, new_draft(), now=now),
    ):
        with pytest.raises(CallClosed) as refusal:
            await attempt
        assert refusal.value.sentences == (sentence,)
    assert await sql("SELECT id FROM person") == []


async def test_nobody_applies_to_a_lab_without_a_call() -> None:
    await a_member()
    lab = await a_lab()
    with pytest.raises(CallClosed) as refusal:
        await apply_to_lab(lab.slug, new_application(), now=NOW)
    assert refusal.value.sentences == ("“Water Stress” has no call at present.",)
    with pytest.raises(NotFound):
        await apply_to_lab("no-such-lab\x00", new_application(), now=NOW)


async def test_every_fault_of_an_application_is_named_and_nothing_is_written() -> None:
    lab = await a_lab_with_call()
    bad = NewApplication(
        member="atlantis", contact_name="\u202e\x00", email="nobody", motivation=" ", offers="x" * 5001, language="tlh"
    )
    with pytest.raises(Problems) as refusal:
        await apply_to_lab(lab.slug, bad, now=NOW)
    assert set(refusal.value.fields) == {"member", "contact_name", "email", "motivation", "offers", "language"}
    assert await sql("SELECT id FROM person") == await sql("SELECT id FROM application") == []


async def test_a_member_that_has_left_cannot_apply() -> None:
    member = await a_member()
    await sql("UPDATE member SET left_on = {} WHERE id = {}", NOW.date(), member)
    lab = await a_lab_with_call()
    for attempt in (
        apply_to_lab(lab.slug, new_application(), now=NOW),
        begin_application(lab.slug, new_draft(), now=NOW),
    ):
        with pytest.raises(Problems) as refusal:
            await attempt
        assert refusal.value.fields == {"member": ["Barcelona has left the association."]}


# Beginning


async def test_whoever_begins_gets_the_link_by_letter_and_nobody_else_sees_the_draft() -> None:
    await a_member()
    lab = await a_call()
    editor = await begun(lab)
    (letter,) = await letters("application_begun")
    assert letter["recipient_address"] == "first@example.org"
    assert letter["facts"]["manage_url"] == editor.manage_url
    assert await statuses() == ["draft"]
    assert await applications_of(lab.id) == ([], 0)
    assert await applications_of(lab.id, status="draft") == ([], 0)
    with pytest.raises(NotFound):
        await application_by_id(editor.application)
    trail = await sql("SELECT action FROM audit_entry WHERE object_kind = 'application'")
    assert trail == [{"action": "begin_application"}]


async def test_beginning_again_with_the_same_address_sends_the_same_link_again() -> None:
    await a_member()
    lab = await a_call()
    first = await begun(lab, now=EARLY)
    again = await begun(lab, email="first@example.org")
    assert again.manage_path == first.manage_path
    assert [one["facts"]["manage_url"] for one in await letters("application_begun")] == [first.manage_url] * 2
    assert await statuses() == ["draft"]


async def test_a_draft_that_somebody_works_on_is_in_the_way_of_others() -> None:
    await a_member()
    lab = await a_call()
    first = await begun(lab)
    await note_presence(token(first), now=NOW)
    with pytest.raises(ApplicationExists) as refusal:
        await begun(lab, email="stranger@example.org")
    assert "first@example.org" not in str(refusal.value)
    assert await statuses() == ["draft"]


async def test_a_draft_whose_link_nobody_ever_used_is_in_nobodys_way() -> None:
    await a_member()
    lab = await a_call()
    squatter = await begun(lab, email="squatter@example.org")
    second = await begun(lab, email="second@example.org")
    assert await statuses() == ["draft", "withdrawn"]
    assert second.application != squatter.application
    with pytest.raises(ApplicationStands):
        await saved(token(squatter), motivation="Mine.")


async def test_of_ten_who_begin_at_once_for_one_member_one_draft_stands() -> None:
    await a_member()
    lab = await a_call()
    await asyncio.gather(
        *(begin_application(lab.slug, new_draft(email=f"p{n}@example.org"), now=NOW) for n in range(10)),
        return_exceptions=True,
    )
    standing = [one for one in await statuses() if one != "withdrawn"]
    assert standing == ["draft"]


async def test_others_than_members_apply_only_where_the_call_lets_them() -> None:
    await a_member()
    closed = await a_call(name="Members only")
    other = new_draft(member="", organisation="Greater Port", city="Port", country="fr")
    with pytest.raises(Problems) as refusal:
        await begin_application(closed.slug, other, now=NOW)
    assert refusal.value.fields == {"member": ["Please say for which member you apply."]}
    lab = await a_call(name="Open", eligibility="everybody")
    with pytest.raises(Problems) as refusal:
        await begin_application(lab.slug, new_draft(member="", country="XX"), now=NOW)
    assert set(refusal.value.fields) == {"organisation", "city", "country"}
    await begin_application(lab.slug, other, now=NOW)
    (row,) = await sql("SELECT id, member, organisation, city, country, is_eligible FROM application")
    assert (row["member"], row["organisation"], row["city"], row["country"]) == (None, "Greater Port", "Port", "FR")
    assert row["is_eligible"] is None
    await sql("UPDATE application_editor SET seen_at = {}", NOW)
    with pytest.raises(ApplicationExists):
        await begin_application(
            lab.slug, new_draft(member="", organisation="GREATER  Port", city="Port", country="FR", email="x@example.org"),
            now=NOW,
        )  # fmt: skip


async def test_every_fault_of_a_beginning_is_named_and_nothing_is_written() -> None:
    lab = await a_call()
    bad = NewDraft(contact_name="\u202e\x00", email="x" * 500, member="atlantis\x00", language="tlh")
    with pytest.raises(Problems) as refusal:
        await begin_application(lab.slug, bad, now=NOW)
    assert set(refusal.value.fields) == {"member", "contact_name", "email", "language"}
    assert await sql("SELECT id FROM person") == await sql("SELECT id FROM letter") == []


# Writing together


async def test_a_draft_keeps_what_is_typed_and_by_whom() -> None:
    await a_member()
    lab = await a_call(question("a", "Case?"), question("c", "Which?", "choices", options=(("x", "X"), ("y", "Y"))))
    editor = await begun(lab)
    done = await saved(
        token(editor), motivation="  Why.\r\n\r\nBecause.\x00", languages=["fr", "en"], preference="1",
        **{"q-a": "A case", "q-c": ["y"], "q-none": "no", "status": "accepted"},
    )  # fmt: skip
    assert (done.problems, done.conflicts) == ({}, {})
    draft = await draft_of(editor.application)
    assert draft.application.motivation == "  Why.\n\nBecause.".strip()
    assert (draft.languages, draft.preference, draft.answers) == (("en", "fr"), 1, {"a": "A case", "c": ["y"]})
    assert (draft.saved_by, draft.saved_at, draft.status) == ("First", NOW, "draft")


async def test_two_who_write_different_fields_lose_nothing() -> None:
    await a_member()
    first, second, draft = await with_colleague(await a_call())
    await asyncio.gather(saved(first, motivation="From the first."), saved(second, needs="From the second."))
    now = (await draft_of(draft.id)).application
    assert (now.motivation, now.needs) == ("From the first.", "From the second.")


async def test_two_who_write_one_field_get_both_texts_and_the_rest_is_kept() -> None:
    await a_member()
    first, second, draft = await with_colleague(await a_call())
    await saved(first, motivation="From the first.")
    late = await saved(second, motivation="From the second.", needs="Pumps.")
    assert late.conflicts["motivation"].theirs == "From the first."
    assert late.conflicts["motivation"].mine == "From the second."
    now = await draft_of(draft.id)
    assert (now.application.motivation, now.application.needs, now.saved_by) == ("From the first.", "Pumps.", "Second")


async def test_of_twenty_savings_of_one_field_at_once_one_is_kept_and_each_other_is_told() -> None:
    await a_member()
    first, second, draft = await with_colleague(await a_call())
    done = await asyncio.gather(*(saved((first, second)[n % 2], needs=f"Text {n}.") for n in range(20)))
    kept = [one.kept["needs"] for one in done if one.kept]
    assert len(kept) == 1
    assert len([one for one in done if one.conflicts]) == 19
    assert (await draft_of(draft.id)).application.needs == kept[0]


async def test_only_whoever_began_invites_and_takes_links_back() -> None:
    await a_member()
    first, second, draft = await with_colleague(await a_call())
    (letter,) = await letters("application_editor_invited")
    assert letter["facts"]["manage_url"].endswith(second)
    assert letter["facts"]["invited_by"] == "First"
    for attempt in (
        invite_editor(second, name="X", email="x@example.org", now=NOW),
        remove_editor(second, draft.editors[0].id, now=NOW),
        remove_editor(first, draft.editors[0].id, now=NOW),
        withdraw_application(second, now=NOW),
    ):
        with pytest.raises(NotYours):
            await attempt
    again = await invite_editor(first, name="Other", email="SECOND@example.org", now=NOW + timedelta(minutes=2))
    assert again.id == draft.editors[1].id
    for _ in range(2):
        await remove_editor(first, draft.editors[1].id, now=NOW)
    with pytest.raises(NotFound):
        await saved(second, needs="Gone.")
    with pytest.raises(Problems) as refusal:
        await invite_editor(first, name=" ", email="nobody", now=NOW)
    assert set(refusal.value.fields) == {"name", "email"}


async def test_no_more_than_a_dozen_work_on_one_application() -> None:
    await a_member()
    editor = await begun(await a_call())
    for n in range(MOST_EDITORS - 1):
        await invite_editor(token(editor), name="N", email=f"n{n}@example.org", now=NOW)
    with pytest.raises(TooManyEditors):
        await invite_editor(token(editor), name="N", email="last@example.org", now=NOW)


async def test_the_link_of_one_application_never_opens_another() -> None:
    await a_member()
    await a_member("Lyon")
    lab = await a_call()
    mine, other = await begun(lab), await begun(lab, "lyon", "lyon@example.org")
    await saved(token(mine), needs="Mine.")
    assert (await draft_of(other.application)).application.needs == ""
    with pytest.raises(NotFound):
        await editor_by_link(token(mine)[:-4] + "AAAA")
    for wrong in ("", "x", "é\x00", token(mine)[1:]):
        with pytest.raises(NotFound):
            await editor_by_link(wrong)
    await remove_editor(token(mine), other.id, now=NOW)
    assert (await editor_by_link(token(other))).application == other.application
    # a row of people that belongs to another application is not touched by naming it
    person = uuid4()
    await saved(token(mine), **a_person_typed(person))
    await saved(token(other), **a_person_typed(person, name="Thief"))
    assert [one.name for one in (await draft_of(mine.application)).people] == ["Ada"]
    assert (await draft_of(other.application)).people == ()


async def test_people_are_added_changed_and_taken_off_by_two_at_once() -> None:
    await a_member()
    first, second, draft = await with_colleague(await a_call())
    ada, bo = uuid4(), uuid4()
    await asyncio.gather(
        saved(first, **a_person_typed(ada, gender="woman")),
        saved(second, **a_person_typed(bo, name="Bo", email="bo@example.org")),
    )
    assert {one.name for one in (await draft_of(draft.id)).people} == {"Ada", "Bo"}
    (stated,) = await sql("SELECT proposed_person, gender, purpose FROM proposed_gender")
    assert (stated["proposed_person"], stated["gender"]) == (ada, "woman")
    assert stated["purpose"] == "balance of women and men in the cohort"
    off = a_person_typed(ada)
    await save_application(first, dict.fromkeys(off, ""), was(off), now=NOW)
    assert [one.name for one in (await draft_of(draft.id)).people] == ["Bo"]
    assert await sql("SELECT gender FROM proposed_gender") == []


async def test_gender_left_empty_stays_as_answered_and_can_be_deleted() -> None:
    await a_member()
    editor = await begun(await a_call())
    key = uuid4()
    await saved(token(editor), **a_person_typed(key, gender="man"))
    name = person_field(key.hex, "gender")
    await saved(token(editor), **{name: ""})
    assert await sql("SELECT gender FROM proposed_gender") == [{"gender": "man"}]
    await saved(token(editor), **{name: "none"})
    assert await sql("SELECT gender FROM proposed_gender") == []


# Files


async def test_files_are_told_by_their_content_and_replaced() -> None:
    await a_member()
    editor = await begun(await a_call(question("f", "Plan", "file")))
    bad = await save_application(token(editor), {}, {}, {"f": SentFile("plan.pdf", b"MZ not a pdf")}, now=NOW)
    assert bad.problems == {
        "q-f": ["Please choose a PDF, JPEG or PNG file. This file is none of these, whatever its name says."]
    }
    big = await save_application(token(editor), {}, {}, {"f": SentFile("plan.pdf", PDF + b"x" * 5_000_000)}, now=NOW)
    assert big.problems == {"q-f": ["This file is larger than 5 MB. Please choose a smaller one."]}
    for name in ("../one.exe", "two.pdf"):
        await save_application(token(editor), {}, {}, {"f": SentFile(name, PDF), "none": SentFile("x", PDF)}, now=NOW)
    draft = await draft_of(editor.application)
    assert [(one.name, one.content_type, one.octets) for one in draft.files] == [
        ("two.pdf", "application/pdf", len(PDF))
    ]
    assert draft.answers == {"f": "two.pdf"}
    gone = await save_application(token(editor), {}, {}, {"f": None}, now=NOW)
    assert (gone.draft.files, gone.draft.answers) == ((), {})


async def test_a_file_that_was_sent_stays_with_what_was_sent() -> None:
    await a_member()
    editor = await begun(await a_call(question("f", "Plan", "file", is_required=True)))
    await saved(token(editor), motivation="Why.")
    await save_application(token(editor), {}, {}, {"f": SentFile("one.pdf", PDF)}, now=NOW)
    await send_application(token(editor), {}, {}, now=NOW)
    later = NOW + timedelta(minutes=1)
    await send_application(token(editor), {}, {}, {"f": SentFile("two.pdf", PDF)}, now=later)
    first, second = await sent_version(editor.application, 1), await sent_version(editor.application, 2)
    assert first is not None
    assert second is not None
    assert (first.answers[0].answer, second.answers[0].answer) == ("one.pdf", "two.pdf")
    assert first.answers[0].file != second.answers[0].file


# Sending


async def test_sending_names_every_fault_and_keeps_what_was_typed() -> None:
    await a_member()
    lab = await a_call(
        question("n", "How many?", "number", is_required=True, most=5), question("t", "Case?", is_required=True),
        question("f", "Plan", "file", is_required=True), people_min=1,
    )  # fmt: skip
    editor = await begun(lab)
    typed = {"motivation": "", "needs": "Kept.", "q-n": "nine", "offers": "x" * 5001}
    with pytest.raises(Incomplete) as refusal:
        await send_application(token(editor), typed, {}, now=NOW)
    assert set(refusal.value.fields) == {"motivation", "q-n", "q-t", "q-f", "people", "offers"}
    assert refusal.value.unsaved == {"offers"}
    draft = await draft_of(editor.application)
    assert (draft.status, draft.application.needs, draft.answers) == ("draft", "Kept.", {"n": "nine"})
    assert await letters("application_received") == []


async def test_what_is_sent_is_frozen_and_both_get_a_receipt_with_their_own_link() -> None:
    await a_member()
    lab = await a_call(question("t", "Case?"), question("c", "Which?", "choice", options=(("x", "Ex"), ("y", "Why"))))
    first, second, draft = await with_colleague(lab)
    await saved(first, motivation="Why.", **{"q-c": "y"}, **a_person_typed(uuid4(), gender="woman"))
    sent = await send_application(second, {"q-t": "Ours."}, {}, now=NOW)
    assert (sent.status, sent.application.submitted_at) == ("submitted", NOW)
    receipts = {one["recipient_address"]: one["facts"]["manage_url"].rpartition("/")[2]
                for one in await letters("application_received")}  # fmt: skip
    assert receipts == {"first@example.org": first, "second@example.org": second}
    content = await sent_version(draft.id, 1)
    assert content is not None
    assert [(one.question, one.answer) for one in content.answers] == [("Case?", "Ours."), ("Which?", "Why")]
    assert [(one.name, one.role) for one in content.people] == [("Ada", "Engineer")]
    (kept,) = await sql("SELECT content, sent_by FROM application_version")
    assert kept["sent_by"] == "Second"
    assert "woman" not in kept["content"]


async def test_everybody_who_works_on_it_gets_a_receipt_in_their_own_language_and_no_other_address() -> None:
    await a_member()
    first, _, draft = await with_colleague(await a_call())
    third = await invite_editor(first, name="Third", email="third@example.org", now=NOW)
    await sql("UPDATE application_editor SET language = 'fr' WHERE id = {}", third.id)
    await saved(first, motivation="Why.", **a_person_typed(uuid4()))
    await send_application(first, {}, {}, now=NOW)
    receipts = await letters("application_received")
    assert {one["recipient_address"]: one["language"] for one in receipts} == {
        "first@example.org": "en", "second@example.org": "en", "third@example.org": "fr",
    }  # fmt: skip
    for one in receipts:
        others = {"first@example.org", "second@example.org", "third@example.org"} - {one["recipient_address"]}
        assert not [address for address in others if address in json.dumps(one["facts"])]
    assert draft.id


async def test_a_change_is_sent_as_a_whole_or_not_at_all() -> None:
    await a_member()
    first, second, draft = await with_colleague(await a_call(question("t", "Case?", is_required=True)))
    await saved(first, motivation="Why.", **{"q-t": "Case."})
    await send_application(first, {}, {}, now=NOW)
    with pytest.raises(ApplicationStands):
        await saved(second, needs="By typing.")
    shown = was({"motivation": "Why.", "q-t": "Case.", "needs": ""})
    with pytest.raises(Incomplete):
        await send_application(second, {"q-t": "", "needs": "Pumps."}, shown, now=NOW)
    assert (await draft_of(draft.id)).application.needs == ""
    await send_application(second, {"needs": "Pumps."}, shown, now=NOW + timedelta(hours=1))
    with pytest.raises(BothChanged) as refusal:
        await send_application(first, {"needs": "Pipes.", "motivation": "New."}, shown, now=NOW)
    assert refusal.value.conflicts["needs"].theirs == "Pumps."
    assert refusal.value.pending == {"motivation": "New."}
    assert (await draft_of(draft.id)).application.motivation == "Why."
    unchanged = await send_application(first, {"motivation": "Why."}, shown, now=NOW)
    assert [one.number for one in unchanged.versions] == [2, 1]
    old, new = await sent_version(draft.id, 1), await sent_version(draft.id, 2)
    assert old is not None
    assert new is not None
    assert (old.needs, new.needs) == ("", "Pumps.")
    assert await sent_version(draft.id) == new
    facts = [one["facts"]["is_change"] for one in await letters("application_received")]
    assert sorted(facts) == [False, False, True, True]


async def test_two_who_send_a_draft_at_once_send_it_once() -> None:
    await a_member()
    first, second, draft = await with_colleague(await a_call())
    await saved(first, motivation="Why.")
    await asyncio.gather(send_application(first, {}, {}, now=NOW), send_application(second, {}, {}, now=NOW))
    assert [one.number for one in (await draft_of(draft.id)).versions] == [1]


async def test_drafts_begun_before_the_closing_have_the_grace_and_nothing_else_has() -> None:
    await a_member()
    await a_member("Lyon")
    lab = await a_call(closes_at=CLOSES)
    late, sent = await begun(lab), await begun(lab, "lyon", "lyon@example.org")
    await saved(token(sent), motivation="Why.")
    await send_application(token(sent), {}, {}, now=NOW)
    within = CLOSES + timedelta(minutes=9)
    await saved(token(late), within, motivation="Just in time.")
    for now in (CLOSES, within):
        with pytest.raises(CallClosed):
            await send_application(token(sent), {"needs": "Late."}, {}, now=now)
    await send_application(token(late), {}, {}, now=within)
    assert (await draft_of(late.application)).status == "submitted"


async def test_after_the_grace_nothing_is_saved_or_sent() -> None:
    await a_member()
    lab = await a_call(closes_at=CLOSES)
    editor = await begun(lab)
    await saved(token(editor), motivation="Why.")
    for attempt in (
        saved(token(editor), CLOSES + timedelta(minutes=10), needs="Late."),
        send_application(token(editor), {}, {}, now=CLOSES + timedelta(minutes=10)),
        invite_editor(token(editor), name="X", email="x@example.org", now=CLOSES + timedelta(minutes=10)),
    ):
        with pytest.raises(CallClosed):
            await attempt
    assert (await draft_of(editor.application)).status == "draft"


async def test_the_second_stage_is_answered_after_the_closing_by_those_who_have_sent_the_first() -> None:
    await a_member()
    await a_member("Lyon")
    lab = await a_call(
        question("one", "First?"), question("two", "Second?", stage=2, is_required=True), closes_at=CLOSES,
        second_stage_closes_at=CLOSES + timedelta(days=10),
    )  # fmt: skip
    editor, draft = await begun(lab), await begun(lab, "lyon", "lyon@example.org")
    await saved(token(editor), motivation="Why.", **{"q-one": "1", "q-two": "too early"})
    await send_application(token(editor), {}, {}, now=NOW)
    assert (await draft_of(editor.application)).answers == {"one": "1"}
    then = CLOSES + timedelta(days=1)
    with pytest.raises(Incomplete) as refusal:
        await send_application(token(editor), {"motivation": "New."}, {}, now=then)
    assert set(refusal.value.fields) == {"q-two"}
    with pytest.raises(CallClosed):
        await send_application(token(draft), {"q-two": "2"}, {}, now=then)
    after = await send_application(token(editor), {"q-two": "2", "motivation": "New."}, {}, now=then)
    assert after.answers == {"one": "1", "two": "2"}
    assert after.application.motivation == "Why."
    with pytest.raises(CallClosed):
        await send_application(token(editor), {"q-two": "3"}, was({"q-two": "2"}), now=CLOSES + timedelta(days=11))


async def test_a_member_that_leaves_meanwhile_keeps_its_text_and_sends_nothing() -> None:
    member = await a_member()
    editor = await begun(await a_call())
    await sql("UPDATE member SET left_on = {} WHERE id = {}", NOW.date(), member)
    with pytest.raises(MemberLeft):
        await send_application(token(editor), {"motivation": "Why."}, {}, now=NOW)
    draft = await draft_of(editor.application)
    assert (draft.status, draft.application.motivation) == ("draft", "Why.")


async def test_nobody_changes_an_application_that_was_decided_about_or_found_not_eligible() -> None:
    await a_member()
    editor = await begun(await a_call())
    await saved(token(editor), motivation="Why.")
    await send_application(token(editor), {}, {}, now=NOW)
    for change in ("status = 'waiting'", "status = 'submitted', is_eligible = {}"):
        await sql(
            f"UPDATE application SET {change} WHERE id = {{}}", *([False] if "{}" in change else []), editor.application
        )
        with pytest.raises(ApplicationStands):
            await send_application(token(editor), {"needs": "Late."}, {}, now=NOW)


async def test_a_place_in_the_order_of_labs_is_given_once() -> None:
    await a_member()
    for name in ("Energy", "Water"):
        editor = await begun(await a_call(name=name))
        await saved(token(editor), motivation="Why.", preference="1")
        if name == "Energy":
            await send_application(token(editor), {}, {}, now=NOW)
    with pytest.raises(Incomplete) as refusal:
        await send_application(token(editor), {}, {}, now=NOW)
    assert refusal.value.fields == {"preference": ["The application to “Energy” has this place in your order already."]}
    with pytest.raises(Incomplete):
        await send_application(token(editor), {"preference": "3"}, was({"preference": "1"}), now=NOW)
    done = await send_application(token(editor), {"preference": "2"}, was({"preference": "3"}), now=NOW)
    assert done.preference == 2


# Withdrawing


async def test_a_member_may_apply_again_after_withdrawing() -> None:
    await a_member()
    lab = await a_lab_with_call()
    application = await an_application(lab)
    for _ in range(2):
        gone = await withdraw_application(token(application), now=NOW)
        assert gone.status == "withdrawn"
    await an_application(lab)
    assert await statuses() == ["submitted", "withdrawn"]
    trail = await sql("SELECT action FROM audit_entry WHERE action = 'withdraw_application'")
    assert len(trail) == 1


async def test_a_withdrawn_draft_takes_nothing_and_makes_way() -> None:
    await a_member()
    lab = await a_call()
    editor = await begun(lab)
    await saved(token(editor), motivation="Why.")
    await withdraw_application(token(editor), now=NOW)
    for attempt in (saved(token(editor), needs="X."), send_application(token(editor), {}, {}, now=NOW)):
        with pytest.raises(ApplicationStands):
            await attempt
    await begun(lab, email="other@example.org")
    assert await statuses() == ["draft", "withdrawn"]


async def test_a_declined_application_cannot_be_withdrawn_to_apply_again() -> None:
    await a_member()
    lab = await a_lab_with_call()
    application = await an_application(lab)
    await sql("UPDATE application SET status = 'declined'")
    with pytest.raises(ApplicationStands):
        await withdraw_application(token(application), now=NOW)
    with pytest.raises(ApplicationExists):
        await an_application(lab)


async def test_an_application_from_before_there_were_editors_opens_by_its_old_link() -> None:
    await a_member()
    application = await an_application(await a_call())
    await sql("DELETE FROM application_editor")
    await sql("DELETE FROM application_version")
    await sql("UPDATE application SET begun_at = NULL, answers = 'not json'")
    await send_application(token(application), {"needs": "Pumps."}, {}, now=NOW)
    invited = await invite_editor(token(application), name="Second", email="second@example.org", now=NOW)
    draft = await draft_of(application.id)
    assert [one.email for one in draft.editors] == ["contact@barcelona.example.org", "second@example.org"]
    assert (await editor_by_link(token(invited))).id == invited.id
