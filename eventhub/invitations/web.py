"""Pages: registration by invitation."""

import base64
import zlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from itsdangerous import BadSignature, URLSafeTimedSerializer
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from eventhub import languages
from eventhub.access import Policy, account_of, open_to
from eventhub.directory.queries import member_choices
from eventhub.errors import NotFound, Problems
from eventhub.events.queries import EventRow, event_by_slug
from eventhub.importing import ImportCollision
from eventhub.invitations.commands import add_invitation, send_invitation, send_unsent, withdraw_invitation
from eventhub.invitations.forms import InvitationForm, ListForm
from eventhub.invitations.imports import import_invitations
from eventhub.invitations.queries import ORDERS, invitation_by_id, invitation_counts, invitations
from eventhub.invitations.rules import InvitationState
from eventhub.pages import list_page, redirect, render
from eventhub.settings import current_settings
from eventhub.spreadsheets import BadFile, ImportReport
from eventhub.words import Sentence

INVITATIONS_ON_A_PAGE = 100
UPLOAD_LIMIT = 5_000_000
#: The file goes to the page and back as text, which takes a third more.
LARGEST_UPLOAD = 3_000_000
_PREVIEW_SECONDS = 3600


class Invitations(Controller):
    """Who may register for an event by invitation."""

    path = "/staff/events/{slug:str}/invitations"
    opt = open_to(Policy.EDIT_EVENTS)

    @get("/")
    async def index(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        status: FromQuery[str] = "",
        q: FromQuery[str] = "",
        sort: FromQuery[str] = "",
        page_number: FromQuery[str] = "1",
    ) -> Response[str]:
        """The list with the state of each, and the forms to invite."""
        wanted = {
            "status": status if status in set(InvitationState) else "",
            "q": q.replace("\x00", "")[:100],
            "sort": sort if sort.removeprefix("-") in ORDERS else "",
        }
        return await _page(request, await event_by_slug(slug), wanted=wanted, number=list_page(page_number))

    @post("/")
    async def add(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Put somebody on the list; the letter goes out when it is sent."""
        event = await event_by_slug(slug)
        form = InvitationForm(await request.form(), members=dict(await member_choices()))
        if form.validate():
            try:
                await add_invitation(event, form.invitation(), now=now, account_id=account_of(request).account_id)
                said = Sentence("%(name)s is on the list. Send the invitation when you are ready.", name=form.name.data)
                return redirect(_path(slug), said)
            except Problems as problems:
                form.add_problems(problems)
        return await _page(request, event, form=form)

    @post("/send")
    async def send_all(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Write to everybody who has not been written to."""
        event = await event_by_slug(slug)
        sent = await send_unsent(event.id, now=now, account_id=account_of(request).account_id)
        said = Sentence.counted("One letter is on its way.", "%(num)s letters are on their way.", sent)
        return redirect(_path(slug), said)

    @post("/import", request_max_body_size=UPLOAD_LIMIT, status_code=200)
    async def preview(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[str]:
        """Show what a file would change; nothing is written."""
        event = await event_by_slug(slug)
        form = ListForm(await request.form())
        if not form.validate():
            return await _page(request, event, list_form=form)
        content, filename = await form.file.data.read(), form.file.data.filename
        try:
            if len(content) > LARGEST_UPLOAD:
                raise BadFile(Sentence("The file is larger than 3 MB."))
            report = await import_invitations(event, content, filename, dry_run=True, now=now)
        except BadFile as bad:
            return await _page(request, event, list_form=form, faults=bad.sentences)
        return _differences(request, event, filename, content, report)

    @post("/import/confirm", request_max_body_size=UPLOAD_LIMIT)
    async def confirm(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Write what was shown; if it would change something else by now, show that first."""
        event = await event_by_slug(slug)
        filename, content, fingerprint = _unpacked(request, event, str((await request.form()).get("parcel", "")))
        who = account_of(request).account_id
        report = await import_invitations(event, content, filename, dry_run=True, now=now, account_id=who)
        if report.fingerprint != fingerprint:
            return _differences(request, event, filename, content, report, changed_meanwhile=True)
        done = await import_invitations(event, content, filename, dry_run=False, now=now, account_id=who)
        return redirect(
            _path(slug),
            Sentence(
                "The list has been taken: %(new)s new, %(changed)s changed, %(unchanged)s as before. No letter has gone out yet.",
                new=len(done.new), changed=done.changed, unchanged=done.unchanged,
            ),
        )  # fmt: skip

    @post("/{invitation_id:uuid}/send")
    async def send(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        invitation_id: FromPath[UUID],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Write the letter to one person, for the first time or again."""
        await _of_event(slug, invitation_id)
        sent = await send_invitation(invitation_id, now=now, account_id=account_of(request).account_id)
        said = Sentence("The letter to %(name)s is on its way.", name=sent.name)
        return redirect(await _back(request, slug, invitation_id), said)

    @post("/{invitation_id:uuid}/withdraw")
    async def withdraw(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        invitation_id: FromPath[UUID],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Make an invitation good for nothing."""
        await _of_event(slug, invitation_id)
        await withdraw_invitation(invitation_id, now=now, account_id=account_of(request).account_id)
        said = Sentence("The invitation is withdrawn; its link opens nothing any more.")
        return redirect(await _back(request, slug, invitation_id), said)


def _path(slug: str) -> str:
    return f"/staff/events/{slug}/invitations"


async def _back(request: Request[Any, Any, Any], slug: str, invitation_id: UUID) -> str:
    back, own = str((await request.form()).get("back") or ""), _path(slug)
    return f"{back if back.startswith(own) else own}#i-{invitation_id}"


async def _of_event(slug: str, invitation_id: UUID) -> None:
    event = await event_by_slug(slug)
    if (await invitation_by_id(invitation_id)).event != event.id:
        raise NotFound(Sentence("There is no such invitation."))


async def _page(
    request: Request[Any, Any, Any],
    event: EventRow,
    *,
    wanted: dict[str, str] | None = None,
    number: int = 1,
    form: InvitationForm | None = None,
    list_form: ListForm | None = None,
    faults: Sequence[str] = (),
) -> Response[str]:
    wanted = wanted or {"status": "", "q": "", "sort": ""}
    found, total = await invitations(
        event.id,
        state=wanted["status"],
        q=wanted["q"],
        sort=wanted["sort"],
        limit=INVITATIONS_ON_A_PAGE,
        offset=(number - 1) * INVITATIONS_ON_A_PAGE,
    )
    if form is None:
        usual = event.language if event.language in current_settings().language_codes else "en"
        new_form = InvitationForm(members=dict(await member_choices()), data={"language": usual})
    return render(
        request,
        "invitations/invitations",
        status_code=422 if form or list_form else 200,
        event=event,
        invitations=found,
        total=total,
        number=number,
        pages=max(1, -(-total // INVITATIONS_ON_A_PAGE)),
        wanted=wanted,
        states=list(InvitationState),
        counts=await invitation_counts(event.id),
        form=form or new_form,
        list_form=list_form or ListForm(),
        faults=[languages.say(sentence) for sentence in faults],
    )


# A file on its way through the page


def _differences(
    request: Request[Any, Any, Any],
    event: EventRow,
    filename: str,
    content: bytes,
    report: ImportReport,
    *,
    changed_meanwhile: bool = False,
) -> Response[str]:
    return render(
        request,
        "invitations/preview",
        status_code=409 if changed_meanwhile else 200,
        event=event,
        report=report,
        parcel=_packed(request, event, filename, content, report),
        changed_meanwhile=changed_meanwhile,
    )


def _parcels() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_settings().secret_key, salt="invitations")


def _packed(
    request: Request[Any, Any, Any], event: EventRow, filename: str, content: bytes, report: ImportReport
) -> str:
    """The file as a signed text for a hidden field, bound to the account, the event and the differences shown."""
    packed = base64.b64encode(zlib.compress(content)).decode()
    owner = [str(account_of(request).account_id), str(event.id)]
    return str(_parcels().dumps([owner, filename[:200], packed, report.fingerprint]))


def _unpacked(request: Request[Any, Any, Any], event: EventRow, parcel: str) -> tuple[str, bytes, str]:
    """
    Name and content of a file, and the fingerprint of the differences shown.

    Raises:
        ImportCollision: the text is not ours, too old, or another account's or event's.

    """
    try:
        owner, filename, packed, fingerprint = _parcels().loads(parcel, max_age=_PREVIEW_SECONDS)
    except BadSignature:
        owner = None
    if owner != [str(account_of(request).account_id), str(event.id)]:
        raise ImportCollision(Sentence("The differences were shown too long ago. Please choose the file again."))
    return filename, zlib.decompress(base64.b64decode(packed)), fingerprint


INVITATION_PAGES: list[Any] = [Invitations]
