"""Messages that came in, as staff read and decide them, and the page that takes a "no" back."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from eventhub.access import Policy, account_of, open_to
from eventhub.errors import Problems
from eventhub.limits import FORMS_PER_MINUTE, at_most
from eventhub.pages import list_page, redirect, render
from eventhub.replies.commands import answer_of_link, decide, undo_decline
from eventhub.replies.proposals import accept_proposal, refuse_proposal
from eventhub.replies.queries import (
    inbound_by_id,
    inbound_counts,
    inbound_messages,
    octets_of,
    open_proposals,
)
from eventhub.replies.reading import read_message
from eventhub.replies.rules import Decision, PartStat, Status, may_be_applied
from eventhub.replies.self_test import mailbox_report, start_self_test
from eventhub.words import Sentence

LIST_PAGE = 50
_PERSONAL = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


class Replies(Controller):
    """What came in by mail."""

    path = "/staff/replies"
    opt = open_to(Policy.READ_OUTBOX)

    @get("/")
    async def index(
        self,
        request: Request[Any, Any, Any],
        now: NamedDependency[datetime],
        status: FromQuery[str] = "",
        page_number: FromQuery[str] = "1",
    ) -> Response[str]:
        """What has to be decided, the proposals of other times, and everything that came in."""
        number = list_page(page_number)
        wanted = status if status in set(Status) else ""
        found, total = await inbound_messages(wanted, limit=LIST_PAGE, offset=(number - 1) * LIST_PAGE)
        return render(
            request,
            "replies/replies",
            messages=found,
            total=total,
            number=number,
            pages=max(1, -(-total // LIST_PAGE)),
            wanted=wanted,
            counts=await inbound_counts(),
            statuses=list(Status),
            proposals=await open_proposals(),
            report=await mailbox_report(now),
        )

    @get("/{message_id:uuid}")
    async def show(self, request: Request[Any, Any, Any], message_id: FromPath[UUID]) -> Response[str]:
        """One message as text, with the reason why it was not taken as an answer."""
        message = await inbound_by_id(message_id)
        octets = await octets_of(message_id)
        facts = await read_message(octets, envelope_recipient=None, authserv_id="") if octets else None
        open_to_decide = message.status in (Status.REVIEW, Status.FAILED)
        may_apply = open_to_decide and message.person is not None and may_be_applied(message.verdict)
        return render(
            request,
            "replies/message",
            message=message,
            facts=facts,
            undecided=open_to_decide,
            may_apply=may_apply,
        )

    @post("/{message_id:uuid}/decide", opt=open_to(Policy.EDIT_EVENTS))
    async def decide(
        self, request: Request[Any, Any, Any], message_id: FromPath[UUID], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Take it as the answer of the person it names, or leave it at that."""
        verb = str((await request.form()).get("verb", ""))[:40]
        await decide(message_id, verb, now=now, account_id=account_of(request).account_id)
        said = (
            Sentence("The answer counts as that of this person.")
            if verb == Decision.APPLY
            else Sentence("The message is put away; nothing was changed.")
        )
        return redirect("/staff/replies/?status=review", said)

    @post("/proposals/{proposal_id:uuid}/accept", opt=open_to(Policy.EDIT_EVENTS))
    async def accept(
        self, request: Request[Any, Any, Any], proposal_id: FromPath[UUID], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Put the event, or the item of its programme, at the proposed time."""
        try:
            await accept_proposal(proposal_id, now=now, account_id=account_of(request).account_id)
        except Problems as problems:
            return redirect("/staff/replies/", problems.sentences[0], "error")
        return redirect("/staff/replies/", Sentence("The new time stands, and everybody concerned is told."))

    @post("/proposals/{proposal_id:uuid}/refuse", opt=open_to(Policy.EDIT_EVENTS))
    async def refuse(
        self, request: Request[Any, Any, Any], proposal_id: FromPath[UUID], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Leave the time as it is."""
        await refuse_proposal(proposal_id, now=now, account_id=account_of(request).account_id)
        return redirect("/staff/replies/", Sentence("The time stays as it is, and a letter says so."))

    @post("/self-test")
    async def self_test(self, request: Request[Any, Any, Any], now: NamedDependency[datetime]) -> Response[Any]:
        """Write a letter to ourselves, and see whether it comes back."""
        await start_self_test(now=now, account_id=account_of(request).account_id)
        return redirect(
            "/staff/replies/", Sentence("The letter is on its way. Load this page again in a minute or two.")
        )


class TakeBack(Controller):
    """What the link in a letter about a "no" opens. The link only shows; the button acts."""

    path = "/answers/{token:str}"
    opt = open_to(Policy.HOLDER)

    @get("/")
    async def show(
        self, request: Request[Any, Any, Any], token: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[str]:
        """What the calendar has said, and until when it can be taken back."""
        found = await answer_of_link(token)
        return render(
            request,
            "replies/answer",
            headers=_PERSONAL,
            event=found.event,
            registration=found.registration,
            answer=found.answer,
            declined=found.answer.answer == PartStat.DECLINED,
            over=found.event.status == "cancelled" or found.event.is_past(now),
        )

    @post("/", middleware=at_most(FORMS_PER_MINUTE, of="answers"))
    async def undo(
        self, request: Request[Any, Any, Any], token: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Come after all."""
        undone = await undo_decline(token, now=now)
        said = (
            Sentence("You are on the waiting list: your seat was given back before.")
            if undone.registration.status == "waitlisted"
            else Sentence("Thank you. You come after all, and your seat is yours.")
        )
        return redirect(f"/answers/{token}", said)


REPLY_PAGES: list[Any] = [Replies, TakeBack]
