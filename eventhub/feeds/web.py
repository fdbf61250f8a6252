"""Secret calendars, and the pages on which their addresses are made, shown once and taken back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from eventhub import languages
from eventhub.access import Policy, account_of, open_to
from eventhub.accounts.queries import token_hash
from eventhub.directory.queries import member_by_key
from eventhub.feeds.commands import make_feed_link, revoke_feed_link
from eventhub.feeds.personal import secret_feed
from eventhub.feeds.queries import FeedKind, link_of, no_such_feed
from eventhub.labs.queries import lab_by_slug
from eventhub.limits import FORMS_PER_MINUTE, at_most
from eventhub.pages import redirect, render
from eventhub.registrations.mine import refuse_unproven
from eventhub.registrations.queries import registration_by_link
from eventhub.settings import current_settings
from eventhub.words import Sentence

_PERSONAL = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex", "Cache-Control": "no-store"}
#: Carries a new address from the button to the page that shows it, and nowhere else.
_COOKIE = "new-calendar"
_COOKIE_SECONDS = 120


@dataclass(frozen=True)
class Subject:
    """Whose calendar a page is about, and where that page is."""

    kind: FeedKind
    key: UUID
    base: str
    title: str
    language: str
    back: tuple[str, str]


class SecretFeeds(Controller):
    """Calendars by secret addresses. They take no cookie into account and set none."""

    opt = open_to(Policy.HOLDER)

    @get("/people/{token:str}")
    async def of_person(
        self, request: Request[Any, Any, Any], token: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """The calendar of one person: seats, waiting lists, own parts of programmes, lab sessions."""
        return await secret_feed(request, _secret(token), [FeedKind.PERSON], now)

    @get("/feeds/{token:str}")
    async def of_others(
        self, request: Request[Any, Any, Any], token: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """The calendar of a member, of the cohort of a lab, or of an account."""
        return await secret_feed(request, _secret(token), [FeedKind.MEMBER, FeedKind.LAB, FeedKind.ACCOUNT], now)


def _secret(token: str) -> str:
    if not token.endswith(".ics"):
        raise no_such_feed()
    return token.removesuffix(".ics")


class OwnFeed(Controller):
    """The address of a person's calendar, by the personal link of any registration that came by letter."""

    path = "/registrations/{token:str}/calendar"
    opt = open_to(Policy.HOLDER)

    @get("/")
    async def show(self, request: Request[Any, Any, Any], token: FromPath[str]) -> Response[str]:
        """Whether there is an address, and the buttons."""
        return await _page(request, await _of_holder(token))

    @post("/make", middleware=at_most(FORMS_PER_MINUTE, of="feeds"))
    async def make(
        self, request: Request[Any, Any, Any], token: FromPath[str], now: NamedDependency[datetime]
    ) -> Redirect:
        """A new address; the one before stops working."""
        return await _make(await _of_holder(token), now, None)

    @post("/revoke")
    async def revoke(
        self, request: Request[Any, Any, Any], token: FromPath[str], now: NamedDependency[datetime]
    ) -> Redirect:
        """Take it back."""
        return await _revoke(await _of_holder(token), now, None)


async def _of_holder(token: str) -> Subject:
    registration = await registration_by_link(token)
    refuse_unproven(token)
    here = f"/registrations/{token}"
    return Subject(
        FeedKind.PERSON, registration.person, f"{here}/calendar", languages.gettext("My events"),
        registration.language, (here, languages.gettext("My registration")),
    )  # fmt: skip


class AccountFeed(Controller):
    """The address of the calendar of whoever is signed in: the events that account leads or works on."""

    path = "/staff/calendar"
    opt = open_to(Policy.STAFF)

    @get("/")
    async def show(self, request: Request[Any, Any, Any]) -> Response[str]:
        """Whether there is an address, and the buttons."""
        return await _page(request, _of_account(request))

    @post("/make")
    async def make(self, request: Request[Any, Any, Any], now: NamedDependency[datetime]) -> Redirect:
        """A new address; the one before stops working."""
        return await _make(_of_account(request), now, account_of(request).account_id)

    @post("/revoke")
    async def revoke(self, request: Request[Any, Any, Any], now: NamedDependency[datetime]) -> Redirect:
        """Take it back."""
        return await _revoke(_of_account(request), now, account_of(request).account_id)


def _of_account(request: Request[Any, Any, Any]) -> Subject:
    return Subject(
        FeedKind.ACCOUNT, account_of(request).account_id, "/staff/calendar", languages.gettext("Events I work on"),
        languages.current(), ("/staff/", languages.gettext("Desk")),
    )  # fmt: skip


class MemberFeed(Controller):
    """The address of a member's calendar, for staff to hand to its desk."""

    path = "/staff/members/{key:str}/calendar"
    opt = open_to(Policy.EDIT_DIRECTORY)

    @get("/")
    async def show(self, request: Request[Any, Any, Any], key: FromPath[str]) -> Response[str]:
        """Whether there is an address, and the buttons."""
        return await _page(request, await _of_member(key))

    @post("/make")
    async def make(
        self, request: Request[Any, Any, Any], key: FromPath[str], now: NamedDependency[datetime]
    ) -> Redirect:
        """A new address; the one before stops working."""
        return await _make(await _of_member(key), now, account_of(request).account_id)

    @post("/revoke")
    async def revoke(
        self, request: Request[Any, Any, Any], key: FromPath[str], now: NamedDependency[datetime]
    ) -> Redirect:
        """Take it back."""
        return await _revoke(await _of_member(key), now, account_of(request).account_id)


async def _of_member(key: str) -> Subject:
    member = await member_by_key(key)
    return Subject(
        FeedKind.MEMBER, member.id, f"{member.href}/calendar", member.name, member.language, (member.href, member.name)
    )


class CohortFeed(Controller):
    """The address of the calendar of a lab's cohort, with what is needed to join."""

    path = "/staff/labs/{slug:str}/calendar"
    opt = open_to(Policy.EDIT_LABS)

    @get("/")
    async def show(self, request: Request[Any, Any, Any], slug: FromPath[str]) -> Response[str]:
        """Whether there is an address, and the buttons."""
        return await _page(request, await _of_cohort(slug))

    @post("/make")
    async def make(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Redirect:
        """A new address; the one before stops working."""
        return await _make(await _of_cohort(slug), now, account_of(request).account_id)

    @post("/revoke")
    async def revoke(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Redirect:
        """Take it back."""
        return await _revoke(await _of_cohort(slug), now, account_of(request).account_id)


async def _of_cohort(slug: str) -> Subject:
    lab = await lab_by_slug(slug)
    here = f"/staff/labs/{lab.slug}"
    return Subject(FeedKind.LAB, lab.id, f"{here}/calendar", lab.name, languages.current(), (here, lab.name))


async def _page(request: Request[Any, Any, Any], subject: Subject) -> Response[str]:
    link = await link_of(subject.kind, subject.key)
    new = request.cookies.get(_COOKIE, "")
    address = None
    if link and new and token_hash(new) == link.token_hash:
        folder = "people" if subject.kind == FeedKind.PERSON else "feeds"
        address = f"{current_settings().base_url}/{folder}/{new}.ics"
    answer = render(
        request,
        "feeds/calendar",
        headers=_PERSONAL,
        subject=subject,
        link=link,
        address=address,
        subscribe=subscriptions(address) if address else None,
    )
    if new:
        answer.delete_cookie(_COOKIE, path=subject.base)
    return answer


def subscriptions(address: str) -> dict[str, str]:
    """A calendar's address as programs on the reader's own machine take it, and as Google's calendar does."""
    return {
        "webcal": f"webcal://{address.split('://', 1)[1]}",
        "google": "https://calendar.google.com/calendar/r?" + urlencode({"cid": address}, quote_via=quote, safe=""),
    }


async def _make(subject: Subject, now: datetime, account_id: UUID | None) -> Redirect:
    token = await make_feed_link(subject.kind, subject.key, language=subject.language, now=now, account_id=account_id)
    answer = redirect(subject.base, Sentence("The calendar has a new address. It is shown this once."))
    answer.set_cookie(
        Cookie(
            key=_COOKIE, value=token, path=subject.base, max_age=_COOKIE_SECONDS, httponly=True,
            secure=current_settings().is_https, samesite="strict",
        )
    )  # fmt: skip
    return answer


async def _revoke(subject: Subject, now: datetime, account_id: UUID | None) -> Redirect:
    if await revoke_feed_link(subject.kind, subject.key, now=now, account_id=account_id):
        return redirect(subject.base, Sentence("The address of the calendar does not work any more."))
    return redirect(subject.base, Sentence("The calendar had no address."), "info")


FEED_PAGES: list[Any] = [SecretFeeds, OwnFeed, AccountFeed, MemberFeed, CohortFeed]
