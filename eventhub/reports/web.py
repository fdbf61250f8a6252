"""Pages of annual reports: the desk's, on which editions are published, and the public ones."""

import re
from collections import OrderedDict
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from eventhub.access import Policy, account_of, open_to, sees_small_groups
from eventhub.errors import Problems, Refusal
from eventhub.pages import redirect, render
from eventhub.reports.building import report_of
from eventhub.reports.commands import AlreadyWithdrawn, PublishedMeanwhile, publish_edition, withdraw_edition
from eventhub.reports.documents import Imprint, file_of
from eventhub.reports.forms import EditionForm, WithdrawForm
from eventhub.reports.queries import (
    EditionRow,
    content_of,
    edition_by_number,
    editions,
    public_edition,
    public_editions,
)
from eventhub.reports.rules import FORMATS, MEDIA_TYPES, MOST_CHANGES, Report, changes_between, file_name, for_page
from eventhub.settings import current_settings
from eventhub.statistics.queries import checked_year, years_with_figures
from eventhub.words import Sentence

#: Files of editions never change, so that each is made once; about 200 kB each.
_made: OrderedDict[tuple[UUID, bool, str, str], bytes] = OrderedDict()
_MOST_MADE = 36


class DeskReports(Controller):
    """The report of a year as it stands, and its editions."""

    path = "/staff/figures/{name:str}/report"
    opt = open_to(Policy.STAFF)

    @get("/")
    async def show(self, request: Request[Any, Any, Any], name: FromPath[str]) -> Response[str]:
        """The report to be read, its files, and its editions."""
        return await _desk_page(request, _year(name), EditionForm())

    @post("/", opt=open_to(Policy.PUBLISH_REPORTS))
    async def publish(
        self, request: Request[Any, Any, Any], name: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Publish it as the next edition."""
        year = _year(name)
        form = EditionForm(await request.form())
        try:
            if form.validate():
                account = account_of(request).account_id
                done = await publish_edition(year, form.note.data or "", after=form.seen, now=now, account_id=account)
                return redirect(
                    f"/staff/figures/{year}/report/editions/{done.number}",
                    Sentence("Edition %(number)s has been published.", number=done.number),
                )
        except Problems as problems:
            form.add_problems(problems)
        except PublishedMeanwhile as refusal:
            return await _desk_page(request, year, form, refusal)
        return await _desk_page(request, year, form)

    @get("/files/{file:str}")
    async def download(
        self,
        request: Request[Any, Any, Any],
        name: FromPath[str],
        file: FromPath[str],
        now: NamedDependency[datetime],
    ) -> Response[bytes]:
        """The report as it stands, as a file such as `annual-report-2024-en.docx`."""
        year = _year(name)
        language, form = _asked(year, None, file)
        report = await report_of(year, is_exact=sees_small_groups(request))
        return _file(file, form, await file_of(report, language, form, Imprint(now.date())))

    @get("/editions/{number:int}")
    async def edition(
        self, request: Request[Any, Any, Any], name: FromPath[str], number: FromPath[int]
    ) -> Response[str]:
        """One edition: its files, and what has changed since it was printed."""
        return await _edition_page(request, await edition_by_number(_year(name), number), WithdrawForm())

    @post("/editions/{number:int}/withdraw", opt=open_to(Policy.PUBLISH_REPORTS))
    async def withdraw(
        self, request: Request[Any, Any, Any], name: FromPath[str], number: FromPath[int], now: NamedDependency[datetime]
    ) -> Response[Any]:  # fmt: skip
        """Take an edition back; it is kept."""
        edition = await edition_by_number(_year(name), number)
        form = WithdrawForm(await request.form())
        try:
            if form.validate():
                account = account_of(request).account_id
                await withdraw_edition(edition.year, number, form.reason.data or "", now=now, account_id=account)
                return redirect(
                    f"/staff/figures/{edition.year}/report/editions/{number}",
                    Sentence("Edition %(number)s has been withdrawn.", number=number),
                )
        except Problems as problems:
            form.add_problems(problems)
        except AlreadyWithdrawn as refusal:
            return await _edition_page(request, await edition_by_number(edition.year, number), form, refusal)
        return await _edition_page(request, edition, form)

    @get("/editions/{number:int}/{file:str}")
    async def edition_file(
        self, name: FromPath[str], number: FromPath[int], file: FromPath[str]
    ) -> Response[bytes]:  # fmt: skip
        """An edition as a file, withdrawn or not."""
        edition = await edition_by_number(_year(name), number)
        return await _edition_file(edition, file)


class PublicReports(Controller):
    """What is published: the newest edition of each year."""

    path = "/reports"
    opt = open_to(Policy.PUBLIC)

    @get("/")
    async def index(self, request: Request[Any, Any, Any]) -> Response[str]:
        """All years of which a report is published."""
        return render(request, "reports/public_list", editions=await public_editions())

    @get("/{year:int}")
    async def show(self, request: Request[Any, Any, Any], year: FromPath[int]) -> Response[str]:
        """The newest edition of a year, with its files."""
        found = await public_edition(checked_year(year))
        withdrawn = [one for one in await editions(year) if one.is_withdrawn]
        return render(
            request, "reports/public", edition=found, report=for_page(await content_of(found.id)), withdrawn=withdrawn,
            files=_files(year, found.number), at=f"/reports/{year}",
        )  # fmt: skip

    @get("/{year:int}/{file:str}")
    async def download(self, year: FromPath[int], file: FromPath[str]) -> Response[bytes]:
        """The newest edition as a file, such as `annual-report-2024-edition-1-en.docx`."""
        return await _edition_file(await public_edition(checked_year(year)), file)


def _year(name: str) -> int:
    if not re.fullmatch("[0-9]{4}", name):
        raise NotFoundException
    return checked_year(int(name))


def _files(year: int, edition: int | None) -> list[tuple[str, list[tuple[str, str]]]]:
    """Languages with the format and name of each of their files."""
    return [
        (language, [(form, file_name(year, edition, language, form)) for form in FORMATS])
        for language in current_settings().language_codes
    ]


def _asked(year: int, edition: int | None, file: str) -> tuple[str, str]:
    """
    Language and format of a file by its name.

    Raises:
        NotFoundException: there is no such file.

    """
    for language, named in _files(year, edition):
        for form, name in named:
            if name == file:
                return language, form
    raise NotFoundException


def _file(name: str, form: str, content: bytes, *, keep: str = "no-store") -> Response[bytes]:
    """A file to keep; its name is ours, so it needs no quoting."""
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": keep,
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, media_type=MEDIA_TYPES[form], headers=headers)


async def _edition_file(edition: EditionRow, file: str) -> Response[bytes]:
    language, form = _asked(edition.year, edition.number, file)
    key = (edition.id, edition.is_withdrawn, language, form)
    if key not in _made:
        imprint = Imprint(edition.published_at.date(), edition.number, edition.note, edition.is_withdrawn)
        _made[key] = await file_of(await content_of(edition.id), language, form, imprint)
        while len(_made) > _MOST_MADE:
            _made.popitem(last=False)
    _made.move_to_end(key)
    return _file(file, form, _made[key])


async def _desk_page(
    request: Request[Any, Any, Any], year: int, form: EditionForm, refusal: Refusal | None = None
) -> Response[str]:
    found = await editions(year)
    form.after.raw_data = None
    form.after.data = str(found[0].number if found else 0)
    years = await years_with_figures()
    report = await report_of(year, is_exact=sees_small_groups(request))
    return render(
        request, "reports/desk", year=year, report=for_page(report), form=form, editions=found, files=_files(year, None),
        years=sorted({*years, year}, reverse=True), said=refusal.sentences if refusal else (),
        changed=len(await _changes(found[0])) if found else 0, at=f"/staff/figures/{year}/report/files",
        status_code=409 if refusal else 422 if form.errors else 200,
    )  # fmt: skip


async def _changes(edition: EditionRow) -> list[Any]:
    return changes_between(await content_of(edition.id), await report_of(edition.year, is_exact=False))


async def _edition_page(
    request: Request[Any, Any, Any], edition: EditionRow, form: WithdrawForm, refusal: Refusal | None = None
) -> Response[str]:
    report: Report = await content_of(edition.id)
    changes = await _changes(edition)
    return render(
        request, "reports/edition", edition=edition, report=report, changes=changes[:MOST_CHANGES],
        number_of_changes=len(changes), form=form, files=_files(edition.year, edition.number),
        at=f"/staff/figures/{edition.year}/report/editions/{edition.number}",
        said=refusal.sentences if refusal else (), status_code=409 if refusal else 422 if form.errors else 200,
    )  # fmt: skip


REPORT_PAGES: list[Any] = [DeskReports, PublicReports]
