"""Pages: certificates of attendance and badges as PDF."""

import asyncio
from datetime import datetime
from enum import StrEnum
from typing import Any

from litestar import Controller, MediaType, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from eventhub import languages
from eventhub.access import Policy, account_of, open_to
from eventhub.delegations.queries import overview_of
from eventhub.errors import NotFound, Problems
from eventhub.events.queries import event_by_slug
from eventhub.events.rules import EventStatus, unknown_word
from eventhub.limits import FORMS_PER_MINUTE, at_most
from eventhub.pages import redirect, render
from eventhub.papers.commands import send_certificates
from eventhub.papers.facts import attendance_facts, badge_facts, certificate_facts, organiser_of
from eventhub.papers.press import printed
from eventhub.papers.queries import (
    certificate_by_code,
    own_certificate,
    paper_counts,
    people_for_badges,
    people_present,
)
from eventhub.papers.rules import BadgeFormat
from eventhub.registrations.rules import Attends, RegistrationStatus
from eventhub.settings import current_settings
from eventhub.words import Sentence

_PERSONAL = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


def _pdf(content: bytes, name: str) -> Response[bytes]:
    return Response(
        content,
        media_type="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="{name}.pdf"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            **_PERSONAL,
        },
    )


class Certificates(Controller):
    """One certificate: for the person whose it is, and for whoever wants to check it."""

    @get(
        "/registrations/{token:str}/certificate.pdf",
        opt=open_to(Policy.HOLDER),
        media_type=MediaType.HTML,
        middleware=at_most(FORMS_PER_MINUTE, of="certificates"),
    )
    async def own(
        self, request: Request[Any, Any, Any], token: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[bytes]:
        """The certificate, in the language of the person."""
        event, person = await own_certificate(token, now=now)
        return _pdf(await printed("certificates", certificate_facts(event, [person], now=now)), "certificate")

    @get(
        "/certificates/{code:str}",
        opt=open_to(Policy.PUBLIC),
        middleware=at_most(FORMS_PER_MINUTE, of="certificate checks"),
    )
    async def check(self, request: Request[Any, Any, Any], code: FromPath[str]) -> Response[str]:
        """Who is certified to have been at which event, and on which days; nothing else."""
        event, person = await certificate_by_code(code)
        return render(
            request,
            "papers/certificate",
            headers=_PERSONAL,
            event=event,
            name=person.name,
            organiser=organiser_of(event),
        )


class StaffPapers(Controller):
    """Certificates and badges of everybody at one event."""

    path = "/staff/events/{slug:str}/papers"
    opt = open_to(Policy.SEE_PEOPLE)

    @get("/")
    async def index(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[str]:
        """How many there are, and where."""
        event = await event_by_slug(slug)
        return render(
            request,
            "papers/papers",
            event=event,
            counts=await paper_counts(event.id),
            has_delegations=bool((await overview_of(event)).members),
            can_send=event.status == EventStatus.PUBLISHED and event.is_past(now),
        )

    @get("/certificates.pdf", media_type=MediaType.HTML)
    async def certificates(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[bytes]:
        """Certificates of everybody whose presence was noted, each in the language of the person."""
        event = await event_by_slug(slug)
        people = await people_present(event.id)
        if not people:
            raise NotFound(Sentence("Nobody’s presence at this event was noted yet."))
        facts = await asyncio.to_thread(certificate_facts, event, people, now=now)
        return _pdf(await printed("certificates", facts), "certificates")

    @get("/badges.pdf", media_type=MediaType.HTML)
    async def badges(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        status: FromQuery[str] = RegistrationStatus.CONFIRMED,
        attends: FromQuery[str] = "",
    ) -> Response[bytes]:
        """Badges of everybody with a status, in the format asked for."""
        event = await event_by_slug(slug)
        form = BadgeFormat(_known("format", request.query_params.get("format") or BadgeFormat.A4_8, BadgeFormat))
        people = await people_for_badges(
            event.id,
            status=_known("status", status, RegistrationStatus),
            attends=_known("attends", attends, Attends) if attends else "",
        )
        if not people:
            raise NotFound(Sentence("There is nobody to print a badge for."))
        facts = await asyncio.to_thread(badge_facts, event, people, form)
        return _pdf(await printed("badges", facts), "badges")

    @get("/attendance-sheet.pdf", media_type=MediaType.HTML)
    async def attendance_sheet(self, slug: FromPath[str], language: FromQuery[str] = "") -> Response[bytes]:
        """Everybody who may sign, by member, and the quorum of a statutory meeting; in the language asked for."""
        event = await event_by_slug(slug)
        codes = current_settings().language_codes
        if language and language not in codes:
            wrong = Sentence(
                "“%(given)s” is not one of the languages %(known)s.", given=language[:20], known=", ".join(codes)
            )
            raise Problems({"language": [wrong]})
        overview = await overview_of(event)
        of_members = {one.id for member in overview.members for one in member.people}
        seated = await people_for_badges(event.id, status=RegistrationStatus.CONFIRMED)
        others = [one for one in seated if one.id not in of_members]
        if not overview.members and not others:
            raise NotFound(Sentence("Nobody is expected yet, so there is no sheet to sign."))
        facts = await asyncio.to_thread(attendance_facts, overview, others, language or languages.current())
        return _pdf(await printed("attendance", facts), "attendance-sheet")

    @post("/send", opt=open_to(Policy.EDIT_EVENTS))
    async def send(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Write to everybody who was present and has no letter yet."""
        done = await send_certificates(slug, now=now, account_id=account_of(request).account_id)
        said = Sentence.counted(
            "%(num)s letter with a certificate is on its way.",
            "%(num)s letters with certificates are on their way.",
            done.written,
        )
        if not done.written:
            said = Sentence("Everybody who was present has the letter already.")
        return redirect(f"/staff/events/{slug}/papers", said)


def _known(field: str, value: str, words: type[StrEnum]) -> str:
    if value not in set(words):
        raise Problems({field: [unknown_word(value, words)]})
    return value


PAPER_PAGES: list[Any] = [Certificates, StaffPapers]
