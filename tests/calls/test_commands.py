"""Rounds, templates and calls as commands: what stands in the database, and which letters are written."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import msgspec
import pytest

from eventhub.applying.commands import invite_editor
from eventhub.applying.queries import editor_by_link
from eventhub.calls.commands import (
    RoundFacts,
    TemplateExists,
    TemplateFacts,
    change_round,
    change_template,
    create_template,
    load_lab_templates,
    open_round,
    retire_template,
)
from eventhub.calls.opening import (
    CallChanged,
    ContentFacts,
    NothingToDecide,
    add_call_question,
    change_call_question,
    change_content,
    change_criteria,
    decide_eligibility,
    extend_call,
    move_call_question,
    open_call,
    open_round_call,
    remove_call_question,
)
from eventhub.calls.queries import call_of, holder_of, kind_words, round_page, template_by_code, templates
from eventhub.calls.reminders import forget_drafts, remind
from eventhub.calls.rules import CallText, Criterion, KindWords, SessionPattern
from eventhub.database import sql
from eventhub.errors import NotFound, Problems
from eventhub.labs.commands import LabFacts, RoundExists, create_lab
from eventhub.labs.queries import lab_by_slug, labs_by_theme, open_calls
from eventhub.questions.commands import DependedOn, NotInThisOrder
from eventhub.questions.rules import Condition, Definition, Option, Texts
from eventhub.statistics.queries import figures_of
from tests.applying.making import a_person_typed, begun, saved, token
from tests.calls.calling import CLOSES, a_called_lab, a_new_call, a_templated_lab, an_application_of, letters_of
from tests.make import NOW, a_lab, a_lab_with_call, a_member, an_event, registered, some_account, themes_loaded

WORDS = {"en": KindWords("Prize", "Prizes")}


def facts_of_template(**changes: Any) -> TemplateFacts:
    return TemplateFacts(**({"name": "Prize", "kind": "prize", "words": WORDS, "description": {},
                             "sessions": SessionPattern()} | changes))  # fmt: skip


def a_definition(label: str = "How many people?", kind: str = "text", **more: Any) -> Definition:
    return Definition(kind, {"en": Texts(label, "", "To know how many.")}, **more)


async def common(**more: Any) -> dict[str, Any]:
    return {"now": NOW, "account_id": await some_account()} | more


# Templates


async def test_templates_that_ship_are_loaded_once(database: None) -> None:
    assert await load_lab_templates(NOW) == 4
    assert await load_lab_templates(NOW) == 0
    assert [(one.code, one.kind) for one in await templates()] == [
        ("investment-forum", "forum"), ("fund", "fund"), ("solutions-lab", "lab"), ("pilot-project", "pilot"),
    ]  # fmt: skip


async def test_loading_again_keeps_what_staff_have_changed(database: None) -> None:
    await load_lab_templates(NOW)
    facts = facts_of_template(name="Our fund", kind="ignored")
    await change_template("fund", facts, version=1, **await common())
    assert await load_lab_templates(NOW) == 0
    found = await template_by_code("fund")
    assert (found.name, found.kind, found.version) == ("Our fund", "fund", 2)
    assert [one.id for one in found.content.call.questions][:2] == ["purpose", "amount"]


async def test_another_kind_needs_only_a_template_and_words(database: None) -> None:
    await themes_loaded()
    await create_template(facts_of_template(), **await common())
    lab = await create_lab(LabFacts("Best bench", 2027, ("ecosystems",), template="prize"), **await common())
    other = await create_lab(LabFacts("Worst bench", 2027, ("ecosystems",)), **await common())
    assert (lab.kind, other.kind, lab.number, other.number) == ("prize", "lab", 1, 1)
    assert lab.lab_round != other.lab_round
    assert (await kind_words("fr"))["prize"].many == "Prizes"
    assert (await round_page(lab.lab_round)).round.title == "Prizes 2027"


async def test_a_second_template_of_one_name_is_refused(database: None) -> None:
    await create_template(facts_of_template(), **await common())
    with pytest.raises(TemplateExists):
        await create_template(facts_of_template(), **await common())
    assert len(await templates()) == 1


async def test_a_template_copies_the_call_of_another(database: None) -> None:
    await load_lab_templates(NOW)
    made = await create_template(facts_of_template(), copy_of="fund", **await common())
    assert made.content.call == (await template_by_code("fund")).content.call


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"name": "\u200b"}, ["name"]),
        ({"name": "x" * 201}, ["name"]),
        ({"kind": "Pilot project"}, ["kind"]),
        ({"words": {}}, ["many_en", "one_en"]),
        ({"words": {"en": KindWords("x" * 500, "y")}}, ["one_en"]),
        ({"sessions": SessionPattern(number=10**9)}, ["session_number"]),
        ({"sessions": SessionPattern(mode="by owl")}, ["session_mode"]),
        ({"follow_up_months": (0, 3)}, ["follow_up_months"]),
    ],
)
async def test_a_template_that_cannot_be_is_refused_whole(
    database: None, changes: dict[str, Any], fields: list[str]
) -> None:
    with pytest.raises(Problems) as refused:
        await create_template(facts_of_template(**changes), **await common())
    assert sorted(refused.value.fields) == fields
    assert await templates() == []


async def test_two_people_who_change_a_template_at_once_lose_nothing(database: None) -> None:
    await load_lab_templates(NOW)
    await change_template("fund", facts_of_template(name="First"), version=1, **await common())
    with pytest.raises(CallChanged):
        await change_template("fund", facts_of_template(name="Second"), version=1, **await common())
    assert (await template_by_code("fund")).name == "First"


async def test_a_retired_template_is_offered_no_more_and_its_words_stay(database: None) -> None:
    await load_lab_templates(NOW)
    await retire_template("fund", is_retired=True, **await common())
    await retire_template("fund", is_retired=True, **await common())
    assert "fund" not in [one.code for one in await templates()]
    assert (await kind_words("en"))["fund"].many == "Funds"
    await retire_template("fund", is_retired=False, **await common())
    assert "fund" in [one.code for one in await templates()]


async def test_a_lab_from_no_known_template_is_refused_with_all_other_faults(database: None) -> None:
    with pytest.raises(Problems) as refused:
        await create_lab(LabFacts("", 2027, (), template="gift"), **await common())
    assert sorted(refused.value.fields) == ["name", "template", "themes"]


# Rounds


async def test_a_round_shows_the_lessons_of_the_last_one_of_its_kind(database: None) -> None:
    await themes_loaded()
    await load_lab_templates(NOW)
    await open_round(RoundFacts(2025, title="Labs 2025", lessons="Fewer, longer sessions."), **await common())
    await open_round(RoundFacts(2026, kind="fund", title="Fund 2026", lessons="Of another kind."), **await common())
    new = await open_round(
        RoundFacts(2027, title="Labs 2027", priorities="Heat.", themes=("ecosystems", "gender")), **await common()
    )
    page = await round_page(new.id)
    assert page.before is not None
    assert (page.before.year, page.before.lessons) == (2025, "Fewer, longer sessions.")
    assert (page.themes, page.round.priorities) == (("ecosystems", "gender"), "Heat.")


async def test_there_is_one_round_of_a_kind_in_a_year(database: None) -> None:
    await load_lab_templates(NOW)
    await open_round(RoundFacts(2027, title="Labs"), **await common())
    with pytest.raises(RoundExists):
        await open_round(RoundFacts(2027, title="More labs"), **await common())
    await open_round(RoundFacts(2027, kind="fund", title="Fund"), **await common())
    with pytest.raises(Problems) as refused:
        await open_round(RoundFacts(1, kind="gift", title=" ", themes=("weather",)), **await common())
    assert sorted(refused.value.fields) == ["kind", "themes", "title", "year"]


async def test_two_people_who_change_a_round_at_once_lose_nothing(database: None) -> None:
    found = await open_round(RoundFacts(2027, title="Labs"), **await common())
    await change_round(found.id, RoundFacts(0, title="Labs!", lessons="Learnt."), version=1, **await common())
    with pytest.raises(CallChanged):
        await change_round(found.id, RoundFacts(0, title="Labs?"), version=1, **await common())
    after = (await round_page(found.id)).round
    assert (after.title, after.lessons, after.year, after.kind) == ("Labs!", "Learnt.", 2027, "lab")


# Whose call it is


async def test_a_lab_without_a_call_of_its_own_follows_that_of_its_round(database: None) -> None:
    own, follows = await a_lab_with_call("Own"), await a_lab("Follows")
    assert await call_of(follows.id) is None
    await open_round_call(own.lab_round, a_new_call(text="For all.", cohort_size=7), **await common())
    found = await call_of(follows.id)
    assert found is not None
    assert (found.is_of_round, found.text, found.cohort_size, found.closes_at) == (True, "For all.", 7, CLOSES)
    kept = await call_of(own.id)
    assert kept is not None
    assert (kept.is_of_round, kept.text) == (False, "Come.")
    assert sorted(lab.name for lab in await open_calls(NOW)) == ["Follows", "Own"]
    assert sorted(lab.name for lab in await open_calls(CLOSES)) == ["Own"]
    await open_call(own.slug, a_new_call(closes_at=NOW - timedelta(days=1)), **await common())
    assert [lab.name for lab in await open_calls(NOW)] == ["Follows"]


async def test_there_is_no_call_of_a_lab_that_is_not_there(database: None) -> None:
    from uuid import uuid4

    assert await call_of(uuid4()) is None


async def test_a_new_call_asks_and_weighs_what_the_template_proposes(database: None) -> None:
    lab = await a_called_lab("pilot-project", text="Our own words.", cohort_size=3)
    content = lab.call.content
    assert [one.id for one in content.questions_of(1)] == ["solution", "progress", "partner-member"]
    assert sum(one.weight for one in content.criteria) == 100
    assert content.words("en").text == "Our own words."
    assert content.words("fr").text.startswith("Nous soutenons")
    assert (content.members_only, content.applications_per_member, lab.call.cohort_size) == (False, 2, 3)


async def test_a_plain_call_is_a_content_with_its_text(database: None) -> None:
    lab = await a_lab_with_call(cohort_size=4)
    content = lab.call.content
    assert (content.words("es").text, content.words("es").criteria) == ("Come.", "Be a member.")
    assert (content.questions, content.criteria, content.cohort_size) == ((), (), 4)
    rows = await sql("SELECT content FROM lab_call")
    assert msgspec.json.decode(rows[0]["content"])["texts"]["en"]["text"] == "Come."


async def test_changing_the_dates_keeps_questions_and_other_languages(database: None) -> None:
    lab = await a_called_lab()
    after = await open_call(lab.slug, a_new_call(text="New words."), **await common())
    assert after.call is not None
    assert after.call.content.questions == lab.call.content.questions
    assert after.call.content.words("fr").text == lab.call.content.words("fr").text
    assert (after.call.text, after.call.version) == ("New words.", lab.call.version + 1)


# Times


async def test_a_time_that_comes_twice_is_asked_about_and_both_can_be_meant(database: None) -> None:
    lab = await a_lab()
    twice = datetime(2027, 10, 31, 2, 30)  # noqa: DTZ001
    with pytest.raises(Problems) as refused:
        await open_call(lab.slug, a_new_call(closes_at=twice), **await common())
    assert refused.value.fields == {
        "closes_at": [
            "The clocks of Europe/Madrid show this time twice on that day. Please say whether you mean the first or "
            "the second."
        ]
    }
    for second, hour in ((False, 0), (True, 1)):
        after = await open_call(lab.slug, a_new_call(closes_at=twice, second_closing=second), **await common())
        assert after.call is not None
        assert after.call.closes_at == datetime(2027, 10, 31, hour, 30, tzinfo=UTC)


async def test_a_time_that_the_clocks_jump_over_is_refused(database: None) -> None:
    lab = await a_lab()
    jumped = datetime(2027, 3, 28, 2, 30)  # noqa: DTZ001
    with pytest.raises(Problems) as refused:
        await open_call(lab.slug, a_new_call(closes_at=jumped), **await common())
    assert refused.value.fields == {
        "closes_at": ["The clocks of Europe/Madrid jump over this time on that day. Please choose another."]
    }
    assert (await lab_by_slug(lab.slug)).call is None


# Extension


async def test_an_extension_is_told_to_all_who_have_begun_or_sent(database: None) -> None:
    closes = NOW + timedelta(days=3)
    lab = await a_called_lab(closes_at=closes)
    await an_application_of(lab, "begun")
    await an_application_of(lab, "sent", status="submitted")
    await an_application_of(lab, "withdrawn", status="withdrawn")
    later = closes + timedelta(days=10)
    assert await extend_call("lab", lab.slug, later, **await common()) == 2
    letters = await letters_of("call_extended")
    assert [(row["to_address"], row["language"], msgspec.json.decode(row["facts"])["is_sent"]) for row in letters] == [
        ("begun@example.org", "es", False), ("sent@example.org", "es", True),
    ]  # fmt: skip
    call = await call_of(lab.id)
    assert call is not None
    assert (call.closes_at, call.extended_from, call.extended_at) == (later, closes, NOW)


async def test_a_later_closing_in_the_form_of_the_call_is_told_as_well(database: None) -> None:
    closes = NOW + timedelta(days=3)
    lab = await a_called_lab(closes_at=closes)
    await an_application_of(lab, "begun")
    await open_call(lab.slug, a_new_call(closes_at=closes), **await common())
    assert await letters_of("call_extended") == []
    await open_call(lab.slug, a_new_call(closes_at=closes + timedelta(days=1)), **await common())
    assert [row["to_address"] for row in await letters_of("call_extended")] == ["begun@example.org"]


async def test_extending_the_call_of_a_round_reaches_its_labs_without_their_own_call(database: None) -> None:
    own, follows = await a_lab_with_call("Own"), await a_lab("Follows")
    closes = NOW + timedelta(days=3)
    await open_round_call(own.lab_round, a_new_call(closes_at=closes), **await common())
    await an_application_of(own, "elsewhere")
    await an_application_of(follows, "concerned")
    written = await extend_call("round", str(own.lab_round), closes + timedelta(days=1), **await common())
    assert written == 1
    assert [row["to_address"] for row in await letters_of("call_extended")] == ["concerned@example.org"]


@pytest.mark.parametrize(
    ("closes_at", "said"),
    [
        (None, "Please say when the call closes."),
        (NOW + timedelta(days=3), "An extended call closes later than it was to close."),
        (NOW - timedelta(days=1), "An extended call closes later than it was to close."),
        (datetime(9999, 1, 1, tzinfo=UTC), "The year lies between 2000 and 2100."),
    ],
)
async def test_an_extension_that_is_none_is_refused_and_nobody_is_told(
    database: None, closes_at: datetime | None, said: str
) -> None:
    lab = await a_called_lab(closes_at=NOW + timedelta(days=3))
    await an_application_of(lab, "begun")
    with pytest.raises(Problems) as refused:
        await extend_call("lab", lab.slug, closes_at, **await common())
    assert refused.value.fields == {"closes_at": [said]}
    assert await letters_of("call_extended") == []


async def test_a_closed_call_is_extended_only_to_a_time_ahead(database: None) -> None:
    lab = await a_called_lab(closes_at=NOW - timedelta(days=3))
    with pytest.raises(Problems) as refused:
        await extend_call("lab", lab.slug, NOW - timedelta(days=1), **await common())
    assert refused.value.fields == {"closes_at": ["This time has passed already."]}


async def test_a_template_and_a_lab_without_a_call_are_not_extended(database: None) -> None:
    lab = await a_templated_lab()
    for kind, key in (
        ("lab", lab.slug),
        ("template", "fund"),
        ("round", "x"),
        ("round", str(lab.lab_round)),
        ("y", "z"),
    ):
        with pytest.raises(NotFound):
            await extend_call(kind, key, CLOSES, **await common())


# Reminders


async def test_who_has_begun_and_not_sent_is_reminded_7_days_and_1_day_before_once_each(database: None) -> None:
    closes = NOW + timedelta(days=30)
    lab = await a_called_lab(closes_at=closes)
    await an_application_of(lab, "begun")
    await an_application_of(lab, "sent", status="submitted")
    assert await remind(closes - timedelta(days=8)) == 0
    assert await remind(closes - timedelta(days=7)) == 1
    assert await remind(closes - timedelta(days=6)) == 0
    assert await remind(closes - timedelta(hours=23)) == 1
    assert await remind(closes - timedelta(hours=1)) == 0
    assert await remind(closes) == 0
    letters = await letters_of("application_reminder")
    assert [row["to_address"] for row in letters] == ["begun@example.org"] * 2
    facts = msgspec.json.decode(letters[0]["facts"])
    assert facts["words"] == "Basta con una respuesta breve a cada pregunta."
    assert facts["manage_url"].startswith("http")


async def test_everybody_who_works_on_a_draft_is_reminded_and_told_of_more_time_by_a_link_of_their_own(
    database: None,
) -> None:
    lab = await a_called_lab(closes_at=NOW + timedelta(days=30))
    await a_member("Barcelona")
    editor = await begun(lab)
    await invite_editor(token(editor), name="Second", email="second@example.org", now=NOW)
    for _ in range(2):
        await remind(NOW + timedelta(days=29, hours=12))
    await extend_call("lab", lab.slug, NOW + timedelta(days=40), **await common())
    for kind in ("application_reminder", "call_extended"):
        written = await letters_of(kind)
        assert [row["to_address"] for row in written] == ["first@example.org", "second@example.org"], kind
        links = [msgspec.json.decode(row["facts"])["manage_url"].rsplit("/", 1)[1] for row in written]
        assert [(await editor_by_link(link)).email for link in links] == ["first@example.org", "second@example.org"]
    persons = await sql("SELECT person FROM letter WHERE recipient_address = 'second@example.org'")
    assert {row["person"] for row in persons} == {None}


async def test_drafts_that_were_never_sent_are_deleted_90_days_after_the_call_closed(database: None) -> None:
    closes = NOW + timedelta(days=30)
    lab = await a_called_lab(closes_at=closes)
    await a_member("Barcelona")
    editor = await begun(lab)
    await saved(token(editor), motivation="Ours.", **a_person_typed(uuid4()))
    kept = await an_application_of(lab, "lima", status="submitted")
    follows = await a_lab("Follows")
    await open_round_call(follows.lab_round, a_new_call(closes_at=closes + timedelta(days=9)), **await common())
    later = await an_application_of(follows, "quito")
    assert await forget_drafts(closes + timedelta(days=89)) == 0
    assert await forget_drafts(closes + timedelta(days=91)) == 1
    assert await forget_drafts(closes + timedelta(days=91)) == 0
    assert {row["id"] for row in await sql("SELECT id FROM application")} == {kept, later}
    for table in ("application_editor", "proposed_person"):
        assert await sql(f"SELECT * FROM {table}") == [], table
    assert await forget_drafts(closes + timedelta(days=100)) == 1
    actions = await sql("SELECT detail FROM audit_entry WHERE action = 'forget_drafts'")
    assert [row["detail"] for row in actions] == ["1", "1"]


async def test_a_contact_known_only_for_a_draft_goes_with_it_and_others_stay(database: None) -> None:
    closes = NOW + timedelta(days=30)
    lab = await a_called_lab(closes_at=closes)
    for city in ("Barcelona", "Lima", "Quito", "Rome"):
        await a_member(city)
    event = await an_event()
    await registered(event, "Known", email="before@example.org", now=NOW - timedelta(days=1))
    for city, address in (
        ("barcelona", "alone@example.org"), ("lima", "before@example.org"), ("quito", "later@example.org"),
        ("rome", "writes@example.org"),
    ):  # fmt: skip
        await begun(lab, member=city, email=address)
    await registered(event, "Later", email="later@example.org", now=NOW + timedelta(days=1))
    other = await a_called_lab(closes_at=closes + timedelta(days=60))
    editor = await begun(other, email="first@example.org")
    await invite_editor(token(editor), name="Writes", email="writes@example.org", now=NOW)
    await remind(closes - timedelta(days=1))
    assert await forget_drafts(closes + timedelta(days=91)) == 4
    people = {row["email"] for row in await sql("SELECT email FROM person")}
    assert people == {"before@example.org", "later@example.org", "writes@example.org", "first@example.org"}
    left = await sql("SELECT kind FROM letter WHERE recipient_address = {}", "alone@example.org")
    assert left == []


async def test_who_began_after_a_reminder_was_due_is_not_reminded_of_it(database: None) -> None:
    closes = NOW + timedelta(days=5)
    lab = await a_called_lab(closes_at=closes)
    await an_application_of(lab, "late", begun_at=NOW)
    assert await remind(NOW + timedelta(hours=1)) == 0
    assert await remind(closes - timedelta(hours=12)) == 1


async def test_reminders_of_two_processes_at_once_are_one(database: None) -> None:
    closes = NOW + timedelta(days=30)
    lab = await a_called_lab(closes_at=closes)
    await an_application_of(lab, "begun")
    at = closes - timedelta(days=2)
    assert sum(await asyncio.gather(remind(at), remind(at))) == 1


async def test_a_call_of_a_round_reminds_in_its_labs_too(database: None) -> None:
    follows = await a_lab("Follows")
    closes = NOW + timedelta(days=30)
    await open_round_call(follows.lab_round, a_new_call(closes_at=closes), **await common())
    await an_application_of(follows, "begun")
    assert await remind(closes - timedelta(days=2)) == 1


# What it asks and weighs


async def test_questions_are_added_changed_moved_and_removed(database: None) -> None:
    lab = await a_called_lab("fund")
    holder = await add_call_question("lab", lab.slug, a_definition(), 2, version=lab.call.version, **await common())
    new = holder.content.questions[-1]
    assert (new.texts["en"].label, new.stage, holder.version) == ("How many people?", 2, lab.call.version + 1)
    holder = await change_call_question(
        "lab", lab.slug, new.id, a_definition("How many women?"), 1, version=holder.version, **await common()
    )
    assert (holder.content.questions[-1].id, holder.content.questions[-1].stage) == (new.id, 1)
    holder = await move_call_question("lab", lab.slug, new.id, -1, version=holder.version, **await common())
    assert [one.id for one in holder.content.questions][-2:] == [new.id, "accounts"]
    holder = await remove_call_question("lab", lab.slug, new.id, version=holder.version, **await common())
    assert new.id not in [one.id for one in holder.content.questions]


async def test_a_question_whose_answers_would_mean_something_else_is_a_new_one_and_conditions_follow(
    database: None,
) -> None:
    lab = await a_called_lab("fund")
    options = tuple(Option(code, {"en": code}) for code in ("yes", "no"))
    holder = await change_call_question(
        "lab", lab.slug, "other-money", a_definition("Several?", "choices", options=options), 1,
        version=lab.call.version, **await common(),
    )  # fmt: skip
    ids = [one.id for one in holder.content.questions]
    assert "other-money" not in ids
    assert holder.content.questions[3].shown_if is not None
    assert holder.content.questions[3].shown_if.field == ids[2]


async def test_a_question_that_another_waits_for_stays(database: None) -> None:
    lab = await a_called_lab("fund")
    version = lab.call.version
    with pytest.raises(DependedOn):
        await remove_call_question("lab", lab.slug, "other-money", version=version, **await common())
    with pytest.raises(DependedOn):
        await change_call_question("lab", lab.slug, "other-money", a_definition(), 1, version=version, **await common())
    with pytest.raises(NotInThisOrder):
        await move_call_question("lab", lab.slug, "other-source", -1, version=version, **await common())
    with pytest.raises(NotFound):
        await remove_call_question("lab", lab.slug, "nobody-asks", version=version, **await common())
    assert (await lab_by_slug(lab.slug)).call == lab.call


async def test_two_people_who_change_a_call_at_once_lose_nothing(database: None) -> None:
    lab = await a_called_lab()
    who = await common()
    adding = [
        add_call_question("lab", lab.slug, a_definition(label), 1, version=lab.call.version, **who)
        for label in ("One?", "Two?")
    ]
    done = await asyncio.gather(*adding, return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == ["CallChanged", "Holder"]
    assert len((await holder_of("lab", lab.slug)).content.questions) == len(lab.call.content.questions) + 1


@pytest.mark.parametrize(
    ("new", "stage", "field"),
    [
        (a_definition(""), 1, "label_en"),
        (a_definition("x" * 301), 1, "label_en"),
        (a_definition(kind="riddle"), 1, "kind"),
        (a_definition(), 3, "stage"),
        (a_definition(shown_if=Condition("nobody", "yes")), 1, "shown_if"),
    ],
)
async def test_a_question_that_cannot_be_is_refused(database: None, new: Definition, stage: int, field: str) -> None:
    lab = await a_called_lab()
    with pytest.raises(Problems) as refused:
        await add_call_question("lab", lab.slug, new, stage, version=lab.call.version, **await common())
    assert field in refused.value.fields
    assert (await holder_of("lab", lab.slug)).content == lab.call.content


async def test_criteria_get_codes_that_stay(database: None) -> None:
    lab = await a_called_lab()
    new = [Criterion("", {"en": "Need"}, 70), Criterion("", {"en": "Need of others"}, 30)]
    holder = await change_criteria("lab", lab.slug, new, version=lab.call.version, **await common())
    assert [(one.code, one.weight) for one in holder.content.criteria] == [("need", 70), ("need-of-others", 30)]
    renamed = [Criterion("need", {"en": "Urgency"}, 100)]
    holder = await change_criteria("lab", lab.slug, renamed, version=holder.version, **await common())
    assert [one.code for one in holder.content.criteria] == ["need"]
    with pytest.raises(Problems) as refused:
        await change_criteria(
            "lab", lab.slug, [Criterion("", {"en": "Need"}, 99)], version=holder.version, **await common()
        )
    assert refused.value.fields == {"criteria": ["The weights add up to 99; they must add up to 100."]}


def content_facts(**changes: Any) -> ContentFacts:
    return ContentFacts(**({"texts": {"en": CallText("Title", "Text")}, "eligibility": "members", "people_min": 0,
                            "people_max": 2, "applications_per_member": 1, "cohort_size": 9,
                            "second_stage_closes_at": None, "letters": {}} | changes))  # fmt: skip


async def test_the_text_of_a_call_is_the_same_in_the_json_interface(database: None) -> None:
    lab = await a_called_lab(closes_at=NOW + timedelta(days=3))
    after = datetime(2026, 12, 24, 17, tzinfo=ZoneInfo("Europe/Madrid"))
    facts = content_facts(second_stage_closes_at=after, letters={"received": {"en": " Thanks. ", "es": ""}})
    holder = await change_content("lab", lab.slug, facts, version=lab.call.version, **await common())
    assert holder.content.second_stage_closes_at == after
    assert holder.content.letters == {"received": {"en": "Thanks."}}
    call = await call_of(lab.id)
    assert call is not None
    assert (call.text, call.criteria, call.cohort_size) == ("Text", "", 9)


async def test_a_second_stage_that_ends_before_the_first_is_refused(database: None) -> None:
    lab = await a_called_lab(closes_at=NOW + timedelta(days=3))
    facts = content_facts(second_stage_closes_at=NOW + timedelta(days=3))
    with pytest.raises(Problems) as refused:
        await change_content("lab", lab.slug, facts, version=lab.call.version, **await common())
    assert refused.value.fields == {"second_stage": ["The second stage ends after the call has closed."]}


async def test_the_content_of_a_template_changes_no_call_that_was_made_from_it(database: None) -> None:
    lab = await a_called_lab()
    await change_content("template", "solutions-lab", content_facts(), version=1, **await common())
    assert (await template_by_code("solutions-lab")).content.call.words("en").text == "Text"
    assert (await call_of(lab.id)) == lab.call


# Others than members


async def an_outsider(lab: Any, status: str = "submitted") -> Any:
    new = await an_application_of(lab, "friends", status=status)
    await sql("UPDATE application SET member = NULL, organisation = 'Friends of Shade' WHERE id = {}", new)
    return new


async def test_others_than_members_are_told_whether_they_may_apply_and_why_once(database: None) -> None:
    lab = await a_called_lab("fund")
    new = await an_outsider(lab)
    for _ in range(2):
        await decide_eligibility(new, False, " No public body. ", **await common())
    await decide_eligibility(new, True, "They work with Lima.", **await common(now=NOW + timedelta(hours=1)))
    rows = await sql("SELECT is_eligible, eligibility_reason FROM application")
    assert (bool(rows[0]["is_eligible"]), rows[0]["eligibility_reason"]) == (True, "They work with Lima.")
    said = [msgspec.json.decode(row["facts"]) for row in await letters_of("eligibility_decided")]
    assert sorted((one["is_eligible"], one["reason"], one["member_name"]) for one in said) == [
        (False, "No public body.", "Friends of Shade"), (True, "They work with Lima.", "Friends of Shade"),
    ]  # fmt: skip


async def test_a_decision_needs_a_reason(database: None) -> None:
    new = await an_outsider(await a_called_lab("fund"))
    for is_eligible, reason, fields in (
        (None, "", ["is_eligible", "reason"]), (True, "\u200b", ["reason"]), (False, "x" * 2001, ["reason"]),
    ):  # fmt: skip
        with pytest.raises(Problems) as refused:
            await decide_eligibility(new, is_eligible, reason, **await common())
        assert sorted(refused.value.fields) == fields
    assert await letters_of("eligibility_decided") == []


async def test_members_and_what_was_not_sent_need_no_decision(database: None) -> None:
    lab = await a_called_lab("fund")
    for new in (await an_application_of(lab, "lima", status="submitted"), await an_outsider(lab, "draft")):
        with pytest.raises(NothingToDecide):
            await decide_eligibility(new, True, "Because.", **await common())


async def test_the_end_of_the_second_stage_is_asked_about_when_it_comes_twice(database: None) -> None:
    lab = await a_called_lab(closes_at=NOW + timedelta(days=3))
    twice = datetime(2027, 10, 31, 2, 30)  # noqa: DTZ001
    facts = content_facts(second_stage_closes_at=twice)
    with pytest.raises(Problems) as refused:
        await change_content("lab", lab.slug, facts, version=lab.call.version, **await common())
    assert list(refused.value.fields) == ["second_stage"]
    facts = content_facts(second_stage_closes_at=twice, later_of_two=True)
    holder = await change_content("lab", lab.slug, facts, version=lab.call.version, **await common())
    assert holder.content.second_stage_closes_at == datetime(2027, 10, 31, 1, 30, tzinfo=UTC)


async def test_what_is_no_lab_is_counted_among_no_labs(database: None) -> None:
    await a_templated_lab("solutions-lab")
    await a_templated_lab("pilot-project", "Cool roofs")
    figures = await figures_of(2027)
    assert [row["labs"] for row in await labs_by_theme(2027) if row["code"] == "ecosystems"] == [1]
    assert [theme.labs for theme in figures.themes if theme.code == "ecosystems"] == [1]
