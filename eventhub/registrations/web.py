"""Pages of registrations: the form, the personal page, and the organisers' lists."""

import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from eventhub import languages
from eventhub.access import Policy, identity_of, open_to
from eventhub.calendars import event_file
from eventhub.directory.addresses import email_problem
from eventhub.directory.queries import member_choices
from eventhub.errors import Problems
from eventhub.events.feeds import calendar_answer, calendar_event, feed_answer
from eventhub.events.forms import labelled
from eventhub.events.queries import EventRow, event_by_id, event_by_slug, programme_of, public_event
from eventhub.limits import FORMS_PER_MINUTE, at_most
from eventhub.links import make_link, read_link
from eventhub.pages import chosen_zone, list_page, redirect, render
from eventhub.programme.queries import signed_up_of
from eventhub.registrations.commands import (
    NewHeadCount,
    NewRegistration,
    RegistrationClosed,
    cancel_by_link,
    cancel_registration,
    confirm_registration,
    decline_registration,
    record_attendance,
    record_head_count,
    register_participant,
    send_link_again,
    state_gender,
)
from eventhub.registrations.forms import GenderForm, HeadCountForm, LinkForm, RegistrationForm
from eventhub.registrations.queries import (
    RegistrationFilter,
    events_of_person,
    gender_statement_of,
    head_count_of,
    no_such_registration,
    place_in_queue,
    proves_mailbox,
    registration_by_id,
    registration_by_link,
    registration_counts,
    registrations_of,
    seats_of,
)
from eventhub.registrations.rules import Attends, RegistrationStatus
from eventhub.words import Sentence

LIST_PAGE = 50
_PERSONAL = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


class Register(Controller):
    """Registering for an event, without an account."""

    opt = open_to(Policy.PUBLIC)

    @get("/events/{slug:str}/register")
    async def new(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[str]:
        """How things stand, then the form."""
        event = await public_event(slug)
        if not event.takes_registrations(now):
            return render(request, "registrations/closed", event=event, is_past=event.is_past(now))
        form = RegistrationForm(
            event=event,
            members=dict(await member_choices()),
            data={
                "language": languages.current(),
                "time_zone": chosen_zone(request) or "",
                "gender": "",
                "submission_key": secrets.token_urlsafe(16),
            },
        )
        return render(request, "registrations/form", event=event, form=form, seats=await seats_of(event.id))

    @post("/events/{slug:str}/register", middleware=at_most(FORMS_PER_MINUTE, of="registrations"))
    async def create(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Register; the answer is the page of the registration."""
        posted = await request.form()
        try:
            done = await register_participant(slug, _new_registration(posted), now=now)
        except Problems as problems:
            event = await public_event(slug)
            form = RegistrationForm(posted, event=event, members=dict(await member_choices()))
            form.add_problems(problems)
            seats = await seats_of(event.id)
            return render(request, "registrations/form", status_code=422, event=event, form=form, seats=seats)
        except RegistrationClosed as refusal:
            event, status = await public_event(slug), refusal.status_code
            return render(request, "registrations/closed", status_code=status, event=event, is_past=event.is_past(now))
        if done.is_new or done.same_form:
            return redirect("/" + done.manage_url.split("/", 3)[3])
        event, link_form = await public_event(slug), LinkForm(data={"email": done.registration.email})
        return render(request, "registrations/already", event=event, form=link_form, sent=False)

    @post("/events/{slug:str}/send-link", status_code=200, middleware=at_most(FORMS_PER_MINUTE, of="registrations"))
    async def send_link(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[str]:
        """Send the personal link again; the answer is the same whatever the address."""
        event = await public_event(slug)
        form = LinkForm(await request.form())
        if wrong := email_problem(form.email.data or ""):
            form.validate()
            form.add_problems({"email": [wrong]} if not form.errors else {})
            return render(request, "registrations/already", status_code=422, event=event, form=form, sent=False)
        await send_link_again(slug, form.email.data, now=now)
        return render(request, "registrations/already", event=event, form=form, sent=True)


def _new_registration(posted: FormMultiDict) -> NewRegistration:
    """What was typed. The form itself, with its hundreds of choices, is made only when it is shown again."""

    def typed(name: str) -> str:
        value = posted.get(name)
        return value.replace("\x00", "") if isinstance(value, str) else ""

    names = ("name", "email", "attends", "gender", "level", "member", "organisation", "city", "country", "time_zone")
    values: dict[str, Any] = {name: typed(name) for name in names}
    return NewRegistration(
        **values,
        language=typed("language") or languages.current(),
        submission_key=typed("submission_key")[:64] or None,
    )


class PersonalPage(Controller):
    """What the holder of a personal link sees and does. Links in letters only show; buttons act."""

    path = "/registrations"
    opt = open_to(Policy.HOLDER)

    @get("/{token:str}")
    async def show(
        self, request: Request[Any, Any, Any], token: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Where the registration stands."""
        if token.endswith(".ics"):
            registration = await registration_by_link(token.removesuffix(".ics"))
            event = await event_by_id(registration.event)
            return calendar_answer(event_file(calendar_event(event)), request, name="event.ics", public=False)
        return await _personal_page(request, token, now)

    @post("/{token:str}/cancel")
    async def cancel(
        self, request: Request[Any, Any, Any], token: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Give the seat or the place in the queue back."""
        await cancel_by_link(token, now=now)
        return redirect(f"/registrations/{token}", Sentence("Your registration is cancelled."))

    @post("/{token:str}/gender")
    async def gender(
        self, request: Request[Any, Any, Any], token: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Change or withdraw how one wants to be counted."""
        form = GenderForm(await request.form())
        try:
            await state_gender(token, form.gender.data or "", now=now)
        except Problems as problems:
            form.add_problems(problems)
            return await _personal_page(request, token, now, form=form)
        return redirect(f"/registrations/{token}", Sentence("Your answer is kept as you gave it."))


async def _personal_page(
    request: Request[Any, Any, Any], token: str, now: datetime, form: GenderForm | None = None
) -> Response[str]:
    registration = await registration_by_link(token)
    event = await event_by_id(registration.event)
    proven = proves_mailbox(token)
    if form is None:
        stated = await gender_statement_of(registration.person) if proven else None
        form = GenderForm(data={"gender": stated["gender"] if stated else ""})
    return render(
        request,
        "registrations/registration",
        status_code=422 if form.errors else 200,
        headers=_PERSONAL,
        token=token,
        registration=registration,
        event=event,
        position=await place_in_queue(registration),
        form=form,
        is_past=event.is_past(now),
        proven=proven,
        sign_up_items=[item for item in await programme_of(event.id) if item.takes_sign_up],
        signed_up=await signed_up_of(registration.id),
        now=now,
        feed_path=f"/people/{make_link('person', registration.person, 1)}.ics" if proven else None,
    )


class PersonalFeed(Controller):
    """The calendar of one person, by a secret link."""

    opt = open_to(Policy.HOLDER)

    @get("/people/{token:str}")
    async def feed(self, request: Request[Any, Any, Any], token: FromPath[str]) -> Response[Any]:
        """Events that the person has a seat at."""
        opened = read_link("person", token.removesuffix(".ics")) if token.endswith(".ics") else None
        if opened is None:
            raise no_such_registration()
        found = await events_of_person(opened[0])
        return feed_answer(found, request, name="EventHub", path="/calendar.ics", public=False)


class StaffRegistrations(Controller):
    """The people of one event, as staff work with them."""

    path = "/staff/events/{slug:str}/registrations"
    opt = open_to(Policy.SEE_PEOPLE)

    @get("/")
    async def index(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        status: FromQuery[str] = "",
        attends: FromQuery[str] = "",
        attended: FromQuery[str] = "",
        q: FromQuery[str] = "",
        page_number: FromQuery[str] = "1",
    ) -> Response[str]:
        """The list with its filters, and the attendance of each."""
        number = list_page(page_number)
        wanted = RegistrationFilter(
            status=status if status in set(RegistrationStatus) else "",
            attends=attends if attends in set(Attends) else "",
            attended=attended,
            q=q[:100],
        )
        return await _list_page(request, await event_by_slug(slug), wanted, number)

    @post("/{registration_id:uuid}/{verb:str}", opt=open_to(Policy.RECORD_ATTENDANCE))
    async def act(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        registration_id: FromPath[UUID],
        verb: FromPath[str],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Mark as present or not, cancel, confirm, decline."""
        who = identity_of(request)
        assert who is not None
        event = await event_by_slug(slug)
        registration = await registration_by_id(registration_id)
        if registration.event != event.id:
            raise no_such_registration()
        said = await _act(
            verb, registration_id, now=now, account_id=who.account_id, may_edit=who.may(Policy.EDIT_EVENTS)
        )
        form = await request.form()
        back = str(form.get("back") or "")
        own = f"/staff/events/{slug}/registrations"
        return redirect(f"{back if back.startswith(own) else own}#r-{registration_id}", said)

    @post("/head-count", opt=open_to(Policy.RECORD_ATTENDANCE))
    async def head_count(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Type in numbers for an event without a list."""
        who = identity_of(request)
        assert who is not None
        event = await event_by_slug(slug)
        form = HeadCountForm(await request.form())
        if form.validate():
            numbers = {n: form[n].data or 0 for n in ("women", "men", "others", "undisclosed", "political")}
            try:
                count = NewHeadCount(**numbers, source=form.source.data or "")
                await record_head_count(event, count, now=now, account_id=who.account_id)
                return redirect(f"/staff/events/{slug}/registrations#head-count", Sentence("The head count is kept."))
            except Problems as problems:
                form.add_problems(problems)
        return await _list_page(request, event, RegistrationFilter(), 1, head_count_form=form)


async def _act(verb: str, registration_id: UUID, *, now: datetime, account_id: UUID, may_edit: bool) -> Sentence:
    if verb in ("present", "absent"):
        await record_attendance(registration_id, attended=verb == "present", now=now, account_id=account_id)
        return Sentence("Marked as present.") if verb == "present" else Sentence("The mark is taken back.")
    commands: dict[str, Any] = {
        "cancel": cancel_registration,
        "confirm": confirm_registration,
        "decline": decline_registration,
    }
    if verb not in commands or not may_edit:
        raise no_such_registration()
    await commands[verb](registration_id, now=now, account_id=account_id)
    return {
        "cancel": Sentence("The registration is cancelled."),
        "confirm": Sentence("The person has a seat now."),
        "decline": Sentence("The registration is declined."),
    }[verb]


async def _list_page(
    request: Request[Any, Any, Any],
    event: EventRow,
    wanted: RegistrationFilter,
    number: int,
    head_count_form: HeadCountForm | None = None,
) -> Response[str]:
    found, total = await registrations_of(event.id, wanted, limit=LIST_PAGE, offset=(number - 1) * LIST_PAGE)
    count = await head_count_of(event.id)
    if head_count_form is None:
        head_count_form = HeadCountForm(data=count or {})
    return render(
        request,
        "registrations/staff_registrations",
        status_code=422 if head_count_form.errors else 200,
        event=event,
        registrations=found,
        total=total,
        number=number,
        pages=max(1, -(-total // LIST_PAGE)),
        wanted=wanted,
        statuses=labelled(RegistrationStatus),
        counts=await registration_counts(event.id),
        seats=await seats_of(event.id),
        head_count=count,
        head_count_form=head_count_form,
    )


REGISTRATION_PAGES: list[Any] = [Register, PersonalPage, PersonalFeed, StaffRegistrations]
