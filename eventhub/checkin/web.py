"""Pages: being there: check-in at the door, participant reports, personal join links."""

import asyncio
import base64
import zlib
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

import msgspec
from babel.dates import format_datetime, format_time
from itsdangerous import BadSignature, URLSafeTimedSerializer
from litestar import Controller, MediaType, Request, Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from eventhub import languages
from eventhub.access import Policy, account_of, open_to
from eventhub.checkin.commands import (
    Answer,
    check_in,
    decide_row,
    import_report,
    mark_who_clicked,
    open_join_link,
    plan_of_report,
)
from eventhub.checkin.forms import ReportForm
from eventhub.checkin.queries import (
    clicks_of,
    door_count,
    door_list,
    present_since,
    reports_of,
    seated_by_text,
    seated_people,
)
from eventhub.checkin.reports import ReportPlan, read_report
from eventhub.checkin.rules import KINDS, LONGEST_CODE, WITHOUT_SEAT, WORDS, Decision, Verdict, verdict_sentence
from eventhub.errors import NotFound, Problems, Refusal
from eventhub.events.queries import EventRow, ItemRow, event_by_slug, programme_of
from eventhub.importing import ImportCollision
from eventhub.pages import redirect, render
from eventhub.registrations.commands import record_attendance
from eventhub.registrations.queries import (
    RegistrationFilter,
    RegistrationRow,
    head_count_of,
    registration_by_id,
    registrations_of,
)
from eventhub.settings import current_settings
from eventhub.spreadsheets import BadFile
from eventhub.words import Sentence

FOUND_AT_ONCE = 20
UPLOAD_LIMIT = 5_000_000
#: The file goes to the page and back as text, which takes a third more.
LARGEST_UPLOAD = 3_000_000
_PREVIEW_SECONDS = 3600
#: What every other page forbids, but for the camera.
_CAMERA = {"Permissions-Policy": "camera=(self), geolocation=(), microphone=(), payment=(), usb=()"}
_PERSONAL = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex", "Cache-Control": "no-store"}


class Shown(msgspec.Struct):
    """An answer of the door, in the reader's language; `undo` is the registration whose mark can be taken back."""

    verdict: str
    kind: str
    word: str
    name: str
    sentence: str
    undo: str = ""
    present: int = 0
    confirmed: int = 0


class Door(Controller):
    """The page of a phone at the door of an event, or of one item of its programme."""

    path = "/staff/events/{slug:str}/check-in"
    opt = open_to(Policy.RECORD_ATTENDANCE)

    @get("/")
    async def show(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        item: FromQuery[str] = "",
        q: FromQuery[str] = "",
        last: FromQuery[str] = "",
    ) -> Response[str]:
        """Scan, type or look for a name; and who was marked last."""
        event = await event_by_slug(slug)
        at_item = await _item(event, item)
        shown = None
        if registration := await _of_this_event(event, last):
            since = (await present_since([registration.id], at_item.id if at_item else None)).get(registration.id)
            shown = _since_shown(registration, event, since) if since else None
        return await _door_page(request, event, at_item, q=q, shown=shown)

    @get("/people")
    async def people(self, slug: FromPath[str]) -> Response[bytes]:
        """Short codes and names of those with a seat, so that an open page can answer without a network."""
        event = await event_by_slug(slug)
        return _json({"people": await door_list(event.id)})

    @post("/")
    async def check_in(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Mark somebody as present, by ticket, short code or the row of a search; the answer is a verdict."""
        event = await event_by_slug(slug)
        form = await request.form()
        at_item = await _item(event, _text(form, "item"))
        try:
            code, registration_id = _text(form, "code").strip(), _id(_text(form, "registration"))
            if not code and registration_id is None:
                raise Problems({"code": [Sentence("Please scan or type a code, or look for a name.")]})
            if len(code) > LONGEST_CODE:
                raise Problems(
                    {"code": [Sentence("This is too long; %(most)s characters is the most.", most=LONGEST_CODE)]}
                )
            answer = await check_in(
                event,
                code=code,
                registration_id=registration_id,
                item=at_item,
                scanned_at=_instant(_text(form, "at")),
                now=now,
                account_id=account_of(request).account_id,
            )
        except NotFound:
            raise
        except Refusal as refusal:
            shown, status = _refused(refusal), refusal.status_code
        else:
            shown = _shown(answer, event)
            status = 200 if answer.verdict in (Verdict.PRESENT, Verdict.NOT_SIGNED_UP, Verdict.ALREADY) else 409
            if answer.verdict is Verdict.PRESENT and not _wants_json(request):
                assert answer.registration is not None
                return redirect(_door(event, at_item, last=str(answer.registration.id)))
        return await _answer(request, event, at_item, shown, status)

    @post("/undo")
    async def undo(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Take a mark back."""
        event = await event_by_slug(slug)
        form = await request.form()
        at_item = await _item(event, _text(form, "item"))
        registration = await _of_this_event(event, _text(form, "registration"))
        if registration is None:
            raise NotFound(Sentence("There is no such registration."))
        await record_attendance(
            registration.id,
            attended=False,
            programme_item=at_item.id if at_item else None,
            now=now,
            account_id=account_of(request).account_id,
        )
        said = Sentence("%(name)s is not marked as present any more.", name=registration.name)
        if not _wants_json(request):
            return redirect(_door(event, at_item), said)
        word = languages.say(WORDS[Verdict.TAKEN_BACK])
        shown = Shown(Verdict.TAKEN_BACK, "neutral", word, registration.name, languages.say(said))
        return await _answer(request, event, at_item, shown, 200)


async def _item(event: EventRow, text: str) -> ItemRow | None:
    """
    One item of the programme of an event; None for the event itself.

    Raises:
        NotFound: it has no such item.

    """
    if not text:
        return None
    wanted = _id(text)
    for item in await programme_of(event.id):
        if item.id == wanted:
            return item
    raise NotFound(Sentence("This is no item of the programme of this event."))


async def _of_this_event(event: EventRow, text: str) -> RegistrationRow | None:
    wanted = _id(text)
    if wanted is None:
        return None
    try:
        found = await registration_by_id(wanted)
    except NotFound:
        return None
    return found if found.event == event.id else None


def _id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _text(form: FormMultiDict, name: str) -> str:
    value = form.get(name)
    return value.replace("\x00", "") if isinstance(value, str) else ""


def _instant(text: str) -> datetime | None:
    """
    When a phone noted a scan; None: just now.

    Raises:
        Problems: it is no instant.

    """
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
        return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Problems({"at": [Sentence("The time of the scan cannot be read.")]}) from error


def _door(event: EventRow, item: ItemRow | None, last: str = "") -> str:
    asked = "&".join(f"{name}={value}" for name, value in (("item", item.id if item else ""), ("last", last)) if value)
    return f"/staff/events/{event.slug}/check-in{'?' if asked else ''}{asked}"


def _wants_json(request: Request[Any, Any, Any]) -> bool:
    return "application/json" in request.headers.get("accept", "")


def _clock(at: datetime, event: EventRow) -> str:
    """A clock time where the event is; with its day when that is not today."""
    zone = event.time_zone or "UTC"
    there, locale = languages.in_zone(at, zone), languages.locale()
    if there.date() == languages.in_zone(datetime.now(UTC), zone).date():
        return str(format_time(there, "short", locale=locale))
    return languages.first_of_month(str(format_datetime(there, "medium", locale=locale)))


def _shown(answer: Answer, event: EventRow) -> Shown:
    who = answer.registration
    name = who.name if who else ""
    clock = _clock(answer.since, event) if answer.since else ""
    sentence = verdict_sentence(answer.verdict, name=name, clock=clock, event=answer.other_event)
    undo = str(who.id) if who and answer.since else ""
    return Shown(
        answer.verdict, KINDS.get(answer.verdict, "bad"), languages.say(WORDS[answer.verdict]), name,
        languages.say(sentence), undo,
    )  # fmt: skip


def _since_shown(registration: RegistrationRow, event: EventRow, since: datetime) -> Shown:
    sentence = Sentence(
        "%(name)s is marked as present since %(clock)s.", name=registration.name, clock=_clock(since, event)
    )
    word = languages.say(WORDS[Verdict.PRESENT])
    return Shown(Verdict.PRESENT, "good", word, registration.name, languages.say(sentence), str(registration.id))


def _refused(refusal: Refusal) -> Shown:
    word = languages.gettext("Not possible")
    return Shown("refused", "bad", word, "", " ".join(languages.say(one) for one in refusal.sentences))


def _json(content: Any, status: int = 200) -> Response[bytes]:
    return Response(
        msgspec.json.encode(content),
        media_type=MediaType.JSON,
        status_code=status,
        headers={"Cache-Control": "no-store"},
    )


async def _answer(
    request: Request[Any, Any, Any], event: EventRow, item: ItemRow | None, shown: Shown, status: int
) -> Response[Any]:
    """The verdict as a page, or as JSON for the script, to which every verdict is a success."""
    if not _wants_json(request):
        return await _door_page(request, event, item, shown=shown, status=status)
    count = await door_count(event.id, item.id if item else None)
    shown.present, shown.confirmed = count.present, count.confirmed
    return _json(shown, 200 if shown.verdict != "refused" else status)


async def _door_page(
    request: Request[Any, Any, Any],
    event: EventRow,
    item: ItemRow | None,
    *,
    q: str = "",
    shown: Shown | None = None,
    status: int = 200,
) -> Response[str]:
    item_id = item.id if item else None
    q = q.replace("\x00", "")[:100].strip()
    found, total = await registrations_of(event.id, RegistrationFilter(q=q), limit=FOUND_AT_ONCE) if q else ([], 0)
    since = await present_since([one.id for one, _ in found], item_id)
    return render(
        request,
        "checkin/door",
        status_code=status,
        headers=_CAMERA,
        event=event,
        item=item,
        items=await programme_of(event.id),
        q=q,
        found=[(one, _clock(since[one.id], event) if one.id in since else "") for one, _ in found],
        total=total,
        shown=shown,
        count=await door_count(event.id, item_id),
        has_head_count=await head_count_of(event.id) is not None,
        seatless=WITHOUT_SEAT,
        address=_door(event, None),
    )


class Reports(Controller):
    """Who was in the video conference: participant reports, and clicks on the personal links to join."""

    path = "/staff/events/{slug:str}/participant-report"
    opt = open_to(Policy.RECORD_ATTENDANCE)

    @get("/")
    async def show(self, request: Request[Any, Any, Any], slug: FromPath[str]) -> Response[str]:
        """The form, the rows that wait for a decision, and the clicks."""
        return await _report_page(request, await event_by_slug(slug), ReportForm())

    @post("/", request_max_body_size=UPLOAD_LIMIT, status_code=200)
    async def preview(self, request: Request[Any, Any, Any], slug: FromPath[str]) -> Response[str]:
        """Show whom the report names; nothing is written."""
        event = await event_by_slug(slug)
        form = ReportForm(await request.form())
        if not form.validate():
            return await _report_page(request, event, form)
        content, filename = await form.file.data.read(), form.file.data.filename
        minimum = form.minimum_minutes.data
        try:
            if len(content) > LARGEST_UPLOAD:
                raise BadFile(Sentence("The file is larger than 3 MB."))
            plan = await plan_of_report(event, await asyncio.to_thread(read_report, content, filename), minimum)
        except BadFile as bad:
            form.add_problems({"file": list(bad.sentences)})
        except Problems as problems:
            form.add_problems(problems)
        else:
            parcel = _packed(request, event, filename, minimum, content, plan)
            return render(
                request,
                "checkin/report_preview",
                event=event,
                plan=plan,
                minimum=minimum,
                parcel=parcel,
                changed_meanwhile=False,
            )
        return await _report_page(request, event, form)

    @post("/confirm", request_max_body_size=UPLOAD_LIMIT)
    async def confirm(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Write what was shown; if it would be something else by now, show that first."""
        event = await event_by_slug(slug)
        parcel = _text(await request.form(), "parcel")
        filename, minimum, content, fingerprint = _unpacked(request, event, parcel)
        people = await asyncio.to_thread(read_report, content, filename)
        done = await import_report(
            event,
            people,
            file_name=filename,
            minimum_minutes=minimum,
            fingerprint=fingerprint,
            now=now,
            account_id=account_of(request).account_id,
        )
        if done is None:
            plan = await plan_of_report(event, people, minimum)
            return render(
                request,
                "checkin/report_preview",
                status_code=409,
                event=event,
                plan=plan,
                minimum=minimum,
                parcel=_packed(request, event, filename, minimum, content, plan),
                changed_meanwhile=True,
            )
        return redirect(
            _reports(event),
            Sentence(
                "The report is imported: %(news)s marked as present, %(known)s known before, %(open)s to decide.",
                news=len(done.news),
                known=done.known,
                open=len(done.unmatched),
            ),
        )

    @post("/{report_id:uuid}/decide")
    async def decide(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        report_id: FromPath[UUID],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Say who a row is: somebody with a seat, an unknown person who counts, or nobody."""
        event = await event_by_slug(slug)
        form = await request.form()
        key, decision, person = _text(form, "key")[:64], _text(form, "decision")[:20], _text(form, "person")
        chosen = await seated_by_text(event.id, person) if decision == Decision.MATCHED else None
        try:
            await decide_row(
                event,
                report_id,
                key,
                decision,
                registration_id=chosen,
                now=now,
                account_id=account_of(request).account_id,
            )
        except Problems as problems:
            sentence = languages.say(problems.sentences[0])
            return await _report_page(
                request, event, ReportForm(), wrong=(f"{report_id}-{key}", person[:200], sentence)
            )
        return redirect(f"{_reports(event)}#waiting", Sentence("The row is decided."))

    @post("/clicks")
    async def clicks(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Mark everybody with a seat who opened the personal link as present."""
        event = await event_by_slug(slug)
        number = await mark_who_clicked(event, now=now, account_id=account_of(request).account_id)
        said = Sentence.counted("One person was marked as present.", "%(num)s people were marked as present.", number)
        return redirect(f"{_reports(event)}#clicks", said)


def _reports(event: EventRow) -> str:
    return f"/staff/events/{event.slug}/participant-report"


async def _report_page(
    request: Request[Any, Any, Any],
    event: EventRow,
    form: ReportForm,
    *,
    wrong: tuple[str, str, str] | None = None,
) -> Response[str]:
    reports = await reports_of(event.id)
    return render(
        request,
        "checkin/report",
        status_code=422 if form.errors or wrong else 200,
        event=event,
        form=form,
        reports=reports,
        waiting=[(report, row) for report in reports for row in report.waiting],
        unknown=sum(report.unknown for report in reports),
        seated=await seated_people(event.id),
        clicks=await clicks_of(event.id),
        wrong=wrong,
        has_head_count=await head_count_of(event.id) is not None,
    )


def _parcels() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_settings().secret_key, salt="participant-report")


def _packed(
    request: Request[Any, Any, Any], event: EventRow, filename: str, minimum: int, content: bytes, plan: ReportPlan
) -> str:
    """The file as a signed text for a hidden field, bound to account, event and what was shown."""
    packed = base64.b64encode(zlib.compress(content)).decode()
    account = str(account_of(request).account_id)
    return str(_parcels().dumps([account, str(event.id), filename[:200], minimum, packed, plan.fingerprint]))


def _unpacked(request: Request[Any, Any, Any], event: EventRow, parcel: str) -> tuple[str, int, bytes, str]:
    """
    Name, minimum and content of a file, and the fingerprint of what was shown.

    Raises:
        ImportCollision: the text is not ours, too old, of another event, or another account's.

    """
    try:
        account, event_id, filename, minimum, packed, fingerprint = _parcels().loads(parcel, max_age=_PREVIEW_SECONDS)
    except BadSignature:
        account = event_id = None
    if (account, event_id) != (str(account_of(request).account_id), str(event.id)):
        raise ImportCollision(Sentence("The report was shown too long ago. Please choose the file again."))
    return filename, minimum, zlib.decompress(base64.b64decode(packed)), fingerprint


class JoinLink(Controller):
    """The way into a video conference, for the holder of a personal link."""

    path = "/join/{token:str}"
    opt = open_to(Policy.HOLDER)

    @get("/")
    async def join(
        self, request: Request[Any, Any, Any], token: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """
        Lead to the video conference, from half an hour before the start until the end; else say when.

        The one GET that writes: it notes that the link was opened, which is
        what the link is for. A click is no attendance; staff decide on that.
        HEAD, as link checkers send it, notes nothing.
        """
        found = await open_join_link(token, counts="eventhub_is_head" not in request.scope, now=now)
        if found.address:
            address = quote(found.address, safe="%/:=&?~#+!$,;'@()*[]-._")
            return Redirect(address, status_code=303, headers=_PERSONAL)
        return render(
            request,
            "checkin/join",
            headers=_PERSONAL,
            event=found.event,
            registration=found.registration,
            opens_at=found.opens_at,
            is_early=found.opens_at is not None and now < found.opens_at,
            is_over=found.closes_at is not None and now > found.closes_at,
        )


CHECKIN_PAGES: list[Any] = [Door, Reports, JoinLink]
