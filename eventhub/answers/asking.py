"""Ask a question: its answer is a section with sentences and tables, the same for pages, the command and JSON."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date

from eventhub.answers.rules import QUESTIONS, Question
from eventhub.errors import NotFound
from eventhub.sections import Section
from eventhub.speakers.rules import Counts
from eventhub.statistics.disclosure import HIDDEN, ShownCounts, exact
from eventhub.words import Sentence


@dataclass(frozen=True)
class Asked:
    """
    What a question is asked about, and by whom.

    `is_exact`: numbers by gender as they are, for data stewards. `today` is
    where questions about what is coming begin. `series` and `campaign` are
    addresses; empty: all of the year.
    """

    year: int
    today: date
    is_exact: bool = False
    series: str = ""
    campaign: str = ""
    may_edit_events: bool = False


Answer = Callable[[Asked], Awaitable[Section]]
ANSWERS: dict[int, Answer] = {}


def answers(number: int) -> Callable[[Answer], Answer]:
    """Register the answer to a question."""

    def register(answer: Answer) -> Answer:
        ANSWERS[number] = answer
        return answer

    return register


def question(number: int) -> Question:
    """
    A question by its number.

    Raises:
        NotFound: there is none.

    """
    if number not in QUESTIONS:
        raise NotFound(Sentence("There are questions 1 to %(last)s.", last=max(QUESTIONS)))
    return QUESTIONS[number]


async def ask(number: int, asked: Asked) -> Section:
    """
    The answer to a question.

    Raises:
        NotFound: there is no such question, series or campaign.

    """
    question(number)
    from eventhub.answers import bodies, events, labs, members, parity  # noqa: F401  they register their answers

    return await ANSWERS[number](asked)


def section(number: int, *sentences: Sentence, **parts: object) -> Section:
    """The section of an answer."""
    return Section(f"question-{number}", QUESTIONS[number].words, tuple(sentences), **parts)  # type: ignore[arg-type]


def by_gender(counts: Counts, asked: Asked) -> ShownCounts:
    """Counts of a series or a campaign: for data stewards only, since such questions are as free as the explorer's."""
    return exact(counts) if asked.is_exact else HIDDEN


def gender_sentence(found: ShownCounts | None) -> Sentence:
    """Say the shares of women and men, and how many are known."""
    if found is None or found.known is None:
        return Sentence("Numbers of women and men are not shown: the group is too small, or nearly of one gender.")
    if not found.known:
        return Sentence("Nobody of them is known as woman or man.")
    if found.women_pct is None:
        return Sentence(
            "Known are %(women)s and %(men)s; known as neither: %(unknown)s.",
            women=Sentence.counted("%(num)s woman", "%(num)s women", found.women or 0),
            men=Sentence.counted("%(num)s man", "%(num)s men", found.men or 0),
            unknown=found.unknown,
        )  # fmt: skip
    return Sentence(
        "%(women_pct)s%% were women and %(men_pct)s%% men, of %(known)s people known as either; "
        "%(unknown)s are known as neither.",
        women_pct=found.women_pct, men_pct=found.men_pct, known=found.known, unknown=found.unknown,
    )  # fmt: skip
