"""The thirty questions on the command line."""

import click

from eventhub.cli import fail, main, run, show


@main.command("answer")
@click.argument("number", type=int)
@click.option("--year", type=click.IntRange(1985, 2100), help="The year asked about; without it this one.")
@click.option("--series", default="", metavar="SLUG", help="Only this series: questions 19 and 28.")
@click.option("--campaign", default="", metavar="SLUG", help="Only this campaign: questions 20 to 22.")
@click.option("--protected", is_flag=True, help="Numbers by gender as everybody sees them, not as data stewards do.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def answer(number: int, year: int | None, series: str, campaign: str, protected: bool, as_json: bool) -> None:
    """
    Answer question NUMBER, 1 to 30, in sentences and tables. `eventhub questions` lists them.

    Example: eventhub answer 10 --year 2024
    """
    from eventhub.answers.asking import Asked, ask, question
    from eventhub.answers.printing import as_text, as_values
    from eventhub.database import utc_now
    from eventhub.errors import NotFound

    try:
        needs = question(number).needs
    except NotFound as refusal:
        fail("\n".join(refusal.sentences))
    for option, given in (("series", series), ("campaign", campaign)):
        if given and needs != option:
            fail(f"--{option} is not for question {number}; please leave it out.")
    today = utc_now().date()
    asked = Asked(
        year or today.year, today, is_exact=not protected, series=series, campaign=campaign, may_edit_events=True
    )  # fmt: skip
    found = run(lambda: ask(number, asked))
    show(as_values(found), as_json, as_text(found))


@main.command("questions")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def questions(as_json: bool) -> None:
    """
    List the questions that `eventhub answer` answers.

    Example: eventhub questions
    """
    from eventhub.answers.rules import QUESTIONS

    show(
        [{"number": one.number, "question": str(one.words)} for one in QUESTIONS.values()],
        as_json,
        "\n".join(f"{one.number:>2}  {one.words}" for one in QUESTIONS.values()),
    )
