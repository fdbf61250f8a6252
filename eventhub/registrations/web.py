"""Pages of registrations: the form, the way to the personal page, and the list of all of them."""

import secrets
from datetime import datetime
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from eventhub import languages
from eventhub.access import Policy, open_to
from eventhub.directory.addresses import email_problem
from eventhub.directory.queries import member_choices
from eventhub.errors import Problems
from eventhub.events.queries import EventRow, event_by_slug, public_event
from eventhub.events.rules import Door
from eventhub.invitations.queries import spent_invitation
from eventhub.limits import FORMS_PER_MINUTE, at_most
from eventhub.pages import chosen_zone, redirect, render
from eventhub.questions.checking import asked_no_more
from eventhub.questions.forms import add_answer_problems, posted_answers
from eventhub.questions.queries import questions_of
from eventhub.questions.rules import LARGEST_READ, as_asked
from eventhub.registrations.commands import (
    InvitationNeeded,
    NewRegistration,
    RegistrationClosed,
    register_participant,
    send_link_again,
)
from eventhub.registrations.forms import LinkForm, RegistrationForm
from eventhub.registrations.mine_web import HOLDER_PAGES
from eventhub.registrations.pools_web import POOL_PAGES
from eventhub.registrations.queries import InvitedRow, invitation_by_token, seats_of
from eventhub.registrations.staff_web import STAFF_REGISTRATION_PAGES


class Register(Controller):
    """Registering for an event, without an account."""

    opt = open_to(Policy.PUBLIC)

    @get("/events/{slug:str}/register")
    async def new(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        now: NamedDependency[datetime],
        invitation: FromQuery[str] = "",
    ) -> Response[str]:
        """How things stand, then the form; `invitation` is the secret of a personal invitation."""
        if spent := await _spent_page(request, slug, invitation, now):
            return spent
        event, invited = await _event_and_invitation(slug, invitation)
        if not _is_open(event, invited, now):
            return _closed_page(request, event, now)
        form = RegistrationForm(
            event=event,
            members=dict(await member_choices()),
            data={
                "language": languages.current(),
                "time_zone": chosen_zone(request) or "",
                "gender": "",
                "submission_key": secrets.token_urlsafe(16),
                **({"name": invited.name, "email": invited.email, "invitation_token": invitation} if invited else {}),
            },
        )
        return await _form_page(request, event, form, invited)

    @post(
        "/events/{slug:str}/register",
        request_max_body_size=LARGEST_READ,
        middleware=at_most(FORMS_PER_MINUTE, of="registrations"),
    )
    async def create(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Register; the answer is the page of the registration."""
        posted = await request.form()
        answers = await posted_answers(posted)
        new = _new_registration(posted, answers)
        try:
            done = await register_participant(slug, new, now=now)
        except Problems as problems:
            event, invited = await _event_and_invitation(slug, new.invitation_token)
            form = RegistrationForm(posted, event=event, members=dict(await member_choices()))
            return await _form_page(request, event, form, invited, problems=problems, typed=answers)
        except (RegistrationClosed, InvitationNeeded) as refusal:
            if spent := await _spent_page(request, slug, new.invitation_token, now):
                return spent
            if isinstance(refusal, InvitationNeeded):
                raise
            event, _ = await _event_and_invitation(slug, new.invitation_token)
            return _closed_page(request, event, now, status_code=refusal.status_code)
        if done.is_new or done.same_form:
            gone = await asked_no_more(done.registration.event, answers)
            return redirect("/" + done.manage_url.split("/", 3)[3], gone, kind="info")
        event, _ = await _event_and_invitation(slug, new.invitation_token)
        link_form = LinkForm(data={"email": done.registration.email})
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


async def _event_and_invitation(slug: str, token: str) -> tuple[EventRow, InvitedRow | None]:
    """The event, if everybody may know of it or it is the one of the invitation; and the invitation."""
    invited = await invitation_by_token(token) if token else None
    event = await event_by_slug(slug) if invited else await public_event(slug)
    if invited and invited.event != event.id:
        return await public_event(slug), None
    return event, invited


async def _spent_page(request: Request[Any, Any, Any], slug: str, token: str, now: datetime) -> Response[str] | None:
    """Where a personal invitation was used, withdrawn or replaced: a page that says so and where to go on."""
    if not token or (spent := await spent_invitation(slug, token)) is None:
        return None
    event = await event_by_slug(slug)
    if event.is_past(now):
        return None if event.is_public else _closed_page(request, event, now)
    return render(
        request,
        "invitations/spent",
        status_code=410,
        event=event,
        spent=spent,
        takes_all=event.is_public and event.takes_registrations(now),
    )


def _is_open(event: EventRow, invited: InvitedRow | None, now: datetime) -> bool:
    return event.takes_registrations(now) or (invited is not None and event.door(now) is Door.INVITATION)


def _closed_page(
    request: Request[Any, Any, Any], event: EventRow, now: datetime, status_code: int = 200
) -> Response[str]:
    return render(
        request,
        "registrations/closed",
        status_code=status_code,
        event=event,
        is_past=event.is_past(now),
        door=event.door(now),
    )


async def _form_page(
    request: Request[Any, Any, Any],
    event: EventRow,
    form: RegistrationForm,
    invited: InvitedRow | None,
    *,
    problems: Problems | None = None,
    typed: dict[str, Any] | None = None,
) -> Response[str]:
    questions = as_asked(await questions_of(event.id), languages.current(), event.language)
    errors = add_answer_problems(form, problems, questions, typed or {}) if problems else {}
    return render(
        request,
        "registrations/form",
        status_code=422 if problems else 200,
        event=event,
        form=form,
        seats=await seats_of(event.id, event.mode),
        invited=invited,
        questions=questions,
        values=typed or {},
        errors=errors,
        gone=await asked_no_more(event.id, typed) if typed else None,
    )


def _new_registration(posted: FormMultiDict, answers: dict[str, Any]) -> NewRegistration:
    """What was typed. The form itself, with its hundreds of choices, is made only when it is shown again."""

    def typed(name: str) -> str:
        value = posted.get(name)
        return value.replace("\x00", "") if isinstance(value, str) else ""

    names = (
        "name", "email", "attends", "gender", "level", "member", "organisation", "city", "country", "time_zone",
        "access_needs", "invitation_token",
    )  # fmt: skip
    values: dict[str, Any] = {name: typed(name) for name in names}
    return NewRegistration(
        **values,
        answers=answers,
        language=typed("language") or languages.current(),
        submission_key=typed("submission_key")[:64] or None,
    )


REGISTRATION_PAGES: list[Any] = [Register, *HOLDER_PAGES, *STAFF_REGISTRATION_PAGES, *POOL_PAGES]
