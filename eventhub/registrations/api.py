"""Registrations, attendance and head counts as JSON."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from eventhub.access import Policy, account_of, identity_of, open_to
from eventhub.events.queries import event_by_slug
from eventhub.limits import FORMS_PER_MINUTE, at_most
from eventhub.listing import Listing, listing, window
from eventhub.problems import check_words
from eventhub.questions.rules import LARGEST_FORM, SentFile
from eventhub.registrations.commands import (
    NewHeadCount,
    NewRegistration,
    cancel_registration,
    confirm_registration,
    decline_registration,
    record_attendance,
    record_head_count,
    register_participant,
)
from eventhub.registrations.queries import (
    RegistrationFilter,
    RegistrationRow,
    head_count_of,
    place_in_queue,
    registrations_of,
)
from eventhub.registrations.rules import RegistrationStatus
from eventhub.settings import current_settings


class FileIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A PDF, JPEG or PNG file of 5 MB at most; `content` is base64."""

    name: str
    content: bytes


class RegistrationIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """
    What a participant fills in; gender and level are optional.

    `answers` go by the ids of the questions of the event: text, a number, a
    day as text, the code of a choice, a list of codes, or a file. What the
    event does not ask is dropped.
    """

    name: str
    email: str
    attends: str | None = None
    gender: str | None = None
    level: str | None = None
    member: str | None = None
    organisation: str | None = None
    city: str | None = None
    country: str | None = None
    language: str | None = None
    time_zone: str | None = None
    access_needs: str | None = None
    invitation_token: str | None = None
    answers: dict[str, str | int | float | list[str] | FileIn | None] | None = None


class ReasonIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Why; who is declined reads it in the letter."""

    reason: str = ""


class RegistrationOut(msgspec.Struct, kw_only=True):
    """Where a registration stands; the personal link only for who has just made it, and for organisers."""

    id: UUID
    status: str
    waitlist_position: int | None
    manage_url: str | None


class RegistrationListed(msgspec.Struct, kw_only=True):
    """A registration as staff see it; no gender."""

    id: UUID
    name: str
    email: str
    status: str
    attends: str
    level: str | None
    member: str | None
    organisation: str
    city: str
    country: str
    language: str
    registered_at: datetime
    attended: bool


class AttendanceIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Whether somebody was there; `session` is the id of a programme item."""

    attended: bool = True
    mode: str | None = None
    session: UUID | None = None


class HeadCountIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Numbers of people without names."""

    women: int = 0
    men: int = 0
    others: int = 0
    undisclosed: int = 0
    political: int = 0
    source: str = ""


class HeadCountOut(msgspec.Struct, kw_only=True):
    """The head count that stands."""

    women: int
    men: int
    others: int
    undisclosed: int
    political: int
    source: str


_NOBODY = HeadCountOut(women=0, men=0, others=0, undisclosed=0, political=0, source="")


async def _out(registration: RegistrationRow) -> RegistrationOut:
    return RegistrationOut(
        id=registration.id,
        status=registration.status,
        waitlist_position=await place_in_queue(registration),
        manage_url=None,
    )


class RegistrationsApi(Controller):
    """Claims to seats, and who was there."""

    path = "/api/v1"
    tags: Sequence[str] = ["registrations"]

    @post(
        "/events/{slug:str}/registrations",
        opt=open_to(Policy.PUBLIC),
        request_max_body_size=LARGEST_FORM * 4 // 3,
        middleware=at_most(FORMS_PER_MINUTE, of="registrations"),
    )
    async def create(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        data: JSONBody[RegistrationIn],
        now: NamedDependency[datetime],
    ) -> Response[RegistrationOut]:
        """Register; 201 with the personal link, or 200 with the first registration of the same person."""
        key = request.headers.get("idempotency-key")
        new = NewRegistration(
            name=data.name,
            email=data.email,
            attends=data.attends or "",
            gender=data.gender or "",
            level=data.level or "",
            member=data.member or "",
            organisation=data.organisation or "",
            city=data.city or "",
            country=data.country or "",
            language=data.language or current_settings().language_codes[0],
            time_zone=data.time_zone or "",
            access_needs=data.access_needs or "",
            invitation_token=data.invitation_token or "",
            answers={
                key: SentFile(value.name, value.content) if isinstance(value, FileIn) else value
                for key, value in (data.answers or {}).items()
            },
            submission_key=hashlib.sha256(key.encode()).hexdigest() if key else None,
        )
        done = await register_participant(slug, new, now=now)
        who = identity_of(request)
        shown = done.is_new or done.same_form or (who is not None and who.may(Policy.EDIT_EVENTS))
        out = RegistrationOut(
            id=done.registration.id,
            status=done.registration.status,
            waitlist_position=done.position,
            manage_url=done.manage_url if shown else None,
        )
        return Response(out, status_code=201 if done.is_new else 200)

    @get("/events/{slug:str}/registrations", opt=open_to(Policy.SEE_PEOPLE))
    async def index(
        self,
        slug: FromPath[str],
        status: FromQuery[str] = "",
        q: FromQuery[str] = "",
        limit: FromQuery[int] = 50,
        cursor: FromQuery[str | None] = None,
    ) -> Listing[RegistrationListed]:
        """The registrations of an event."""
        size, offset = window(limit, cursor)
        check_words(status=(status, RegistrationStatus))
        event = await event_by_slug(slug)
        found, total = await registrations_of(
            event.id, RegistrationFilter(status=status, q=q), limit=size, offset=offset
        )
        items = [
            RegistrationListed(
                id=one.id,
                name=one.name,
                email=one.email,
                status=one.status,
                attends=one.attends,
                level=one.level,
                member=one.member_name,
                organisation=one.organisation,
                city=one.city,
                country=one.country,
                language=one.language,
                registered_at=one.registered_at,
                attended=attended,
            )
            for one, attended in found
        ]
        return listing(items, total=total, limit=size, offset=offset)

    @post("/registrations/{registration_id:uuid}/cancel", opt=open_to(Policy.EDIT_EVENTS), status_code=200)
    async def cancel(
        self, request: Request[Any, Any, Any], registration_id: FromPath[UUID], now: NamedDependency[datetime]
    ) -> RegistrationOut:
        """Cancel it; whoever waited longest gets the seat."""
        return await _out(
            await cancel_registration(registration_id, now=now, account_id=account_of(request).account_id)
        )

    @post("/registrations/{registration_id:uuid}/confirm", opt=open_to(Policy.EDIT_EVENTS), status_code=200)
    async def confirm(
        self,
        request: Request[Any, Any, Any],
        registration_id: FromPath[UUID],
        now: NamedDependency[datetime],
        data: JSONBody[ReasonIn | None] = None,
    ) -> RegistrationOut:
        """Give a free seat to somebody who waits for it or for a decision."""
        reason = data.reason if data else ""
        account = account_of(request).account_id
        return await _out(await confirm_registration(registration_id, reason=reason, now=now, account_id=account))

    @post("/registrations/{registration_id:uuid}/decline", opt=open_to(Policy.EDIT_EVENTS), status_code=200)
    async def decline(
        self,
        request: Request[Any, Any, Any],
        registration_id: FromPath[UUID],
        now: NamedDependency[datetime],
        data: JSONBody[ReasonIn | None] = None,
    ) -> RegistrationOut:
        """Say no to it; the person reads the reason, if there is one."""
        reason = data.reason if data else ""
        account = account_of(request).account_id
        return await _out(await decline_registration(registration_id, reason=reason, now=now, account_id=account))

    @post(
        "/registrations/{registration_id:uuid}/attendance",
        opt=open_to(Policy.RECORD_ATTENDANCE),
        status_code=200,
    )
    async def attendance(
        self,
        request: Request[Any, Any, Any],
        registration_id: FromPath[UUID],
        data: JSONBody[AttendanceIn],
        now: NamedDependency[datetime],
    ) -> RegistrationOut:
        """Note that somebody was there, or take the note back."""
        registration = await record_attendance(
            registration_id,
            attended=data.attended,
            mode=data.mode,
            programme_item=data.session,
            now=now,
            account_id=account_of(request).account_id,
        )
        return await _out(registration)

    @post("/events/{slug:str}/head-count", opt=open_to(Policy.RECORD_ATTENDANCE), status_code=200)
    async def head_count(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        data: JSONBody[HeadCountIn],
        now: NamedDependency[datetime],
    ) -> HeadCountOut:
        """Type in numbers for an event without a list."""
        event = await event_by_slug(slug)
        count = NewHeadCount(data.women, data.men, data.others, data.undisclosed, data.political, data.source)
        await record_head_count(event, count, now=now, account_id=account_of(request).account_id)
        kept = await head_count_of(event.id)  # None after a count of nobody
        return HeadCountOut(**{name: kept[name] for name in HeadCountOut.__struct_fields__}) if kept else _NOBODY
