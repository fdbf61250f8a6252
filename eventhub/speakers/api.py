"""Speakers and the parity check as JSON."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from eventhub.access import Policy, identity_of, open_to
from eventhub.events.queries import event_by_slug
from eventhub.speakers.commands import NewSpeaker, add_speaker
from eventhub.speakers.queries import parity_of, slot_by_id
from eventhub.speakers.rules import Finding, LineUp


class SpeakerIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Who speaks; the gender only as the person stated it, or not at all."""

    name: str
    email: str | None = None
    gender: str | None = None
    level: str = "technical"
    role: str = "speaker"
    status: str = "invited"
    member: str | None = None


class SlotOut(msgspec.Struct, kw_only=True):
    """A speaker slot; nobody's gender is answered."""

    id: UUID
    programme_item: UUID
    name: str
    level: str
    role: str
    status: str
    member: str | None


class FindingOut(msgspec.Struct, kw_only=True):
    """The result for some counts: numbers of people, never who."""

    women: int
    men: int
    others: int
    undisclosed: int
    result: str
    missing: int
    missing_group: str


class PanelOut(msgspec.Struct, kw_only=True):
    """The check of one panel; moderators are left out, and shown beside it."""

    id: str
    title: str
    women: int
    men: int
    others: int
    undisclosed: int
    result: str
    missing: int
    missing_group: str
    women_with_moderators: int
    men_with_moderators: int
    exempt_reason: str


class ParityOut(msgspec.Struct, kw_only=True):
    """`result` is what publishing looks at: the worst of the panels."""

    result: str
    panels: list[PanelOut]
    event: FindingOut
    political: FindingOut
    sentences: list[str]


def _finding(finding: Finding) -> FindingOut:
    counts = finding.counts
    return FindingOut(
        women=counts.women,
        men=counts.men,
        others=counts.others,
        undisclosed=counts.undisclosed,
        result=finding.result,
        missing=finding.missing,
        missing_group=finding.missing_group,
    )


def _panel(line_up: LineUp, finding: Finding) -> PanelOut:
    counts = finding.counts
    return PanelOut(
        id=line_up.item_id,
        title=line_up.title,
        women=counts.women,
        men=counts.men,
        others=counts.others,
        undisclosed=counts.undisclosed,
        result=finding.result,
        missing=finding.missing,
        missing_group=finding.missing_group,
        women_with_moderators=line_up.with_moderators.women,
        men_with_moderators=line_up.with_moderators.men,
        exempt_reason=line_up.exempt_reason,
    )


class SpeakersApi(Controller):
    """Speakers of programme items, and the check of their balance."""

    path = "/api/v1"
    tags: Sequence[str] = ["speakers"]

    @post("/programme/{item_id:uuid}/speakers", opt=open_to(Policy.EDIT_EVENTS))
    async def add(
        self,
        request: Request[Any, Any, Any],
        item_id: FromPath[UUID],
        data: JSONBody[SpeakerIn],
        now: NamedDependency[datetime],
    ) -> SlotOut:
        """Put somebody on a programme item."""
        who = identity_of(request)
        assert who is not None
        new = NewSpeaker(
            name=data.name,
            email=data.email or "",
            gender=data.gender or "",
            level=data.level,
            role=data.role,
            status=data.status,
            member=data.member or "",
        )
        slot, _ = await slot_by_id(await add_speaker(item_id, new, now=now, account_id=who.account_id))
        return SlotOut(
            id=slot.id,
            programme_item=item_id,
            name=slot.name,
            level=slot.level,
            role=slot.role,
            status=slot.status,
            member=slot.member_key,
        )

    @get("/events/{slug:str}/parity", opt=open_to(Policy.EDIT_EVENTS))
    async def parity(self, slug: FromPath[str]) -> ParityOut:
        """The check of each panel, of the event as a whole, and of the political level alone."""
        event = await event_by_slug(slug)
        check = await parity_of(event.id, exempt_reason=event.parity_exempt_reason)
        return ParityOut(
            result=check.result,
            panels=[_panel(line_up, finding) for line_up, finding in check.panels],
            event=_finding(check.event),
            political=_finding(check.political),
            sentences=[str(sentence) for sentence in check.problems],
        )
