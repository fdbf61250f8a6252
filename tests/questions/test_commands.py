"""Questions of an event as staff change them, and answers that survive every change."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from eventhub.database import engine, sql
from eventhub.errors import NotFound, Problems
from eventhub.events.commands import cancel_event
from eventhub.events.locking import EventIsCancelled
from eventhub.questions.commands import (
    AnswersClosed,
    DependedOn,
    NotInThisOrder,
    add_question,
    change_answers,
    change_question,
    copy_questions,
    move_question,
    retire_question,
)
from eventhub.questions.queries import answer_counts, answers_in_words, answers_of, questions_of
from eventhub.questions.rules import Condition, Definition, Option, Question, SentFile, Texts
from eventhub.registrations.commands import cancel_registration
from eventhub.registrations.exports import REGISTRATION_COLUMNS, registrations_table
from eventhub.registrations.rules import Attends
from tests.make import NOW, a_question, an_event, registered, some_account

pytestmark = pytest.mark.usefixtures("database")
YES_NO = (("yes", "Yes"), ("no", "No"))
PDF, PNG = b"%PDF-1.7 one", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR two"


async def who() -> dict[str, Any]:
    return {"now": NOW, "account_id": await some_account()}


def token_of(done: Any) -> str:
    return str(done.manage_url.rsplit("/", 1)[1])


async def answers(done: Any) -> dict[str, Any]:
    return (await answers_of(done.registration.id)).answers


async def labels(event: Any) -> list[str]:
    return [question.texts["en"].label for question in await questions_of(event.id)]


async def trail(event: Any) -> list[str]:
    rows = await sql("SELECT action FROM audit_entry WHERE object_id = {} ORDER BY at, id", str(event.id))
    return sorted(row["action"] for row in rows if "question" in row["action"])


# Defining


async def test_a_question_is_kept_tidied_with_codes_for_its_options_and_the_trail_says_so():
    event = await an_event(mode="hybrid", place="Barcelona")
    new = Definition(
        "choice",
        {
            "en": Texts(" Do you\x00 need a visa? ", "One\r\nTwo", " So that "),
            "es": Texts("¿Visado?"),
            "fr": Texts(" "),
        },
        (Option("", {"en": " Yes, please ", "es": "Sí"}), Option("", {"en": "No"}), Option("", {"en": "“No!”"})),
        Condition("attends", "on_site"),
        is_required=True,
    )
    made = await add_question(event.slug, new, **await who())
    (kept,) = await questions_of(event.id)
    assert kept == made
    assert kept.texts == {"en": Texts("Do you need a visa?", "One\nTwo", "So that"), "es": Texts("¿Visado?")}
    assert kept.options == (
        Option("yes-please", {"en": "Yes, please", "es": "Sí"}), Option("no", {"en": "No"}), Option("no-2", {"en": "“No!”"}),
    )  # fmt: skip
    assert (kept.shown_if, kept.is_required, kept.is_retired) == (Condition("attends", "on_site"), True, False)
    assert await trail(event) == ["add_question"]


async def test_bounds_of_a_number_are_kept():
    event = await an_event()
    await a_question(event, kind="number", least=0, most=9)
    (kept,) = await questions_of(event.id)
    assert (kept.least, kept.most, kept.options) == (0, 9, ())


async def test_a_question_with_faults_is_not_kept():
    event = await an_event()
    with pytest.raises(Problems) as refused:
        await a_question(event, "x" * 501, kind="choice", options=YES_NO[:1])
    assert set(refused.value.fields) == {"label_en", "options"}
    assert await questions_of(event.id) == [] and await trail(event) == []


async def test_the_sixty_first_question_is_refused():
    event = await an_event()
    for number in range(60):
        await a_question(event, f"Question {number}")
    with pytest.raises(Problems, match="60 questions are the most"):
        await a_question(event, "One more")
    other = await an_event(title="Other")
    await a_question(other)
    with pytest.raises(Problems, match="60 questions are the most"):
        await copy_questions(other.slug, event.slug, **await who())
    assert (len(await questions_of(event.id)), len(await questions_of(other.id))) == (60, 1)


async def test_a_cancelled_event_takes_no_more_questions():
    event = await an_event()
    question = await a_question(event)
    await cancel_event(event.slug, reason="Storm", **await who())
    with pytest.raises(EventIsCancelled):
        await a_question(event, "Another")
    with pytest.raises(EventIsCancelled):
        await change_question(event.slug, UUID(question.id), question, **await who())


async def test_a_question_of_another_event_cannot_be_changed_moved_or_removed():
    event, other = await an_event(), await an_event(title="Other")
    question = await a_question(other)
    for key in (UUID(question.id), uuid4()):
        with pytest.raises(NotFound):
            await change_question(event.slug, key, question, **await who())
        with pytest.raises(NotFound):
            await move_question(event.slug, key, up=True, **await who())
        with pytest.raises(NotFound):
            await retire_question(event.slug, key, **await who())


async def test_questions_are_asked_in_their_order_and_never_before_what_they_depend_on():
    event = await an_event()
    visa = await a_question(event, "Visa", kind="choice", options=YES_NO)
    passport = await a_question(event, "Passport", shown_if=Condition(visa.id, "yes"))
    diet = await a_question(event, "Diet")
    assert await labels(event) == ["Visa", "Passport", "Diet"]
    await move_question(event.slug, UUID(diet.id), up=True, **await who())
    await move_question(event.slug, UUID(diet.id), up=True, **await who())
    await move_question(event.slug, UUID(diet.id), up=True, **await who())
    assert await labels(event) == ["Diet", "Visa", "Passport"]
    for key, up in ((passport.id, True), (visa.id, False)):
        with pytest.raises(NotInThisOrder, match="“Passport” depends on an answer"):
            await move_question(event.slug, UUID(key), up=up, **await who())
    await move_question(event.slug, UUID(diet.id), up=False, **await who())
    await move_question(event.slug, UUID(passport.id), up=False, **await who())
    assert await labels(event) == ["Visa", "Diet", "Passport"]


async def test_the_questions_of_another_event_are_copied_with_their_conditions_and_without_answers():
    event, other = await an_event(), await an_event(title="Other")
    visa = await a_question(event, "Visa", kind="choice", options=YES_NO)
    await a_question(event, "Passport", shown_if=Condition(visa.id, "yes"))
    old = await a_question(event, "Old")
    await registered(event, "Ada", answers={visa.id: "no", old.id: "x"})
    await retire_question(event.slug, UUID(old.id), **await who())
    await a_question(other, "Own")
    assert await copy_questions(other.slug, event.slug, **await who()) == 2
    _, new_visa, new_passport = await questions_of(other.id)
    assert await labels(other) == ["Own", "Visa", "Passport"]
    assert new_visa.id != visa.id and new_passport.shown_if == Condition(new_visa.id, "yes")
    assert await answer_counts(other.id) == {}
    for wrong in ("nothing", other.slug, "x\x00y"):
        with pytest.raises(Problems):
            await copy_questions(other.slug, wrong, **await who())


# Changes after answers


async def answered_visa(event: Any) -> tuple[Question, Any]:
    visa = await a_question(event, "Visa", kind="choice", options=YES_NO)
    return visa, await registered(event, "Ada", answers={visa.id: "yes"})


def otherwise(question: Question, **changes: Any) -> Definition:
    facts = {"kind": question.kind, "texts": question.texts, "options": question.options}
    return Definition(**facts | {"shown_if": question.shown_if} | changes)


async def test_other_words_and_further_options_keep_the_question_and_its_answers():
    event = await an_event()
    visa, ada = await answered_visa(event)
    options = (Option("yes", {"en": "Certainly"}), Option("no", {"en": "No"}), Option("", {"en": "Perhaps"}))
    new = otherwise(visa, texts={"en": Texts("Visa needed?", "", "For you.")}, options=options, is_required=True)
    changed = await change_question(event.slug, UUID(visa.id), new, **await who())
    assert changed.id == visa.id
    questions = await questions_of(event.id, with_retired=True)
    assert answers_in_words(questions, await answers(ada), "en") == [("Visa needed?", "Certainly")]
    assert await trail(event) == ["add_question", "change_question"]


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "text", "options": ()},
        {"kind": "choices"},
        {"options": (Option("yes", {"en": "Yes"}), Option("perhaps", {"en": "Perhaps"}))},
    ],
)
async def test_another_kind_or_a_removed_option_retires_the_question_with_its_answers(change: dict[str, Any]):
    event = await an_event()
    visa, ada = await answered_visa(event)
    after = await a_question(event, "After")
    changed = await change_question(event.slug, UUID(visa.id), otherwise(visa, **change), **await who())
    assert changed.id != visa.id
    assert [one.id for one in await questions_of(event.id)] == [changed.id, after.id]
    questions = await questions_of(event.id, with_retired=True)
    assert [one.id for one in questions if one.is_retired] == [visa.id]
    assert answers_in_words(questions, await answers(ada), "en") == [("Visa", "Yes")]
    assert "replace_question" in await trail(event)


async def test_without_answers_any_change_keeps_the_question():
    event = await an_event()
    visa = await a_question(event, "Visa", kind="choice", options=YES_NO)
    changed = await change_question(event.slug, UUID(visa.id), otherwise(visa, kind="text", options=()), **await who())
    assert (changed.id, len(await questions_of(event.id, with_retired=True))) == (visa.id, 1)


async def test_questions_that_depend_on_a_replaced_one_depend_on_the_new_one():
    event = await an_event()
    visa, _ = await answered_visa(event)
    await a_question(event, "Passport", shown_if=Condition(visa.id, "yes"))
    changed = await change_question(event.slug, UUID(visa.id), otherwise(visa, kind="choices"), **await who())
    assert (await questions_of(event.id))[1].shown_if == Condition(changed.id, "yes")


async def test_what_another_question_waits_for_cannot_be_taken_away():
    event = await an_event()
    visa = await a_question(event, "Visa", kind="choice", options=YES_NO)
    await a_question(event, "Passport", shown_if=Condition(visa.id, "yes"))
    options = (Option("no", {"en": "No"}), Option("perhaps", {"en": "Perhaps"}))
    for change in ({"options": options}, {"kind": "text", "options": ()}):
        with pytest.raises(DependedOn, match="“Passport” is asked only after an answer"):
            await change_question(event.slug, UUID(visa.id), otherwise(visa, **change), **await who())
    with pytest.raises(DependedOn):
        await retire_question(event.slug, UUID(visa.id), **await who())
    assert (await questions_of(event.id))[0].options == visa.options


async def test_a_question_with_answers_is_retired_and_one_without_is_deleted():
    event = await an_event()
    visa, ada = await answered_visa(event)
    diet = await a_question(event, "Diet")
    assert await retire_question(event.slug, UUID(diet.id), **await who()) is False
    assert await retire_question(event.slug, UUID(visa.id), **await who()) is True
    assert await questions_of(event.id) == []
    questions = await questions_of(event.id, with_retired=True)
    assert answers_in_words(questions, await answers(ada), "en") == [("Visa", "Yes")]
    assert await trail(event) == ["add_question", "add_question", "delete_question", "retire_question"]


async def test_a_retired_question_can_neither_be_changed_nor_retired_again():
    event = await an_event()
    visa, _ = await answered_visa(event)
    await retire_question(event.slug, UUID(visa.id), **await who())
    with pytest.raises(NotFound):
        await change_question(event.slug, UUID(visa.id), visa, **await who())
    with pytest.raises(NotFound):
        await retire_question(event.slug, UUID(visa.id), **await who())


# Registering


async def test_answers_are_checked_with_the_other_fields_and_nothing_is_kept_of_a_bad_form():
    event = await an_event()
    diet = await a_question(event, "Diet", is_required=True)
    days = await a_question(event, "Days", kind="number", least=1, most=3)
    with pytest.raises(Problems) as refused:
        await registered(event, "", answers={days.id: "4"})
    assert set(refused.value.fields) == {"name", diet.id, days.id}
    assert await sql("SELECT 1 AS one FROM registration") == []
    done = await registered(event, "Ada", answers={diet.id: "vegan\x00", days.id: "2", "other": "x"})
    assert await answers(done) == {diet.id: "vegan", days.id: 2}


async def test_who_was_registered_by_others_was_asked_nothing():
    event = await an_event()
    await a_question(event, "Diet", is_required=True)
    assert await answers(await registered(event, "Ada")) == {}


async def test_answers_that_depend_on_how_one_attends_are_dropped_for_others():
    event = await an_event(mode="hybrid", place="Barcelona")
    hotel = await a_question(event, "Hotel", is_required=True, shown_if=Condition("attends", "on_site"))
    online = await registered(event, "Ada", attends=Attends.ONLINE, answers={hotel.id: "Ritz"})
    assert await answers(online) == {}
    with pytest.raises(Problems):
        await registered(event, "Bea", attends=Attends.ON_SITE, answers={})


async def test_a_file_is_kept_with_the_registration_and_a_lying_one_is_not():
    event = await an_event()
    passport = await a_question(event, "Passport", kind="file")
    with pytest.raises(Problems):
        await registered(event, "Ada", answers={passport.id: SentFile("p.pdf", b"<svg onload=alert(1)>")})
    assert await sql("SELECT 1 AS one FROM registration") == []
    done = await registered(event, "Ada", answers={passport.id: SentFile("p.exe", PDF)})
    found = await answers_of(done.registration.id)
    assert found.answers == {passport.id: "p.pdf"}
    (file,) = found.files
    assert (str(file.question), file.name, file.content_type, file.size) == (
        passport.id,
        "p.pdf",
        "application/pdf",
        12,
    )


# Changing answers by the personal link


async def test_the_holder_changes_answers_and_old_answers_to_retired_questions_stay():
    event = await an_event()
    visa, ada = await answered_visa(event)
    await retire_question(event.slug, UUID(visa.id), **await who())
    diet = await a_question(event, "Diet", is_required=True)
    with pytest.raises(Problems) as refused:
        await change_answers(token_of(ada), {visa.id: "no"}, now=NOW)
    assert set(refused.value.fields) == {diet.id}
    await change_answers(token_of(ada), {visa.id: "no", diet.id: "vegan"}, now=NOW)
    assert await answers(ada) == {visa.id: "yes", diet.id: "vegan"}
    rows = await sql("SELECT action FROM audit_entry WHERE object_id = {}", str(ada.registration.id))
    assert [row["action"] for row in rows] == ["change_answers"]
    await change_answers(token_of(ada), {diet.id: "vegan"}, now=NOW)  # the same again changes nothing
    assert len(await sql("SELECT 1 AS one FROM audit_entry WHERE action = 'change_answers'")) == 1


async def test_the_holder_replaces_keeps_and_removes_a_file():
    event = await an_event()
    passport = await a_question(event, "Passport", kind="file")
    ada = await registered(event, "Ada", answers={passport.id: SentFile("a.pdf", PDF)})

    async def files() -> list[str]:
        return [file.name for file in (await answers_of(ada.registration.id)).files]

    await change_answers(token_of(ada), {}, now=NOW)
    assert (await files(), await answers(ada)) == (["a.pdf"], {passport.id: "a.pdf"})
    await change_answers(token_of(ada), {passport.id: SentFile("b.png", PNG)}, now=NOW)
    assert (await files(), await answers(ada)) == (["b.png"], {passport.id: "b.png"})
    with pytest.raises(Problems):
        await change_answers(token_of(ada), {passport.id: SentFile("c.pdf", b"MZ")}, now=NOW)
    await change_answers(token_of(ada), {passport.id: ""}, now=NOW)
    assert (await files(), await answers(ada)) == ([], {})


async def test_answers_of_a_registration_that_is_over_stay():
    event = await an_event()
    visa, ada = await answered_visa(event)
    await cancel_registration(ada.registration.id, now=NOW)
    with pytest.raises(AnswersClosed):
        await change_answers(token_of(ada), {visa.id: "no"}, now=NOW)
    bea = await registered(event, "Bea")
    with pytest.raises(AnswersClosed):
        await change_answers(token_of(bea), {visa.id: "no"}, now=NOW.replace(year=2100))
    with pytest.raises(NotFound):
        await change_answers("nothing", {visa.id: "no"}, now=NOW)
    assert (await answers(ada), await answers(bea)) == ({visa.id: "yes"}, {})


async def test_too_much_text_is_refused():
    event = await an_event()
    visa, ada = await answered_visa(event)
    with pytest.raises(Problems) as refused:
        await change_answers(token_of(ada), {visa.id: "x" * 20_001}, now=NOW)
    assert "answers" in refused.value.fields


# The table of registrations


async def test_the_table_of_an_event_has_a_column_for_each_question_also_an_answered_retired_one():
    event = await an_event()
    visa, _ = await answered_visa(event)
    name = await a_question(event, "name")
    nights = await a_question(event, "Nights", kind="number")
    old = await a_question(event, "Never answered")
    changed = await change_question(event.slug, UUID(visa.id), otherwise(visa, kind="choices"), **await who())
    await retire_question(event.slug, UUID(old.id), **await who())
    await registered(event, "Bea", answers={changed.id: ["yes", "no"], name.id: "=1+1", nights.id: "2"})
    columns, rows = await registrations_table(slug=event.slug, year=None)
    assert tuple(columns) == (*REGISTRATION_COLUMNS, "Visa", "name (2)", "Nights", "Visa (2)")
    told = {row[1]: row[len(REGISTRATION_COLUMNS) :] for row in await asyncio.to_thread(list, rows)}
    assert told == {"Ada": (None, None, None, "Yes"), "Bea": ("Yes; No", "=1+1", 2, None)}
    columns, rows = await registrations_table(slug=None, year=None)
    assert tuple(columns) == REGISTRATION_COLUMNS and {len(row) for row in await asyncio.to_thread(list, rows)} == {
        len(REGISTRATION_COLUMNS)
    }


async def test_the_table_takes_as_many_queries_for_many_as_for_few(monkeypatch: pytest.MonkeyPatch):
    kind, seen = type(engine()), []
    plain = kind.run_querystring

    async def counting(self: Any, querystring: Any, *rest: Any, **more: Any) -> Any:
        seen.append(querystring)
        return await plain(self, querystring, *rest, **more)

    counts = []
    for number in (1, 12):
        event = await an_event(title=f"Event {number}")
        asked = [await a_question(event, f"Question {n}") for n in range(number)]
        for person in range(number):
            await registered(event, f"Person {person}", answers={question.id: "x" for question in asked})
        await retire_question(event.slug, UUID(asked[0].id), **await who())
        with monkeypatch.context() as patched:
            patched.setattr(kind, "run_querystring", counting)
            seen.clear()
            _, rows = await registrations_table(slug=event.slug, year=None)
            assert len([row for row in await asyncio.to_thread(list, rows) if row[-1] == "x"]) == number
            counts.append(len(seen))
    # one of them finds where the parts begin that are read while the file is written
    assert counts[0] == counts[1] <= 7
