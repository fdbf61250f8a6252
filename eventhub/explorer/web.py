"""The explorer for staff: a form whose address is the question, the answer under it, and what lies behind each row."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException

from eventhub.access import Policy, open_to, sees_small_groups
from eventhub.downloads import download
from eventhub.errors import Problems
from eventhub.explorer.asking import question_of
from eventhub.explorer.queries import Choices, answer, behind, choices
from eventhub.explorer.rules import PARAMETERS, WORDS, Dimension, Measure, Question, definitions
from eventhub.explorer.sheets import (
    DIMENSIONS,
    INVOLVEMENTS,
    MEASURES,
    columns_of,
    finding,
    name_of,
    rows_of,
    section_of,
    title_of,
)
from eventhub.languages import say
from eventhub.pages import THEMES, render
from eventhub.words import Sentence

ON_A_PAGE = 50
#: Parameters of every page: they choose the language and the hour, and ask for nothing.
_OF_ALL_PAGES = frozenset({"lang", "tz", "page_number"})


@get("/staff/explorer", opt=open_to(Policy.STAFF))
async def explorer(request: Request[Any, Any, Any]) -> Response[str]:
    """The form, and the answer to what it asks."""
    known, given = await choices(), _given(request)
    problems: dict[str, list[str]] = {}
    section = question = None
    sentence: str = ""
    try:
        question = question_of(given, known, sees_gender=sees_small_groups(request))
        found = await answer(question, known.names)
        links = tuple(_behind_address(question.narrowed(group.key)) for group in found.groups)
        section, sentence = section_of(found, known.names, links), finding(found, known.names)
    except Problems as wrong:
        problems = wrong.fields
    return render(
        request,
        "explorer/explorer",
        status_code=422 if problems else 200,
        given=given,
        problems=problems,
        section=section,
        finding=sentence,
        behind=_behind_address(question) if question and section else None,
        address=urlencode(question.parameters) if question and section else "",
        fields=_fields(known),
        members=known.members,
        measures=MEASURES,
        dimensions=DIMENSIONS,
        sees_gender=sees_small_groups(request),
    )


@get(["/staff/explorer.csv", "/staff/explorer.xlsx", "/staff/explorer.json"], opt=open_to(Policy.STAFF))
async def explorer_file(request: Request[Any, Any, Any]) -> Response[Any]:
    """The table of an answer as a file: the same rows and numbers, codes and names."""
    form = request.scope["path"].rpartition(".")[2]
    if form not in ("csv", "xlsx", "json"):
        raise NotFoundException
    known = await choices()
    question = question_of(_given(request), known, sees_gender=sees_small_groups(request))
    found = await answer(question, known.names)
    rows = [tuple(say(cell) if isinstance(cell, str) else cell for cell in row) for row in rows_of(found, known.names)]
    columns = [column.code for column in columns_of(found, known.names)]
    return download(form, "explorer", say(title_of(question)), columns, rows)


@get("/staff/explorer/behind", opt=open_to(Policy.STAFF))
async def behind_numbers(request: Request[Any, Any, Any]) -> Response[str]:
    """The very events, or labs, that a question counts."""
    known, given = await choices(), _given(request)
    try:
        question = question_of(given, known, sees_gender=sees_small_groups(request))
    except Problems as wrong:
        return render(
            request, "explorer/behind", status_code=422, problems=wrong.fields, question=None, found=(), total=0,
            number=1, pages=1, filters=(), definitions=(), counted="", address="",
        )  # fmt: skip
    text = request.query_params.get("page_number", "1")
    number = max(1, min(int(text), 10_000)) if text.isascii() and text.isdigit() and len(text) < 6 else 1
    found, total = await behind(question, limit=ON_A_PAGE, offset=(number - 1) * ON_A_PAGE)
    return render(
        request,
        "explorer/behind",
        problems={},
        question=question,
        found=found,
        total=total,
        number=number,
        pages=max(1, -(-total // ON_A_PAGE)),
        filters=_filters(question, known),
        definitions=definitions(question),
        counted=MEASURES[question.count],
        shows_numbers=question.count not in (Measure.EVENTS, Measure.LABS),
        address=urlencode(question.parameters),
    )


def _given(request: Request[Any, Any, Any]) -> dict[str, str]:
    """
    What the address says; an empty field of the form says nothing.

    The switch of appearance calls its parameter `theme` as well; dark is no theme of events.
    """
    return {
        name: value.replace("\x00", " ")
        for name, value in request.query_params.items()
        if name not in _OF_ALL_PAGES and (value or name not in PARAMETERS) and not (name == "theme" and value in THEMES)
    }


def _behind_address(question: Question) -> str:
    return f"/staff/explorer/behind?{urlencode(question.parameters)}"


def _fields(known: Choices) -> Sequence[tuple[str, str, Sequence[tuple[str, str]]]]:
    """The filters with the choices of each; members come in groups and have their own field."""
    found = []
    for name in WORDS:
        dimension = Dimension(name)
        if dimension is Dimension.MEMBER:
            continue
        options = [(code, name_of(dimension, code, known.names)) for code in known.names[dimension]]
        if dimension is Dimension.INVOLVEMENT:
            options = [*INVOLVEMENTS.items(), *options]
        found.append((name, DIMENSIONS[dimension], options))
    return found


def _filters(question: Question, known: Choices) -> list[tuple[str, str]]:
    """Filters in use, each with the name of what it narrows to."""
    found: list[tuple[str, str]] = []
    first, last = question.days
    if question.year is not None:
        found.append((DIMENSIONS[Dimension.YEAR], str(question.year)))
    elif first or last:
        found.append((Sentence("Days"), f"{first or '…'} – {last or '…'}"))
    for name in WORDS:
        if code := getattr(question, name):
            dimension = Dimension(name)
            found.append((DIMENSIONS[dimension], INVOLVEMENTS.get(code) or name_of(dimension, code, known.names)))
    return found


EXPLORER_PAGES: list[Any] = [explorer, explorer_file, behind_numbers]
