"""The glossary: the data file, what staff add over it, and our own letters held to it."""

import csv
from collections import Counter
from typing import Any

import pytest
from babel.messages.pofile import read_po

from eventhub.database import sql, utc_now
from eventhub.errors import NotFound, Problems
from eventhub.resources import DATA, LOCALES, TEMPLATES
from eventhub.wording.commands import add_term, change_term, remove_term
from eventhub.wording.queries import file_terms, glossary, terms, wording_hints
from eventhub.wording.rules import hints, term_key, term_problems
from tests.make import some_account

LANGUAGES = ("en", "es", "fr")


async def add(term: str, alternative: str = "other words", language: str = "en") -> str:
    return await add_term(language, term, alternative, now=utc_now(), account_id=await some_account())


async def change(term: str, alternative: str, language: str = "en") -> None:
    await change_term(language, term, alternative, now=utc_now(), account_id=await some_account())


async def remove(term: str, language: str = "en") -> None:
    await remove_term(language, term, now=utc_now(), account_id=await some_account())


async def audited() -> list[tuple[str, str]]:
    return [
        (row["action"], row["detail"])
        for row in await sql(
            "SELECT action, detail FROM audit_entry WHERE object_kind = 'wording_term' ORDER BY at, action"
        )
    ]


def file_rows() -> list[dict[str, str]]:
    with (DATA / "wording.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# The data file


def test_every_row_of_the_file_is_a_sound_term_and_stands_there_once() -> None:
    rows = file_rows()
    for row in rows:
        assert term_problems(row["language"], row["term"], row["alternative"], languages=LANGUAGES) == {}, row
    assert [
        key for key, times in Counter((row["language"], term_key(row["term"])) for row in rows).items() if times > 1
    ] == []
    for language in LANGUAGES:
        assert 20 <= len(file_terms(language)) <= 50


def test_every_term_of_the_file_is_found_and_no_alternative_is_pointed_out_itself() -> None:
    for language in LANGUAGES:
        known = file_terms(language)
        for term, alternative in known.items():
            expected = [] if term == term_key(alternative) else [term]
            assert [hint.found for hint in hints(f"x {term}, y", known)] == expected
            assert hints(alternative, known) == []


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "A woman and a man from Mankato talk of human rights; the chairmanship of Herman and Norman Fisher."),
        ("es", "La igualdad entre la mujer y el hombre. Ponentes y participantes; las alcaldesas y los alcaldes."),
        ("fr", "Les maires, une femme et un homme, parlent à la ville. Les citoyennes et les citoyens. Les membres."),
    ],
)
def test_words_that_are_fine_are_left_alone(language: str, text: str) -> None:
    assert hints(text, file_terms(language)) == []


def test_a_language_that_the_file_lacks_has_no_terms() -> None:
    assert dict(file_terms("de")) == {}


# Our own letters and pages


def test_no_sentence_of_our_own_contains_a_term() -> None:
    said: list[tuple[str, str]] = []
    for code in ("es", "fr"):
        with (LOCALES / code / "LC_MESSAGES" / "eventhub.po").open("rb") as file:
            for message in read_po(file, locale=code):
                several = isinstance(message.id, (list, tuple))
                said += [("en", one) for one in (message.id if several else (message.id,))]
                said += [(code, one) for one in (message.string if several else (message.string,))]
    letters = [path for path in (TEMPLATES / "mail").rglob("*") if path.is_file()]
    said += [(code, path.read_text(encoding="utf-8")) for path in letters for code in LANGUAGES]
    assert len(letters) > 10
    assert len(said) > 4000
    assert [(code, hint.found, text) for code, text in said for hint in hints(text, file_terms(code))] == []


# What staff add


async def test_a_term_that_staff_add_is_pointed_out(database: None) -> None:
    assert await wording_hints(["Our gunmen"], "en") == []
    assert await add("  GunMen ", "armed  people") == "gunmen"
    assert await wording_hints(["Our Gunmen"], "en") == ["“Gunmen”: “armed people” includes everybody."]
    assert await wording_hints(["Our Gunmen"], "fr") == []
    assert await audited() == [("add_term", "en: gunmen")]


async def test_hints_of_several_texts_name_a_term_once_in_the_order_of_the_texts(database: None) -> None:
    assert await wording_hints(("Mankind", "", "A chairman of mankind"), "en") == [
        "“Mankind”: “humanity” includes everybody.",
        "“chairman”: “chair” includes everybody.",
    ]
    assert await wording_hints((), "en") == []
    assert await wording_hints(("chairman",), "xx") == []


@pytest.mark.parametrize("term", ["chairman", "Chairman", " CHAIRMAN "])
async def test_a_term_of_the_file_is_not_added_again(database: None, term: str) -> None:
    with pytest.raises(Problems) as refused:
        await add(term)
    assert refused.value.fields == {"term": ["The glossary has this term already; change its alternative there."]}
    assert await sql("SELECT id FROM wording_term") == []


async def test_a_term_of_staff_is_not_added_twice(database: None) -> None:
    await add("l’ingénieur", language="fr")
    with pytest.raises(Problems):
        await add("L'INGÉNIEUR", language="fr")
    assert len(await sql("SELECT id FROM wording_term")) == 1
    assert await audited() == [("add_term", "fr: l'ingénieur")]
    await add("l’ingénieur", language="es")


@pytest.mark.parametrize(
    ("language", "term", "alternative", "field", "sentence"),
    [
        ("de", "Bürger", "Leute", "language", "This is not one of the languages."),
        ("en\x00", "gunmen", "people", "language", "This is not one of the languages."),
        ("en", " \x00 ", "people", "term", "Please fill this in."),
        ("en", "gunmen", "\u200b", "alternative", "Please fill this in."),
        ("en", "x" * 5000, "people", "term", "This is too long; 120 characters is the most."),
        ("en", "gunmen", "x" * 201, "alternative", "This is too long; 200 characters is the most."),
        ("en", "a", "b", "term", "A term has at least 3 characters; it begins and ends with a letter."),
    ],
)
async def test_a_wrong_term_is_refused_with_a_sentence(
    database: None, language: str, term: str, alternative: str, field: str, sentence: str
) -> None:
    with pytest.raises(Problems) as refused:
        await add(term, alternative, language)
    assert refused.value.fields == {field: [sentence]}
    assert await sql("SELECT id FROM wording_term") == []
    assert await audited() == []


async def test_the_alternative_of_staff_stands_before_that_of_the_file_until_it_is_taken_back(database: None) -> None:
    before = await terms("en")
    await change("Chairman", "chairperson")
    await change("chairman", "head")
    assert await terms("en") == {**before, "chairman": "head"}
    [row] = [row for row in await glossary("en") if row.id]
    assert (row.term, row.alternative, row.in_file) == ("chairman", "head", True)
    await remove("chairman")
    assert await terms("en") == before
    assert sorted(action for action, _ in await audited()) == ["change_term", "change_term", "remove_term"]


async def test_a_term_that_staff_make_its_own_alternative_is_left_alone(database: None) -> None:
    await change("chairman", "Chairman")
    assert await wording_hints(["The chairman"], "en") == []
    assert next(row for row in await glossary("en") if row.term == "chairman").left_alone


async def test_a_changed_alternative_is_sound_or_refused(database: None) -> None:
    await add("gunmen", "armed people")
    for wrong in ("", " \x00", "x" * 201):
        with pytest.raises(Problems):
            await change("gunmen", wrong)
    assert (await terms("en"))["gunmen"] == "armed people"


@pytest.mark.parametrize(("language", "term"), [("en", "nothing"), ("xx", "chairman"), ("fr", "chairman"), ("", "")])
async def test_what_is_not_there_is_neither_changed_nor_removed(database: None, language: str, term: str) -> None:
    with pytest.raises(NotFound):
        await change(term, "other", language)
    with pytest.raises(NotFound):
        await remove(term, language)
    assert await audited() == []


async def test_a_term_of_the_file_alone_is_not_removed(database: None) -> None:
    with pytest.raises(NotFound):
        await remove("chairman")
    assert "chairman" in await terms("en")


async def test_the_glossary_is_in_alphabetical_order(database: None) -> None:
    await add("aaa men")
    listed: list[Any] = [row.term for row in await glossary("en")]
    assert listed[0] == "aaa men"
    assert listed == sorted(listed)
