"""Every message has its words in every language, with the same placeholders."""

import re
from functools import cache

import pytest
from babel.messages.pofile import read_po

from eventhub.languages import say, speaking, translations
from eventhub.resources import LOCALES
from eventhub.words import Sentence
from locales.extract import LANGUAGES, collected

_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%")


messages = cache(collected)


@cache
def _catalogue(language: str):
    with (LOCALES / language / "LC_MESSAGES" / "eventhub.po").open("rb") as file:
        return read_po(file, locale=language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_of_the_code_is_translated(language):
    known = _catalogue(language)
    missing = []
    for message in messages():
        if not message.id:
            continue
        key = message.id[0] if isinstance(message.id, tuple) else message.id
        found = known.get(key)
        texts = found.string if found is not None else ""
        if not (all(texts) if isinstance(texts, tuple) else texts):
            missing.append(key)
    assert missing == [], "run `make messages` and translate what is new"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_keeps_the_placeholders_of_its_message(language):
    wrong = []
    for message in _catalogue(language):
        if not message.id:
            continue
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        wanted = set(_PLACEHOLDER.findall(ids[-1]))
        wrong += [text for text in texts if text and not set(_PLACEHOLDER.findall(text)) <= wanted]
        wrong += [texts[-1]] if texts[-1] and set(_PLACEHOLDER.findall(texts[-1])) != wanted else []
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_uses_a_form_that_leaves_people_out(language):
    forbidden = re.compile(r"\b(Sr|Sra|M|Mme|Mr|Mrs)\.\s|@s\b|\b\w+[oe]s/as\b|·e?s?\b|usuari|utilisateur", re.I)
    texts = [
        text
        for message in _catalogue(language)
        if message.id
        for text in (message.string if isinstance(message.string, tuple) else (message.string,))
    ]
    assert [text for text in texts if forbidden.search(text)] == []


def test_a_sentence_of_a_rule_is_said_in_the_language_of_the_reader():
    sentence = Sentence("Please give a title.")
    assert sentence == "Please give a title."
    spoken = {language: say(sentence, language) for language in ("en", *LANGUAGES)}
    assert spoken["en"] == "Please give a title."
    assert len(set(spoken.values())) == 3


def test_a_counted_sentence_takes_the_form_of_its_number():
    assert Sentence.counted("%(num)s woman", "%(num)s women", 1) == "1 woman"
    assert Sentence.counted("%(num)s woman", "%(num)s women", 0) == "0 women"
    many = Sentence.counted("%(num)s woman", "%(num)s women", 12_450)
    assert (many, say(many, "es"), say(many, "fr")) == ("12,450 women", "12.450 mujeres", "12\u202f450 femmes")
    with speaking("fr"):
        assert translations("fr").ungettext("%(num)s woman", "%(num)s women", 0) != "%(num)s women"


def test_apostrophes_of_french_are_those_of_print():
    texts = [
        text
        for message in _catalogue("fr")
        for text in (message.string if isinstance(message.string, tuple) else (message.string,))
        if message.id
    ]
    assert [text for text in texts if re.search(r"\w'\w", text)] == []
