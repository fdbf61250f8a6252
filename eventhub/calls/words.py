"""What pages say for labs and for whatever else starts with a call; the words are those of the templates."""

from collections import defaultdict

from eventhub import languages
from eventhub.calls.queries import kind_words
from eventhub.calls.rules import KindWords
from eventhub.words import Sentence

#: Labs come with words of their own, so that pages speak before any template is loaded.
_LAB = {
    "one": Sentence("Solutions Lab"),
    "many": Sentence("Solutions Labs"),
    "lead": Sentence(
        "In a Solutions Lab a small group of experts and city people works on one urban problem, "
        "shares real cases and leaves with something it can apply."
    ),
    "numbered": Sentence("Solutions Lab %(number)s of %(year)s", number="%(number)s", year="%(year)s"),
    "round": Sentence("Round of %(year)s", year="%(year)s"),
    "new": Sentence("New lab"),
    "change": Sentence("Change the lab"),
    "places": Sentence("Places in the group"),
}


async def words_of_kinds() -> dict[str, KindWords]:
    """The words of every kind in the reader's language; a kind without a template speaks as labs do."""
    own = KindWords(**{name: languages.say(words) for name, words in _LAB.items()})
    found = {kind: _filled_up(words) for kind, words in (await kind_words(languages.current())).items()}
    return defaultdict(lambda: own, {"lab": own} | found)


async def words_of(kind: str) -> KindWords:
    """The words of one kind."""
    return (await words_of_kinds())[kind]


def _filled_up(words: KindWords) -> KindWords:
    """Headings that a template leaves out are made of its names."""
    return KindWords(
        one=words.one or words.many,
        many=words.many or words.one,
        lead=words.lead,
        numbered=words.numbered,
        round=words.round,
        new=words.new or languages.gettext("New: %(what)s") % {"what": words.one or words.many},
        change=words.change or languages.gettext("Change: %(what)s") % {"what": words.one or words.many},
        places=words.places or languages.gettext("Places"),
    )
