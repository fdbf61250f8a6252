"""The outbox, as staff read it."""

import contextlib
from datetime import date, datetime
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from eventhub.access import Policy, account_of, open_to
from eventhub.errors import NotFound, Problems
from eventhub.events.queries import event_by_slug
from eventhub.mail.delivery import Delivery, deliveries, delivery_logs, held_back, send_again
from eventhub.mail.forms import LiftForm, PauseForm
from eventhub.mail.opt_out_web import OptOuts
from eventhub.mail.pauses import PausedAlready, pause_letters, pauses, resting_letters, resume_letters
from eventhub.mail.queries import (
    LetterRow,
    letter_by_id,
    letter_counts,
    letter_kinds,
    oldest_waiting,
    wording_by_id,
)
from eventhub.mail.rendering import RenderedLetter
from eventhub.mail.rendering import render as render_letter
from eventhub.mail.rules import LetterStatus
from eventhub.mail.suppressions import address_hash, lift, nothing_gets_there, suppressions_of
from eventhub.pages import list_page, redirect, render
from eventhub.settings import current_settings
from eventhub.words import Sentence

OUTBOX_PAGE = 50
#: Letters with a secret that lets somebody in are shown to nobody but the addressee.
SECRET_KINDS = frozenset({"sign_in_link"})


class Outbox(Controller):
    """Every letter, before and after it goes."""

    path = "/staff/outbox"
    opt = open_to(Policy.READ_OUTBOX)

    @get("/")
    async def index(
        self,
        request: Request[Any, Any, Any],
        now: NamedDependency[datetime],
        status: FromQuery[str] = "",
        kind: FromQuery[str] = "",
        who: FromQuery[str] = "",
        person: FromQuery[str] = "",
        event: FromQuery[str] = "",
        since: FromQuery[str] = "",
        until: FromQuery[str] = "",
        page_number: FromQuery[str] = "1",
    ) -> Response[str]:
        """The letters that match, newest first, with what became of each; what rests, and why."""
        wanted = Delivery(
            who=who[:200].replace("\0", ""), person=_uuid(person), event=event[:100].replace("\0", ""),
            kind=kind[:40].replace("\0", ""), status=status if status in set(LetterStatus) else "",
            since=_day(since), until=_day(until),
        )  # fmt: skip
        return await _outbox(
            request, wanted, PauseForm(data={"event": wanted.event}), now, number=list_page(page_number)
        )

    @post("/pauses")
    async def pause(self, request: Request[Any, Any, Any], now: NamedDependency[datetime]) -> Response[Any]:
        """Let letters rest: all of them or those about one event, of one kind or of every kind."""
        form = PauseForm(await request.form())
        about = await event_by_slug(form.event.data) if form.event.data else None
        if form.validate():
            try:
                await pause_letters(
                    about.id if about else None, form.kind.data or None, reason=form.reason.data or "",
                    account_id=account_of(request).account_id, now=now,
                )  # fmt: skip
                return redirect(_outbox_path(about.slug if about else None), Sentence("These letters rest now."))
            except Problems as problems:
                form.add_problems(problems)
            except PausedAlready as refusal:
                return redirect(_outbox_path(about.slug if about else None), refusal.sentences[0], "warning")
        return await _outbox(request, Delivery(event=about.slug if about else ""), form, now, status_code=422)

    @post("/pauses/{pause_id:uuid}/end")
    async def resume(
        self, request: Request[Any, Any, Any], pause_id: FromPath[UUID], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """End a pause; what rested leaves in the order in which it was written."""
        await resume_letters(pause_id, account_id=account_of(request).account_id, now=now)
        slug = str((await request.form()).get("event") or "")[:100]
        return redirect(
            _outbox_path(slug), Sentence("The letters are sent now, in the order in which they were written.")
        )

    @get("/held-back")
    async def addresses(self, request: Request[Any, Any, Any]) -> Response[str]:
        """Addresses that get no letters, because some came back or somebody complained."""
        return render(request, "outbox/held_back", found=await held_back())

    @get("/{letter_id:uuid}")
    async def show(self, request: Request[Any, Any, Any], letter_id: FromPath[UUID]) -> Response[str]:
        """One letter as it will arrive, with what became of it: text, HTML source shown as text, the calendar file."""
        return await _letter_page(request, letter_id, LiftForm())

    @post("/{letter_id:uuid}/lift")
    async def let_through(
        self, request: Request[Any, Any, Any], letter_id: FromPath[UUID], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Let letters go to the address of this letter again, with a reason."""
        letter, _ = await letter_by_id(letter_id)
        form = LiftForm(await request.form())
        if form.validate():
            try:
                await lift(
                    address_hash(letter.recipient_address), reason=form.reason.data or "",
                    account_id=account_of(request).account_id, now=now,
                )  # fmt: skip
                return redirect(f"/staff/outbox/{letter_id}", Sentence("Letters reach this address again."))
            except Problems as problems:
                form.add_problems(problems)
        return await _letter_page(request, letter_id, form, status_code=422)

    @get("/{letter_id:uuid}/html")
    async def html(self, letter_id: FromPath[UUID]) -> Response[str]:
        """The HTML part alone, under a policy of its own: inline styles of mail, no scripts, nothing from elsewhere."""
        letter, facts = await letter_by_id(letter_id)
        if letter.kind in SECRET_KINDS:
            raise NotFound(Sentence("There is no such letter."))
        return Response(
            (await shown_letter(letter, facts)).html,
            media_type="text/html",
            headers={
                "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'",
                "X-Frame-Options": "SAMEORIGIN",
                "Cache-Control": "no-store",
            },
        )

    @post("/{letter_id:uuid}/resend")
    async def resend(
        self, request: Request[Any, Any, Any], letter_id: FromPath[UUID], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Try a letter again that never arrived, or send a copy of one that left."""
        new = await send_again(letter_id, account_id=account_of(request).account_id, now=now)
        said = (
            Sentence("A copy waits to be sent.") if new != letter_id else Sentence("The letter waits to be sent again.")
        )
        return redirect(f"/staff/outbox/{new}", said)


async def _outbox(
    request: Request[Any, Any, Any],
    wanted: Delivery,
    form: PauseForm,
    now: datetime,
    *,
    number: int = 1,
    status_code: int = 200,
) -> Response[str]:
    found, total = await deliveries(wanted, limit=OUTBOX_PAGE, offset=(number - 1) * OUTBOX_PAGE)
    resting = await pauses()
    waited = await oldest_waiting(now)
    return render(
        request,
        "outbox/outbox",
        status_code=status_code,
        letters=found,
        logs=await delivery_logs(found, resting),
        blocked=await suppressions_of(letter.recipient_address for letter in found),
        why=nothing_gets_there,
        total=total,
        number=number,
        pages=max(1, -(-total // OUTBOX_PAGE)),
        wanted=wanted,
        counts=await letter_counts(),
        kinds=await letter_kinds(),
        statuses=list(LetterStatus),
        pauses=resting,
        at_rest=await resting_letters() if resting else 0,
        form=form,
        waited_minutes=int(waited.total_seconds() // 60) if waited else 0,
        has_relay=bool(current_settings().smtp_url),
    )


async def _letter_page(
    request: Request[Any, Any, Any], letter_id: UUID, form: LiftForm, *, status_code: int = 200
) -> Response[str]:
    letter, facts = await letter_by_id(letter_id)
    secret = letter.kind in SECRET_KINDS
    blocked = (await suppressions_of([letter.recipient_address])).get(letter.recipient_address)
    return render(
        request,
        "outbox/letter",
        status_code=status_code,
        letter=letter,
        shown=None if secret else await shown_letter(letter, facts),
        secret=secret,
        steps=(await delivery_logs([letter], await pauses()))[letter.id],
        blocked=blocked,
        why=nothing_gets_there(blocked) if blocked else None,
        form=form,
    )


def _outbox_path(slug: str | None) -> str:
    return f"/staff/outbox?event={slug}" if slug else "/staff/outbox"


def _uuid(text: str) -> UUID | None:
    with contextlib.suppress(ValueError):
        return UUID(text)
    return None


def _day(text: str) -> date | None:
    """A day of the filter; what is none, or so far off that no clock has it, is not asked about."""
    with contextlib.suppress(ValueError):
        found = date.fromisoformat(text)
        return found if _EARLIEST <= found.year <= _LATEST else None
    return None


_EARLIEST, _LATEST = 1970, 9000


async def shown_letter(letter: LetterRow, facts: dict[str, Any]) -> RenderedLetter:
    """A letter of the outbox as it arrives."""
    return render_letter(
        letter.kind,
        letter.language,
        facts,
        recipient_address=letter.recipient_address,
        person_id=letter.person,
        wording=await wording_by_id(letter.wording),
    )


OUTBOX_PAGES: list[Any] = [Outbox, OptOuts]
