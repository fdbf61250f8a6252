"""Pages of the engagement of members: the matrix, one member, a quarter, who sent nobody, and the import of a printed matrix."""

import base64
import re
import zlib
from datetime import datetime
from typing import Any

from itsdangerous import BadSignature, URLSafeTimedSerializer
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Stream

from eventhub.access import Policy, account_of, identity_of, open_to
from eventhub.downloads import download
from eventhub.engagement.commands import confirm_quarter, state_cells
from eventhub.engagement.forms import MatrixForm, cells_form, words_of
from eventhub.engagement.imports import import_engagement
from eventhub.engagement.queries import (
    MemberEngagement,
    activation_of,
    engagement_of,
    member_engagement,
    members_that_sent_nobody,
)
from eventhub.engagement.rules import QUARTERS
from eventhub.engagement.sections import absent_section, activation_section
from eventhub.engagement.sheets import absent_sheet, closing, engagement_sheet, shown
from eventhub.errors import Problems
from eventhub.importing import ImportCollision
from eventhub.pages import redirect, render
from eventhub.settings import current_settings
from eventhub.spreadsheets import BadFile, ImportReport
from eventhub.statistics.queries import checked_year
from eventhub.words import Sentence

#: Bytes of an upload: a matrix of 200 members has some 20,000.
_UPLOAD_LIMIT = 2_000_000
_PREVIEW_SECONDS = 3600


class Engagement(Controller):
    """The engagement matrix of a year, and what stands behind it."""

    path = "/staff/figures/{name:str}"
    opt = open_to(Policy.STAFF)

    @get("/engagement")
    async def show(self, request: Request[Any, Any, Any], name: FromPath[str]) -> Response[str]:
        """The matrix as a page."""
        matrix = await engagement_of(_year(name))
        total = matrix.total()
        return render(
            request,
            "engagement/matrix",
            year=matrix.year,
            matrix=matrix,
            shown=shown,
            total_members=matrix.total_members(),
            total={code: closing(number) for code, number in total.items()},
        )

    @get("/engagement.csv")
    async def as_csv(self, name: FromPath[str]) -> Stream:
        """The matrix as a file that can be imported again."""
        return await _matrix_file(_year(name), "csv")

    @get("/engagement.xlsx")
    async def as_xlsx(self, name: FromPath[str]) -> Stream:
        """The matrix as a workbook that can be imported again."""
        return await _matrix_file(_year(name), "xlsx")

    @get("/engagement/{key:str}")
    async def member(self, request: Request[Any, Any, Any], name: FromPath[str], key: FromPath[str]) -> Response[str]:
        """Every event, lab, meeting and word that made the row of one member."""
        return _member_page(request, await _found(request, _year(name), key))

    @post("/engagement/{key:str}", opt=open_to(Policy.EDIT_DIRECTORY))
    async def state(
        self,
        request: Request[Any, Any, Any],
        name: FromPath[str],
        key: FromPath[str],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Type in cells of a member; an empty field takes back what was said."""
        year = _year(name)
        found = await _found(request, year, key)
        form = cells_form(found.columns, found.row, await request.form())
        try:
            changed = await state_cells(
                year, found.row.key, form.texts(), now=now, account_id=account_of(request).account_id
            )
        except Problems as problems:
            form.add_problems(problems)
            return _member_page(request, found, form)
        return redirect(
            f"/staff/figures/{year}/engagement/{found.row.key}",
            Sentence.counted("%(num)s cell has been changed.", "%(num)s cells have been changed.", changed),
        )


class SentNobody(Controller):
    """Members that sent nobody to any event of a year."""

    path = "/staff/figures/{name:str}"
    opt = open_to(Policy.STAFF)

    @get("/sent-nobody")
    async def show(self, request: Request[Any, Any, Any], name: FromPath[str]) -> Response[str]:
        """They, by name."""
        year = _year(name)
        rows = await members_that_sent_nobody(year)
        return render(request, "engagement/sent_nobody", year=year, section=absent_section(year, rows), rows=rows)

    @get("/sent-nobody.csv")
    async def as_csv(self, name: FromPath[str]) -> Stream:
        """They, as CSV."""
        return await _absent_file(_year(name), "csv")

    @get("/sent-nobody.xlsx")
    async def as_xlsx(self, name: FromPath[str]) -> Stream:
        """They, as XLSX."""
        return await _absent_file(_year(name), "xlsx")


class Quarters(Controller):
    """Which members are activated at the end of each quarter."""

    path = "/staff/figures/{name:str}/engagement-quarters"
    opt = open_to(Policy.STAFF)

    @get("/")
    async def index(self, request: Request[Any, Any, Any], name: FromPath[str]) -> Response[str]:
        """The four quarters with their rates."""
        year = _year(name)
        quarters = tuple([await activation_of(year, quarter) for quarter in QUARTERS])
        return render(
            request, "engagement/quarters", year=year, section=activation_section(quarters), quarters=quarters
        )

    @get("/{quarter:int}")
    async def show(
        self,
        request: Request[Any, Any, Any],
        name: FromPath[str],
        quarter: FromPath[int],
        now: NamedDependency[datetime],
    ) -> Response[str]:
        """All members at the end of a quarter with boxes to confirm them."""
        return await _quarter_page(request, _year(name), _quarter(quarter), now)

    @post("/{quarter:int}", opt=open_to(Policy.EDIT_DIRECTORY), request_max_body_size=_UPLOAD_LIMIT)
    async def confirm(
        self,
        request: Request[Any, Any, Any],
        name: FromPath[str],
        quarter: FromPath[int],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Confirm the whole quarter at once."""
        year, wanted = _year(name), _quarter(quarter)
        words = words_of(await request.form())
        try:
            changed = await confirm_quarter(
                year, wanted, words, now=now, account_id=account_of(request).account_id
            )  # fmt: skip
        except Problems as problems:
            return await _quarter_page(request, year, wanted, now, problems=problems, words=words)
        return redirect(
            f"/staff/figures/{year}/engagement-quarters/{wanted}",
            Sentence.counted(
                "%(num)s member has been confirmed anew.", "%(num)s members have been confirmed anew.", changed
            ),
        )


class MatrixImport(Controller):
    """A printed matrix: first the differences, then the button."""

    path = "/staff/figures/{name:str}/engagement-import"
    opt = open_to(Policy.EDIT_DIRECTORY)

    @get("/")
    async def new(self, request: Request[Any, Any, Any], name: FromPath[str]) -> Response[str]:
        """Choose a file."""
        return render(request, "engagement/import", year=_year(name), form=MatrixForm(), faults=())

    @post("/", request_max_body_size=_UPLOAD_LIMIT, status_code=200)
    async def preview(
        self, request: Request[Any, Any, Any], name: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[str]:
        """Show what the file would change; nothing is written."""
        year = _year(name)
        form = MatrixForm(await request.form())
        if not form.validate():
            return render(request, "engagement/import", status_code=422, year=year, form=form, faults=())
        content, filename, creates = (
            await form.file.data.read(),
            form.file.data.filename,
            bool(form.create_missing.data),
        )
        try:
            report = await import_engagement(
                content, filename, year=year, create_missing=creates, dry_run=True, now=now
            )  # fmt: skip
        except BadFile as bad:
            return render(request, "engagement/import", status_code=422, year=year, form=form, faults=bad.sentences)
        return _differences(request, year, filename, content, creates, report)

    @post("/confirm", request_max_body_size=2 * _UPLOAD_LIMIT)
    async def confirm(
        self, request: Request[Any, Any, Any], name: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Write what was shown; if it would change something else by now, show that first."""
        year = _year(name)
        filename, content, creates, fingerprint = _unpacked(
            request, year, str((await request.form()).get("parcel", ""))
        )  # fmt: skip
        asked: dict[str, Any] = {"year": year, "create_missing": creates, "now": now}
        report = await import_engagement(content, filename, dry_run=True, **asked)
        if report.fingerprint != fingerprint:
            return _differences(request, year, filename, content, creates, report, changed_meanwhile=True)
        done = await import_engagement(
            content, filename, dry_run=False, account_id=account_of(request).account_id, **asked
        )
        return redirect(
            f"/staff/figures/{year}/engagement",
            Sentence(
                "The file has been imported: %(new)s new, %(changed)s changed, %(unchanged)s as before.",
                new=len(done.new),
                changed=done.changed,
                unchanged=done.unchanged,
            ),
        )


def _year(name: str) -> int:
    """
    The year in an address.

    Raises:
        NotFoundException: it is no year.
        NotFound: there are no figures for such a year.

    """
    if not re.fullmatch("[0-9]{4}", name):
        raise NotFoundException
    return checked_year(int(name))


def _quarter(number: int) -> int:
    """
    The quarter in an address.

    Raises:
        NotFoundException: a year has four.

    """
    if number not in QUARTERS:
        raise NotFoundException
    return number


async def _matrix_file(year: int, form: str) -> Stream:
    sheet = engagement_sheet(await engagement_of(year))
    return download(form, f"engagement-{year}", sheet.title, sheet.columns, sheet.rows)


async def _absent_file(year: int, form: str) -> Stream:
    sheet = absent_sheet(await members_that_sent_nobody(year))
    return download(form, f"sent-nobody-{year}", sheet.title, sheet.columns, sheet.rows)


async def _found(request: Request[Any, Any, Any], year: int, key: str) -> MemberEngagement:
    who = identity_of(request)
    return await member_engagement(year, key, people=who is not None and who.may(Policy.SEE_PEOPLE))


def _member_page(request: Request[Any, Any, Any], found: MemberEngagement, form: Any = None) -> Response[str]:
    return render(
        request,
        "engagement/member",
        status_code=422 if form else 200,
        year=found.year,
        found=found,
        shown=shown,
        names={column.code: column.name for column in found.columns},
        said={one.code: one for one in found.said},
        form=form or cells_form(found.columns, found.row),
    )


async def _quarter_page(
    request: Request[Any, Any, Any],
    year: int,
    quarter: int,
    now: datetime,
    *,
    problems: Problems | None = None,
    words: Any = None,
) -> Response[str]:
    found = await activation_of(year, quarter)
    return render(
        request,
        "engagement/quarter",
        status_code=422 if problems else 200,
        year=year,
        quarter=quarter,
        found=found,
        words=words or {},
        faults=problems.sentences if problems else (),
        has_ended=found.ends_on < now.date(),
        has_begun=(year, (quarter - 1) * 3 + 1) <= (now.year, now.month),
    )


# A file on its way through the page


def _differences(
    request: Request[Any, Any, Any],
    year: int,
    filename: str,
    content: bytes,
    creates: bool,
    report: ImportReport,
    *,
    changed_meanwhile: bool = False,
) -> Response[str]:
    """The differences, with the file as a signed text for a hidden field, bound to the account and to what is shown."""
    owner = [str(account_of(request).account_id), year]
    packed = base64.b64encode(zlib.compress(content)).decode()
    return render(
        request,
        "engagement/import_preview",
        status_code=409 if changed_meanwhile else 200,
        year=year,
        report=report,
        parcel=_parcels().dumps([owner, filename[:200], packed, creates, report.fingerprint]),
        changed_meanwhile=changed_meanwhile,
    )


def _parcels() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_settings().secret_key, salt="engagement")


def _unpacked(request: Request[Any, Any, Any], year: int, parcel: str) -> tuple[str, bytes, bool, str]:
    """
    Name and content of a file, whether it makes members, and the fingerprint of the differences shown.

    Raises:
        ImportCollision: the text is not ours, too old, or another account's or year's.

    """
    try:
        owner, filename, packed, creates, fingerprint = _parcels().loads(parcel, max_age=_PREVIEW_SECONDS)
    except BadSignature:
        owner = None
    if owner != [str(account_of(request).account_id), year]:
        raise ImportCollision(Sentence("The differences were shown too long ago. Please choose the file again."))
    return filename, zlib.decompress(base64.b64decode(packed)), creates, fingerprint


ENGAGEMENT_PAGES: list[Any] = [Engagement, SentNobody, Quarters, MatrixImport]
