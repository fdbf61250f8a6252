"""
The thirty questions that the association asks of its year. Source: the domain brief, section 7.

A question is a number, its words and what it needs besides the year.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from eventhub.words import Sentence


class Needs(StrEnum):
    """What a question needs besides its year."""

    NOTHING = "nothing"
    SERIES = "series"
    CAMPAIGN = "campaign"


@dataclass(frozen=True)
class Question:
    """One question; `goes_by_year` is false for what looks from today on."""

    number: int
    words: Sentence
    needs: Needs = Needs.NOTHING
    goes_by_year: bool = True


_SERIES, _CAMPAIGN = Needs.SERIES, Needs.CAMPAIGN

QUESTIONS: Mapping[int, Question] = {
    one.number: one
    for one in (
        Question(1, Sentence("How many own events were held, by kind, mode and action line?")),
        Question(2, Sentence("How many people were engaged at own events, and what share were women?")),
        Question(3, Sentence("How does that change when all events led or co-led are counted?")),
        Question(4, Sentence("What share of the speakers were women, in all and by region?")),
        Question(5, Sentence("Which panels of the coming three months are not balanced, and who is missing?"), goes_by_year=False),
        Question(6, Sentence("Among speakers of political level, what was the share of women this year and last year?")),
        Question(7, Sentence("Which events were published with a parity exception, by whom, and why?")),
        Question(8, Sentence("In how many events of others did we take part, and how many were by allies?")),
        Question(9, Sentence("How many members and people came to the general assembly, and how many with political level?")),
        Question(10, Sentence("What was the attendance rate of the board, and which seats were empty each time?")),
        Question(11, Sentence("How many meetings of each statutory body were held, online and in person?")),
        Question(12, Sentence("How many people, cities, countries, representatives and members were at the congress?")),
        Question(13, Sentence("Which members sent nobody to any event?")),
        Question(14, Sentence("Which members are activated at the end of each quarter, and what is the rate?")),
        Question(15, Sentence("What does the engagement matrix look like?")),
        Question(16, Sentence("How many learning activities were held, for how many people, with which share of women?")),
        Question(17, Sentence("How many members from which regions joined learning activities?")),
        Question(18, Sentence("How many experts gave learning sessions, and what share were women?")),
        Question(19, Sentence("How many speakers and participants had a series of events, women and men, and which members?"), _SERIES),
        Question(20, Sentence("How many events had a campaign, by organiser?"), _CAMPAIGN),
        Question(21, Sentence("Which members organised or spoke at a campaign, which took part, and how often?"), _CAMPAIGN),
        Question(22, Sentence("How many people were engaged in own events of a campaign, and what share were women?"), _CAMPAIGN),
        Question(23, Sentence("How many Solutions Labs ran, with how many active member cities?")),
        Question(24, Sentence("What are the shares of women and men in each Solutions Lab, and over all?")),
        Question(25, Sentence("Which Solutions Labs have several thematic priorities, and which priority has the fewest?")),
        Question(26, Sentence("How many applications did the calls get, from whom, how many were accepted, and what followed?")),
        Question(27, Sentence("How satisfied were participants of Solutions Labs, what may be quoted, what is still open?")),
        Question(28, Sentence("Did attendance at this edition of a series grow against the last one, and by what ratio?"), _SERIES),
        Question(29, Sentence("Which events on gender did we lead, co-lead or speak at, and did each annual meeting have one?")),
        Question(30, Sentence("What does the calendar annex look like, and which rows lack an end, a place or attendance?")),
    )
}  # fmt: skip
