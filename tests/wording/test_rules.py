"""What is pointed out in a text, and what is left alone."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventhub.wording.rules import hints, term_key, term_problems

ENGLISH = {"chairman": "chair", "chairmen": "chairs", "mankind": "humanity", "man-made": "made by people"}
SPANISH = {
    "los alcaldes": "las alcaldesas y los alcaldes",
    "los ciudadanos": "la ciudadanía",
    "los participantes": "las personas participantes",
    "los niños": "la infancia",
    "derechos del hombre": "derechos humanos",
}
FRENCH = {
    "droits de l’homme": "droits humains",
    "l'homme": "l’être humain",
    "les citoyens": "les citoyennes et citoyens",
    "aux citoyens": "aux citoyennes et citoyens",
    "Cour européenne des droits de l'homme": "Cour européenne des droits de l’homme",
}


def found(text: str, terms: dict[str, str]) -> list[str]:
    return [hint.found for hint in hints(text, terms)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The chairman speaks", ["chairman"]),
        ("CHAIRMAN", ["CHAIRMAN"]),
        ("Chairmen of three boards", ["Chairmen"]),
        ("the chairman's words", ["chairman"]),
        ("the chairman’s words", ["chairman"]),
        ("vice-chairman", ["chairman"]),
        ("(chairman), “mankind”.", ["chairman", "mankind"]),
        ("A man-made lake", ["man-made"]),
        ("A man‑made lake, with a hyphen that never breaks", ["man‑made"]),
        ("the chairman\nof mankind", ["chairman", "mankind"]),
        ("chairman, chairman and Chairman", ["chairman"]),
    ],
)
def test_terms_stand_out_in_english(text: str, expected: list[str]) -> None:
    assert found(text, ENGLISH) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "chairmanship", "a human being", "Herman", "chairman2", "chairman_of", "unmankind", "chair man", "chàirman",
        "man made", "https://example.org/chairman", "http://mankind.example.org", "www.mankind.org/chairman",
        "mankind.org", "chairman@example.org", "mailto:the.chairman@example.org", "see chairman.pdf",
        "HTTPS://EXAMPLE.ORG/CHAIRMAN",
        "https://example.org/?q=mankind,chairman#chairman",
    ],
)  # fmt: skip
def test_parts_of_words_and_addresses_are_left_alone(text: str) -> None:
    assert found(text, ENGLISH) == []


def test_a_term_beside_an_address_is_still_found() -> None:
    assert found("The chairman (https://example.org/chairman) of mankind.", ENGLISH) == ["chairman", "mankind"]
    assert found("Ask chairman@example.org, the chairman.", ENGLISH) == ["chairman"]


@pytest.mark.parametrize(
    ("text", "terms", "expected"),
    [
        ("Les droits de l'homme", FRENCH, ["droits de l'homme"]),
        ("Les droits de l’homme", FRENCH, ["droits de l’homme"]),
        ("Aujourd’hui, l’homme", FRENCH, ["l’homme"]),
        ("les droits de l’homme\net l’homme", FRENCH, ["droits de l’homme", "l’homme"]),
        ("les droits\nde l’homme", FRENCH, ["droits de l’homme"]),
        ("les droits\n\nde l’homme", FRENCH, ["l’homme"]),
        ("La Cour européenne des droits de l’homme", FRENCH, []),
        ("Les citoyens", FRENCH, ["Les citoyens"]),
        ("les citoyens et les villes", FRENCH, ["les citoyens"]),
        ("les cités et les citoyens", FRENCH, ["les citoyens"]),
        ("les citoyens et citoyennes", FRENCH, []),
        ("les citoyens et les citoyennes", FRENCH, []),
        ("les citoyennes et les citoyens", FRENCH, []),
        ("les citoyennes et citoyens", FRENCH, []),
        ("ouvert aux citoyens et aux citoyennes", FRENCH, []),
        ("les concitoyens", FRENCH, []),
        ("Los derechos del hombre", SPANISH, ["derechos del hombre"]),
        ("LOS NIÑOS", SPANISH, ["LOS NIÑOS"]),
        ("los ninos", SPANISH, []),
        ("a los ciudadanos", SPANISH, ["los ciudadanos"]),
        ("las ciudades y los ciudadanos", SPANISH, ["los ciudadanos"]),
        ("los ciudadanos y las ciudades", SPANISH, ["los ciudadanos"]),
        ("los ciudadanos y las ciudadanas", SPANISH, []),
        ("los ciudadanos y ciudadanas", SPANISH, []),
        ("las ciudadanas y los ciudadanos", SPANISH, []),
        ("a las ciudadanas y a los ciudadanos", SPANISH, []),
        ("las alcaldesas y los alcaldes", SPANISH, []),
        ("los alcaldes y las alcaldesas", SPANISH, []),
        ("las y los participantes", SPANISH, []),
        ("los participantes y las participantes", SPANISH, []),
        ("las alcaldesas y los alcaldes; más tarde, los alcaldes", SPANISH, ["los alcaldes"]),
        ("los ciudadanos" + unicodedata.normalize("NFD", " y los niños"), SPANISH, ["los ciudadanos", "los niños"]),
    ],
)
def test_terms_of_several_words(text: str, terms: dict[str, str], expected: list[str]) -> None:
    assert found(text, terms) == expected


def test_a_longer_term_wins_over_a_shorter_one_inside_it() -> None:
    terms = {"man": "person", "man in the street": "people", "the street": "the road"}
    assert found("the man in the street", terms) == ["man in the street"]
    assert found("the man in the street, a man", terms) == ["man in the street", "man"]


def test_a_hint_names_the_term_as_it_stands_its_alternative_and_its_place() -> None:
    text = "Our Chairman of mankind"
    first, second = hints(text, ENGLISH)
    assert (first.found, first.alternative, first.position) == ("Chairman", "chair", 4)
    assert text[second.position :] == "mankind"
    assert first.sentence == "“Chairman”: “chair” includes everybody."


def test_a_term_that_is_its_own_alternative_is_left_alone() -> None:
    assert found("the Chairman", {"chairman": "Chairman"}) == []
    assert (
        found("the chairman of the board", {"chairman": "chair", "Chairman of the board": "chairman of the board"})
        == []
    )


@pytest.mark.parametrize("term", ["c++", "a.b*", "(a)", "[x", "\\d+"])
def test_signs_in_a_term_are_signs(term: str) -> None:
    assert found(f"x {term} y", {term: "other"}) == [term]
    assert found("abb 12 aab", {term: "other"}) == []


@given(st.text(max_size=300), st.dictionaries(st.text(min_size=1, max_size=12), st.text(max_size=12), max_size=5))
def test_any_text_gets_each_term_at_most_once_and_where_it_stands(text: str, terms: dict[str, str]) -> None:
    said = hints(text, terms)
    assert len({term_key(hint.found) for hint in said}) == len(said)
    assert [hint.position for hint in said] == sorted(hint.position for hint in said)
    composed = unicodedata.normalize("NFC", text)
    for hint in said:
        assert composed[hint.position :].startswith(hint.found.split()[0])


@pytest.mark.parametrize(
    "piece",
    ["a", "a.", "a@", "los ciudadanos y ", "chairman ", "chairmen mankind ", "a-", "ab ab y ", "www.", "á", " "],
)
def test_long_texts_are_read_to_their_end(piece: str) -> None:
    """A pattern that tries every way through such a text would keep the suite from ending."""
    text = piece * (20_000 // len(piece)) + " mankind"
    assert "mankind" in [hint.found for hint in hints(text, {**ENGLISH, **SPANISH})]


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        (("en", "chairman", "chair"), set()),
        (("de", "chairman", "chair"), {"language"}),
        (("", "", ""), {"language", "term", "alternative"}),
        (("en", "x" * 121, "x" * 201), {"term", "alternative"}),
        (("en", "x" * 120, "x" * 200), set()),
        (("en", "he", "they"), {"term"}),
        (("en", "...", "they"), {"term"}),
        (("en", "(chairman)", "they"), {"term"}),
    ],
)
def test_a_term_is_a_word_with_an_alternative_in_a_known_language(
    given: tuple[str, str, str], fields: set[str]
) -> None:
    assert set(term_problems(*given, languages=("en", "es", "fr"))) == fields
