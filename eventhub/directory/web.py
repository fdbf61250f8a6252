"""The directory of members for staff, and the page on which files are imported."""

import base64
import re
import zlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from itsdangerous import BadSignature, URLSafeTimedSerializer
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

from eventhub.access import Identity, Policy, identity_of, open_to
from eventhub.bodies.imports import import_seats
from eventhub.directory.commands import edit_member
from eventhub.directory.forms import EXPORT_KINDS, EXPORTS_OF_EVENTS, IMPORT_KINDS, ImportForm, MemberForm
from eventhub.directory.imports import import_members, import_partners, import_people
from eventhub.directory.queries import (
    MemberFilter,
    MemberRow,
    former_memberships,
    member_by_key,
    members,
    members_table,
    other_names_of,
    partners_table,
    persons_table,
    regions,
)
from eventhub.directory.rules import MemberKind
from eventhub.downloads import MEDIA_TYPES, download
from eventhub.errors import Problems, Refusal
from eventhub.events.exports import events_table
from eventhub.events.imports import import_events
from eventhub.events.rules import FIRST_YEAR, LAST_YEAR
from eventhub.importing import ImportCollision
from eventhub.indicators.imports import import_indicators
from eventhub.languages import gettext
from eventhub.pages import redirect, render
from eventhub.problems import check_words
from eventhub.registrations.exports import attendance_table, registrations_table
from eventhub.registrations.imports import import_attendance, import_registrations
from eventhub.settings import current_settings
from eventhub.speakers.overview import speakers_table
from eventhub.spreadsheets import BadFile, ImportReport
from eventhub.words import Sentence

MEMBERS_ON_A_PAGE = 200
UPLOAD_LIMIT = 5_000_000
#: The file goes to the page and back as text, which takes a third more.
LARGEST_UPLOAD = 3_000_000
_PREVIEW_SECONDS = 3600
_IMPORTS: dict[str, Callable[..., Awaitable[ImportReport]]] = {
    "members": import_members,
    "partners": import_partners,
    "people": import_people,
    "events": import_events,
    "seats": import_seats,
    "indicators": import_indicators,
    "registrations": import_registrations,
    "attendance": import_attendance,
}
#: The tables of the command, by kind.
_EXPORTS: dict[str, Callable[..., Awaitable[tuple[Sequence[str], Iterable[Sequence[object]]]]]] = {
    "members": partial(members_table, MemberFilter()),
    "partners": partners_table,
    "people": persons_table,
    "events": events_table,
    "registrations": registrations_table,
    "attendance": attendance_table,
    "speakers": speakers_table,
}


class Members(Controller):
    """Who belongs to the association."""

    path = "/staff/members"
    opt = open_to(Policy.STAFF)

    @get("/")
    async def index(
        self,
        request: Request[Any, Any, Any],
        now: NamedDependency[datetime],
        q: FromQuery[str] = "",
        region: FromQuery[str] = "",
        kind: FromQuery[str] = "",
        page_number: FromQuery[int] = 1,
    ) -> Response[str]:
        """The members that match, with their local time."""
        wanted = MemberFilter(q=q, region=region, kind=kind)
        number = max(1, min(page_number, 10_000))
        found, total = await members(wanted, limit=MEMBERS_ON_A_PAGE, offset=(number - 1) * MEMBERS_ON_A_PAGE)
        return render(
            request,
            "directory/members",
            members=found,
            total=total,
            number=number,
            pages=max(1, -(-total // MEMBERS_ON_A_PAGE)),
            wanted=wanted,
            regions=await regions(),
            kinds=[kind.value for kind in MemberKind],
            now=now,
        )

    @get("/{key:str}")
    async def show(
        self, request: Request[Any, Any, Any], key: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[str]:
        """One member: facts, other names, and the form for those who may change them."""
        member = await member_by_key(key)
        names = await other_names_of(member.id)
        return await _member_page(request, member, names, await _member_form(member, names), now)

    @post("/{key:str}", opt=open_to(Policy.EDIT_DIRECTORY))
    async def update(
        self, request: Request[Any, Any, Any], key: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Change a member."""
        member = await member_by_key(key)
        form = MemberForm(await request.form(), data={"time_zone": member.time_zone}, regions=await _region_choices())
        if form.validate():
            try:
                after = await edit_member(key, form.facts(), now=now, account_id=_who(request).account_id)
                return redirect(after.href, Sentence("%(name)s has been changed.", name=after.name))
            except Problems as problems:
                form.add_problems(problems)
        names = await other_names_of(member.id)
        return await _member_page(request, member, names, form, now, status_code=422)


@get(["/staff/members.csv", "/staff/members.xlsx", "/staff/members.json"], opt=open_to(Policy.STAFF))
async def members_file(
    request: Request[Any, Any, Any],
    q: FromQuery[str] = "",
    region: FromQuery[str] = "",
    kind: FromQuery[str] = "",
) -> Response[Any]:
    """The members that match, as a file that can be imported again."""
    form = request.scope["path"].rpartition(".")[2]
    if form not in ("csv", "xlsx", "json"):
        raise NotFoundException
    wanted = MemberFilter(q=q, region=region, kind=kind)
    return download(form, "members", "Members", *await members_table(wanted))


class Import(Controller):
    """Files into the directory and the calendar: first the differences, then the button."""

    path = "/staff/import"
    opt = open_to(Policy.EDIT_DIRECTORY)

    @get("/")
    async def new(self, request: Request[Any, Any, Any]) -> Response[str]:
        """Choose a file."""
        return _import_page(request, ImportForm())

    @post("/", request_max_body_size=UPLOAD_LIMIT, status_code=200)
    async def preview(self, request: Request[Any, Any, Any], now: NamedDependency[datetime]) -> Response[str]:
        """Show what the file would change; nothing is written."""
        form = ImportForm(await request.form())
        if not form.validate():
            return _import_page(request, form, status_code=422)
        content = await form.file.data.read()
        of_one_event = form.kind.data in ("registrations", "attendance")
        source = ((form.event.data if of_one_event else form.source.data) or "").strip().replace("\x00", " ")
        try:
            if len(content) > LARGEST_UPLOAD:
                raise BadFile(
                    Sentence("The file is larger than 3 MB. Please use the command `eventhub import` for it.")
                )
            report = await _importer(form.kind.data, source)(
                content, form.file.data.filename, dry_run=True, now=now, account_id=_who(request).account_id
            )
        except Refusal as refused:
            return _import_page(request, form, refused.sentences, status_code=refused.status_code)
        parcel = _packed(request, form.kind.data, source, form.file.data.filename, content, report)
        return render(request, "directory/import_preview", report=report, parcel=parcel, changed_meanwhile=False)

    @post("/confirm", request_max_body_size=UPLOAD_LIMIT)
    async def confirm(self, request: Request[Any, Any, Any], now: NamedDependency[datetime]) -> Response[Any]:
        """Write what was shown; if it would change something else by now, show that first."""
        parcel = str((await request.form()).get("parcel", ""))
        kind, source, filename, content, fingerprint = _unpacked(request, parcel)
        importer = partial(_importer(kind, source), content, filename, now=now, account_id=_who(request).account_id)
        report = await importer(dry_run=True)
        if report.fingerprint != fingerprint:
            parcel = _packed(request, kind, source, filename, content, report)
            return render(
                request,
                "directory/import_preview",
                status_code=409,
                report=report,
                parcel=parcel,
                changed_meanwhile=True,
            )
        done = await importer(dry_run=False)
        return redirect(
            "/staff/import",
            Sentence(
                "The file has been imported: %(new)s new, %(changed)s changed, %(unchanged)s as before.",
                new=len(done.new),
                changed=done.changed,
                unchanged=done.unchanged,
            ),
        )


def _importer(kind: str, source: str) -> Callable[..., Awaitable[ImportReport]]:
    if kind in ("registrations", "attendance"):
        return partial(_IMPORTS[kind], event=source)
    return partial(import_events, source=source) if kind == "events" else _IMPORTS[kind]


def _import_page(
    request: Request[Any, Any, Any],
    form: ImportForm,
    faults: Sequence[str] = (),
    *,
    status_code: int = 200,
    given: Mapping[str, str] | None = None,
    title: str | None = None,
) -> Response[str]:
    """Files in and out; `given` is what was asked of a file that goes out."""
    return render(
        request,
        "directory/import",
        status_code=status_code,
        form=form,
        faults=faults,
        given=given or {},
        fault_title=title,
        export_kinds=EXPORT_KINDS,
    )


@get("/staff/export", opt=open_to(Policy.EDIT_DIRECTORY))
async def export_file(
    request: Request[Any, Any, Any],
    kind: FromQuery[str] = "",
    year: FromQuery[str] = "",
    event: FromQuery[str] = "",
    form: FromQuery[str] = "xlsx",
) -> Response[Any]:
    """A file for other systems, with the outside keys; the same rows and columns as the command writes."""
    try:
        check_words(kind=(kind or " ", EXPORT_KINDS), form=(form, MEDIA_TYPES))
        narrowed = _narrowed(kind, year.strip(), event.strip().replace("\x00", " "))
        table = await _EXPORTS[kind](**narrowed)
    except Refusal as refused:
        given = {"kind": kind, "year": year, "event": event, "form": form}
        return _import_page(
            request, ImportForm(), refused.sentences, status_code=refused.status_code, given=given,
            title=gettext("No file was made"),
        )  # fmt: skip
    name = "-".join([kind, *(str(value) for value in narrowed.values() if value)])
    return download(form, name, EXPORT_KINDS[kind], *table)


def _narrowed(kind: str, year: str, event: str) -> dict[str, Any]:
    """
    What a file is narrowed to.

    Raises:
        Problems: it cannot be narrowed so.

    """
    problems: dict[str, list[str]] = {}
    if year and not (re.fullmatch("[0-9]{4}", year) and FIRST_YEAR <= int(year) <= LAST_YEAR):
        problems["year"] = [Sentence("The year lies between %(first)s and %(last)s.", first=FIRST_YEAR, last=LAST_YEAR)]
    elif year and event:
        problems["year"] = [Sentence("Please give an event or a year; an event has its own year.")]
    if (year or event) and kind not in EXPORTS_OF_EVENTS:
        problems["year"] = [
            Sentence("Members, partners and people are of no event and no year. Please leave both empty.")
        ]
    if event and kind == "events":
        problems["event"] = [Sentence("Events are narrowed by their year only.")]
    if problems:
        raise Problems(problems)
    if kind not in EXPORTS_OF_EVENTS:
        return {}
    of_year = {"year": int(year) if year else None}
    return of_year if kind == "events" else {"slug": event or None, **of_year}


def _parcels() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_settings().secret_key, salt="import")


def _packed(
    request: Request[Any, Any, Any], kind: str, source: str, filename: str, content: bytes, report: ImportReport
) -> str:
    """
    The file as a signed text for a hidden field.

    So nothing has to be kept between the two steps, whichever process answers
    the second. It is bound to the account and to the differences shown.
    """
    packed = base64.b64encode(zlib.compress(content)).decode()
    account = str(_who(request).account_id)
    return str(_parcels().dumps([account, kind, source, filename[:200], packed, report.fingerprint]))


def _unpacked(request: Request[Any, Any, Any], parcel: str) -> tuple[str, str, str, bytes, str]:
    """
    Kind, source, name and content of a file, and the fingerprint of the differences shown.

    Raises:
        ImportCollision: the text is not ours, too old, or another account's.

    """
    try:
        account, kind, source, filename, packed, fingerprint = _parcels().loads(parcel, max_age=_PREVIEW_SECONDS)
    except BadSignature:
        account = None
    if account is None or UUID(account) != _who(request).account_id or kind not in IMPORT_KINDS:
        raise ImportCollision(Sentence("The differences were shown too long ago. Please choose the file again."))
    return kind, source, filename, zlib.decompress(base64.b64decode(packed)), fingerprint


def _who(request: Request[Any, Any, Any]) -> Identity:
    who = identity_of(request)
    assert who is not None
    return who


async def _region_choices() -> list[tuple[str, str]]:
    return [(row["code"], row["name"]) for row in await regions()]


async def _member_form(member: MemberRow, names: list[str]) -> MemberForm:
    return MemberForm(
        regions=await _region_choices(),
        data={
            "name": member.name,
            "other_names": "\n".join(names),
            "kind": member.kind,
            "region": member.region_code,
            "time_zone": member.time_zone,
            "language": member.language,
            "left_on": member.left_on,
        },
    )


async def _member_page(
    request: Request[Any, Any, Any],
    member: MemberRow,
    names: list[str],
    form: MemberForm,
    now: datetime,
    status_code: int = 200,
) -> Response[str]:
    return render(
        request,
        "directory/member",
        status_code=status_code,
        member=member,
        former=await former_memberships(member.id),
        other_names=names,
        form=form,
        now=now,
    )


DIRECTORY_PAGES: list[Any] = [Members, members_file, export_file, Import]
