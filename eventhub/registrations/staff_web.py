"""Pages of the organisers: the people of an event, work on many of them, and one of them."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

from eventhub import languages
from eventhub.access import Policy, account_of, open_to
from eventhub.accounts.queries import audit_trail
from eventhub.directory.rules import Level
from eventhub.downloads import download
from eventhub.errors import Problems
from eventhub.events.forms import labelled
from eventhub.events.queries import EventRow, event_by_slug
from eventhub.mail.suppressions import suppressions_of
from eventhub.pages import list_page, redirect, render
from eventhub.questions.queries import answers_in_words, answers_of, questions_of
from eventhub.registrations.bulk import (
    BulkReport,
    Verb,
    act_on_many,
    checked_reason,
    fingerprint,
    write_to_many,
)
from eventhub.registrations.commands import (
    NewHeadCount,
    cancel_registration,
    decide,
    put_first,
    record_attendance,
    record_head_count,
)
from eventhub.registrations.forms import HeadCountForm
from eventhub.registrations.lists import (
    ListedRow,
    StaffFilter,
    attendance_rows,
    chosen,
    list_table,
    listed,
    matching,
    members_and_regions,
    more_of,
    staff_filter,
)
from eventhub.registrations.overlaps import overlaps_at
from eventhub.registrations.queries import (
    RegistrationRow,
    head_count_of,
    no_such_registration,
    place_in_queue,
    registration_by_id,
    registration_counts,
    seats_of,
)
from eventhub.registrations.rules import Attends, RegistrationStatus
from eventhub.registrations.staff_forms import MessageForm, ReasonForm
from eventhub.replies.queries import answers_of_event
from eventhub.words import Sentence

LIST_PAGE = 50
PAGE_SIZES = (25, 50, 100, 200)
#: People ticked one by one; whoever wants more says “everybody who matches”.
MOST_TICKED = 500
#: No part of 200 is begun later than this in one request; a page then asks to go on.
SECONDS_AT_ONCE = 15.0
#: Names that a page shows before something is done.
NAMES_SHOWN = 20
_WRITE = "write"
_FORMS = ("csv", "xlsx")


class StaffRegistrations(Controller):
    """The people of one event, as staff work with them."""

    path = "/staff/events/{slug:str}/registrations"
    opt = open_to(Policy.SEE_PEOPLE)

    @get("/")
    async def index(
        self, request: Request[Any, Any, Any], slug: FromPath[str], page_number: FromQuery[str] = "1"
    ) -> Response[str]:
        """The list with its filters, and the attendance of each."""
        wanted = _wanted(request, request.query_params)
        size = _size(str(request.query_params.get("size", "")))
        return await _list_page(request, await event_by_slug(slug), wanted, list_page(page_number), size)

    @get(["/export.csv", "/export.xlsx"], opt=open_to(Policy.EDIT_EVENTS))
    async def export(self, request: Request[Any, Any, Any], slug: FromPath[str]) -> Response[Any]:
        """Everybody who matches, as a file."""
        form = request.scope["path"].rpartition(".")[2]
        if form not in _FORMS:
            raise NotFoundException
        event = await event_by_slug(slug)
        wanted = _wanted(request, request.query_params)
        return download(form, "registrations", "Registrations", *await list_table(event, wanted))

    @post("/selected", status_code=200, opt=open_to(Policy.RECORD_ATTENDANCE))
    async def selected(self, request: Request[Any, Any, Any], slug: FromPath[str]) -> Response[Any]:
        """What would be done to the people chosen, and to how many; or their table as a file."""
        event, posted = await event_by_slug(slug), await request.form()
        selection = await _selection(request, event, posted)
        if not selection.ids:
            nobody = Sentence("Nobody is chosen. Tick people first, or choose everybody who matches.")
            return await _list_page(request, event, selection.wanted, 1, LIST_PAGE, problems=[nobody])
        verb = _verb(request, str(posted.get("verb", "")))
        if verb in _FORMS:
            ids = None if selection.everybody else selection.ids
            return download(verb, "registrations", "Registrations", *await list_table(event, selection.wanted, ids))
        return await _bulk_page(request, event, selection, verb)

    @post("/apply", status_code=200, opt=open_to(Policy.RECORD_ATTENDANCE))
    async def apply(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Do what was shown, to the people who were shown; whoever could not be helped is named with the reason."""
        event, posted = await event_by_slug(slug), await request.form()
        selection = await _selection(request, event, posted)
        verb = _verb(request, str(posted.get("verb", "")))
        if verb in _FORMS:
            raise no_such_registration()
        form = MessageForm(posted) if verb == _WRITE else ReasonForm(posted)
        if not form.validate():
            return await _bulk_page(request, event, selection, verb, form=form)
        if fingerprint(selection.ids) != str(posted.get("seen", "")):
            return await _bulk_page(request, event, selection, verb, form=form, changed=True)
        who = account_of(request).account_id
        try:
            if isinstance(form, MessageForm):
                key = str(posted.get("key", ""))[:32]
                report = await write_to_many(
                    event, selection.ids, form.message(), key=key, now=now, account_id=who
                )  # fmt: skip
            else:
                report = await act_on_many(
                    event, selection.ids, Verb(verb), form.reason.data or "",
                    seconds=SECONDS_AT_ONCE, now=now, account_id=who,
                )  # fmt: skip
        except Problems as problems:
            form.add_problems(problems)
            return await _bulk_page(request, event, selection, verb, form=form)
        said = _sentences(verb, report)
        if report.refused or report.left:
            rest = {"rest": ",".join(one.hex for one in report.left), "seen": fingerprint(report.left), "verb": verb}
            if isinstance(form, ReasonForm):
                rest["reason"] = form.reason.data or ""
            return render(request, "registrations/bulk_done", event=event, report=report, said=said, rest=rest)
        return redirect(_list_path(slug), " ".join(languages.say(sentence) for sentence in said))

    @get("/{registration_id:uuid}")
    async def show(
        self, request: Request[Any, Any, Any], slug: FromPath[str], registration_id: FromPath[UUID]
    ) -> Response[str]:
        """One registration: facts, history and decision."""
        event = await event_by_slug(slug)
        return await _registration_page(request, event, await _of_event(event, registration_id))

    @post("/{registration_id:uuid}/{verb:str}", opt=open_to(Policy.RECORD_ATTENDANCE))
    async def act(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        registration_id: FromPath[UUID],
        verb: FromPath[str],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Mark as present or not, cancel, confirm, decline, put on the waiting list."""
        who = account_of(request)
        event = await event_by_slug(slug)
        registration = await _of_event(event, registration_id)
        posted = await request.form()
        form = ReasonForm(posted)
        may_edit = who.may(Policy.EDIT_EVENTS)
        try:
            if not form.validate():
                return await _registration_page(request, event, registration, form=form)
            reason = form.reason.data or ""
            said = await _act(verb, registration_id, reason, now=now, account_id=who.account_id, may_edit=may_edit)
        except Problems as problems:
            form.add_problems(problems)
            return await _registration_page(request, event, registration, form=form)
        back, own = str(posted.get("back") or ""), _list_path(slug)
        return redirect(f"{back if back.startswith(own) else own}#r-{registration_id}", said)

    @post("/head-count", opt=open_to(Policy.RECORD_ATTENDANCE))
    async def head_count(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Type in numbers for an event without a list."""
        event = await event_by_slug(slug)
        form = HeadCountForm(await request.form())
        if form.validate():
            numbers = {n: form[n].data or 0 for n in ("women", "men", "others", "undisclosed", "political")}
            try:
                count = NewHeadCount(**numbers, source=form.source.data or "")
                await record_head_count(event, count, now=now, account_id=account_of(request).account_id)
                return redirect(f"{_list_path(slug)}#head-count", Sentence("The head count is kept."))
            except Problems as problems:
                form.add_problems(problems)
        return await _list_page(request, event, StaffFilter(), 1, LIST_PAGE, head_count_form=form)


def _list_path(slug: str) -> str:
    return f"/staff/events/{slug}/registrations"


def _size(text: str) -> int:
    return int(text) if text in {str(size) for size in PAGE_SIZES} else LIST_PAGE


def _wanted(request: Request[Any, Any, Any], given: Mapping[str, Any]) -> StaffFilter:
    """The filter that was sent; who needs what is for organisers only."""
    found = {name: given.get(name) for name in StaffFilter.__struct_fields__}
    words = {name: value for name, value in found.items() if isinstance(value, str)}
    if not account_of(request).may(Policy.EDIT_EVENTS):
        words.pop("needs", None)
    return staff_filter(words)


def _verb(request: Request[Any, Any, Any], word: str) -> str:
    """
    What is to be done to many; the door may only mark people as present.

    Raises:
        NotFound: it is none of these, or not for this account.

    """
    if word != Verb.PRESENT and not account_of(request).may(Policy.EDIT_EVENTS):
        raise no_such_registration()
    if word not in {*Verb, _WRITE, *_FORMS}:
        raise no_such_registration()
    return word


@dataclass(frozen=True)
class _Selection:
    """The people that a form means: ticked, left over from the last time, or everybody who matches a filter."""

    ids: Sequence[UUID]
    everybody: bool
    wanted: StaffFilter

    @property
    def fields(self) -> list[tuple[str, str]]:
        """What a form has to send to mean the same people."""
        people = ("all", "1") if self.everybody else ("rest", ",".join(one.hex for one in self.ids))
        return [people, *self.wanted.fields.items()]


async def _selection(request: Request[Any, Any, Any], event: EventRow, posted: FormMultiDict) -> _Selection:
    wanted = _wanted(request, posted)
    if posted.get("all") == "1":
        return _Selection(await matching(event.id, wanted), True, wanted)
    ids: list[UUID] = []
    rest = str(posted.get("rest", ""))
    for text in rest.split(",") if rest else posted.getall("id", [])[:MOST_TICKED]:
        try:
            ids.append(UUID(str(text)))
        except ValueError:
            raise no_such_registration() from None
    return _Selection([one.id for one in await chosen(event.id, list(dict.fromkeys(ids)))], False, wanted)


async def _of_event(event: EventRow, registration_id: UUID) -> RegistrationRow:
    registration = await registration_by_id(registration_id)
    if registration.event != event.id:
        raise no_such_registration()
    return registration


async def _act(
    verb: str, registration_id: UUID, reason: str, *, now: datetime, account_id: UUID, may_edit: bool
) -> Sentence:
    if verb in ("present", "absent"):
        await record_attendance(registration_id, attended=verb == "present", now=now, account_id=account_id)
        return Sentence("Marked as present.") if verb == "present" else Sentence("The mark is taken back.")
    if verb not in _DONE_TO_ONE or not may_edit:
        raise no_such_registration()
    if verb == "cancel":
        await cancel_registration(registration_id, now=now, account_id=account_id)
    elif verb == "first":
        await put_first(registration_id, reason, now=now, account_id=account_id)
    else:
        reason = checked_reason(Verb(verb), reason)
        await decide(registration_id, verb, reason, now=now, account_id=account_id)
    return _DONE_TO_ONE[verb]


_DONE_TO_ONE = {
    "cancel": Sentence("The registration is cancelled."),
    "confirm": Sentence("The person has a seat now."),
    "decline": Sentence("The registration is declined."),
    "waitlist": Sentence("The person is on the waiting list now."),
    "first": Sentence("The person is the next to get a seat."),
}


def _sentences(verb: str, report: BulkReport) -> list[Sentence]:
    """What was done, and what was so before."""
    n = report.done
    done = {
        "confirm": Sentence.counted("One person has a seat now.", "%(num)s people have a seat now.", n),
        "decline": Sentence.counted("One registration is declined.", "%(num)s registrations are declined.", n),
        "waitlist": Sentence.counted(
            "One person is on the waiting list now.", "%(num)s people are on the waiting list now.", n
        ),
        "present": Sentence.counted("One person is marked as present.", "%(num)s people are marked as present.", n),
        _WRITE: Sentence.counted("One letter is on its way.", "%(num)s letters are on their way.", n),
    }[verb]
    before = Sentence.counted(
        "For one person it was so before.", "For %(num)s people it was so before.", report.unchanged
    )
    said = [done] if report.done else []
    return [*said, before] if report.unchanged else said or [Sentence("Nothing has changed.")]


async def _bulk_page(
    request: Request[Any, Any, Any],
    event: EventRow,
    selection: _Selection,
    verb: str,
    form: ReasonForm | MessageForm | None = None,
    *,
    changed: bool = False,
) -> Response[str]:
    shown = await chosen(event.id, selection.ids[:NAMES_SHOWN])
    return render(
        request,
        "registrations/bulk",
        status_code=409 if changed else 422 if form else 200,
        event=event,
        verb=verb,
        form=form or (MessageForm() if verb == _WRITE else ReasonForm()),
        selection=selection,
        total=len(selection.ids),
        names=[one.name for one in shown],
        seats=await seats_of(event.id, event.mode),
        seen=fingerprint(selection.ids),
        key=secrets.token_hex(16),
        changed=changed,
    )


async def _list_page(
    request: Request[Any, Any, Any],
    event: EventRow,
    wanted: StaffFilter,
    number: int,
    size: int,
    *,
    head_count_form: HeadCountForm | None = None,
    problems: Sequence[str] = (),
) -> Response[str]:
    found, total = await listed(event.id, wanted, limit=size, offset=(number - 1) * size)
    count = await head_count_of(event.id)
    if head_count_form is None:
        head_count_form = HeadCountForm(data=count or {})
    members, regions = await members_and_regions(event.id)
    return render(
        request,
        "registrations/staff_registrations",
        status_code=422 if head_count_form.errors or problems else 200,
        event=event,
        registrations=found,
        total=total,
        number=number,
        pages=max(1, -(-total // size)),
        size=size,
        sizes=PAGE_SIZES,
        wanted=wanted,
        statuses=labelled(RegistrationStatus),
        levels=labelled(Level),
        attends=labelled(Attends),
        members=members,
        regions=regions,
        overlapping=await _overlapping(event, found),
        unreached=await suppressions_of([one.email for one in found]),
        calendar_answers=await answers_of_event(event.id),
        counts=await registration_counts(event.id),
        seats=await seats_of(event.id, event.mode),
        head_count=count,
        head_count_form=head_count_form,
        problems=[languages.say(sentence) for sentence in problems],
    )


async def _overlapping(event: EventRow, found: Sequence[ListedRow]) -> set[UUID]:
    """Who on this page is registered for something else at the same time."""
    return set(await overlaps_at(event, [one.id for one in found])) if found else set()


async def _registration_page(
    request: Request[Any, Any, Any], event: EventRow, registration: RegistrationRow, form: ReasonForm | None = None
) -> Response[str]:
    overlaps = await overlaps_at(event, [registration.id])
    given = await answers_of(registration.id)
    questions = [one for one in await questions_of(event.id, with_retired=True) if one.id not in given.on_file]
    return render(
        request,
        "registrations/staff_registration",
        status_code=422 if form else 200,
        event=event,
        one=registration,
        more=await more_of(registration.id),
        position=await place_in_queue(registration),
        attendance=await attendance_rows(registration.id),
        history=await audit_trail(object_kind="registration", object_id=registration.id),
        overlaps=overlaps.get(registration.id, []),
        answers=answers_in_words(questions, given.answers, languages.current(), event.language),
        files=given.files,
        form=form or ReasonForm(),
    )


STAFF_REGISTRATION_PAGES: list[Any] = [StaffRegistrations]
