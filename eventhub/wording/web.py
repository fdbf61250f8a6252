"""Pages: inclusive wording: words that are pointed out, with an alternative."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery

from eventhub import languages
from eventhub.access import Policy, account_of, open_to
from eventhub.errors import Problems
from eventhub.pages import redirect, render
from eventhub.settings import current_settings
from eventhub.wording.commands import add_term, change_term, existing_term, remove_term
from eventhub.wording.forms import TermForm
from eventhub.wording.queries import glossary
from eventhub.words import Sentence


class Wording(Controller):
    """The glossary by language; programme staff extend it."""

    path = "/staff/wording"
    opt = open_to(Policy.STAFF)

    @get("/")
    async def index(self, request: Request[Any, Any, Any], language: FromQuery[str] = "") -> Response[str]:
        """The terms of one language, the reader's unless another is asked for."""
        return await _page(request, language)

    @post("/", opt=open_to(Policy.EDIT_DIRECTORY))
    async def create(self, request: Request[Any, Any, Any], now: NamedDependency[datetime]) -> Response[Any]:
        """Add a term."""
        form = TermForm(await request.form())
        language = form.language.data or ""
        if form.validate():
            try:
                term = await add_term(
                    language, form.term.data, form.alternative.data, now=now, account_id=account_of(request).account_id
                )
                return redirect(_list(language), Sentence("“%(term)s” is pointed out from now on.", term=term))
            except Problems as problems:
                form.add_problems(problems)
        return await _page(request, language, form=form, status_code=422)

    @get("/change", opt=open_to(Policy.EDIT_DIRECTORY))
    async def edit(
        self, request: Request[Any, Any, Any], language: FromQuery[str] = "", term: FromQuery[str] = ""
    ) -> Response[str]:
        """The alternative that stands, to be changed."""
        row = await existing_term(language, term)
        form = _change_form(None, data={"alternative": row.alternative})
        return render(request, "wording/change", row=row, form=form, back=_list(row.language))

    @post("/change", opt=open_to(Policy.EDIT_DIRECTORY))
    async def update(self, request: Request[Any, Any, Any], now: NamedDependency[datetime]) -> Response[Any]:
        """Give a term another alternative."""
        posted = await request.form()
        row = await existing_term(str(posted.get("language", "")), str(posted.get("term", "")))
        form = _change_form(posted)
        if form.validate():
            try:
                await change_term(
                    row.language, row.term, form.alternative.data, now=now, account_id=account_of(request).account_id
                )
                return redirect(_list(row.language), Sentence("The alternative is changed."))
            except Problems as problems:
                form.add_problems(problems)
        return render(request, "wording/change", status_code=422, row=row, form=form, back=_list(row.language))

    @post("/remove", opt=open_to(Policy.EDIT_DIRECTORY))
    async def remove(self, request: Request[Any, Any, Any], now: NamedDependency[datetime]) -> Response[Any]:
        """Remove a term of staff's own."""
        posted = await request.form()
        language = str(posted.get("language", ""))
        await remove_term(
            language, str(posted.get("term", "")), now=now, account_id=account_of(request).account_id
        )  # fmt: skip
        return redirect(_list(language), Sentence("The term is removed."))


def _list(language: str) -> str:
    return f"/staff/wording?{urlencode({'language': language})}"


def _change_form(posted: Any, **values: Any) -> TermForm:
    form = TermForm(posted, **values)
    del form.language, form.term
    return form


async def _page(
    request: Request[Any, Any, Any], language: str, *, form: TermForm | None = None, status_code: int = 200
) -> Response[str]:
    known = current_settings().language_codes
    shown = language if language in known else languages.current()
    return render(
        request,
        "wording/wording",
        status_code=status_code,
        language=shown,
        known=known,
        terms=await glossary(shown),
        form=form or TermForm(data={"language": shown}),
    )


WORDING_PAGES: list[Any] = [Wording]
