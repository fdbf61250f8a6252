"""The outbox, as staff read it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from eventhub.access import Policy, open_to
from eventhub.errors import NotFound
from eventhub.mail.commands import resend_letter
from eventhub.mail.queries import LetterFilter, letter_by_id, letter_counts, letter_kinds, letters, oldest_waiting
from eventhub.mail.rendering import render as render_letter
from eventhub.mail.rules import LetterStatus
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
        page_number: FromQuery[str] = "1",
    ) -> Response[str]:
        """The letters that match, newest first."""
        number = list_page(page_number)
        wanted = LetterFilter(status=status if status in set(LetterStatus) else "", kind=kind[:40])
        found, total = await letters(wanted, limit=OUTBOX_PAGE, offset=(number - 1) * OUTBOX_PAGE)
        waited = await oldest_waiting(now)
        return render(
            request,
            "outbox/outbox",
            letters=found,
            total=total,
            number=number,
            pages=max(1, -(-total // OUTBOX_PAGE)),
            wanted=wanted,
            counts=await letter_counts(),
            kinds=await letter_kinds(),
            statuses=list(LetterStatus),
            waited_minutes=int(waited.total_seconds() // 60) if waited else 0,
            has_relay=bool(current_settings().smtp_url),
        )

    @get("/{letter_id:uuid}")
    async def show(self, request: Request[Any, Any, Any], letter_id: FromPath[UUID]) -> Response[str]:
        """One letter as it will arrive: text, HTML source shown as text, and the calendar file."""
        letter, facts = await letter_by_id(letter_id)
        secret = letter.kind in SECRET_KINDS
        shown = (
            None
            if secret
            else render_letter(letter.kind, letter.language, facts, recipient_address=letter.recipient_address)
        )
        return render(request, "outbox/letter", letter=letter, shown=shown, secret=secret)

    @get("/{letter_id:uuid}/html")
    async def html(self, letter_id: FromPath[UUID]) -> Response[str]:
        """The HTML part alone, under a policy of its own: inline styles of mail, no scripts, nothing from elsewhere."""
        letter, facts = await letter_by_id(letter_id)
        if letter.kind in SECRET_KINDS:
            raise NotFound(Sentence("There is no such letter."))
        return Response(
            render_letter(letter.kind, letter.language, facts, recipient_address=letter.recipient_address).html,
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
        """Try a letter that failed again."""
        await letter_by_id(letter_id)
        again = await resend_letter(letter_id, now=now)
        said = (
            Sentence("The letter waits to be sent again.")
            if again
            else Sentence("Only letters that failed are sent again.")
        )
        return redirect(f"/staff/outbox/{letter_id}", said, "success" if again else "warning")


OUTBOX_PAGES: list[Any] = [Outbox]
