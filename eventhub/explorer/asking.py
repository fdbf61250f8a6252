"""A question as it comes by an address, judged for whoever asks."""

from collections.abc import Mapping

from eventhub.errors import Problems
from eventhub.explorer.queries import Choices
from eventhub.explorer.rules import Question, asked
from eventhub.words import Sentence


def question_of(given: Mapping[str, str], choices: Choices, *, sees_gender: bool) -> Question:
    """
    The question, if this reader may ask it.

    Numbers by gender are for data stewards alone, and not even rounded for
    others: whoever can choose filters freely can subtract one answer from
    another (docs/decisions/0017-published-numbers.md, 0021-explorer.md).

    Raises:
        Problems: with every fault, by parameter.

    """
    question, problems = asked(given, choices.known)
    if given.get("gender") and not sees_gender:
        problems["gender"] = [
            Sentence(
                "Only data stewards see women and men here: answers to free questions could tell about single people. "
                "The figures of a year have protected numbers."
            )
        ]
    if problems:
        raise Problems(problems)
    return question
