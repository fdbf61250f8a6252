"""Pages on which organisers put speakers on panels."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from eventhub.access import Policy, account_of, identity_of, open_to
from eventhub.directory.queries import member_choices
from eventhub.errors import Problems
from eventhub.events.queries import event_by_id, item_by_id
from eventhub.pages import redirect, render
from eventhub.programme.queries import bookings_of_speaker
from eventhub.programme.rules import booking_sentence
from eventhub.speakers.answers_web import ANSWER_PAGES
from eventhub.speakers.commands import NewSpeaker, SpeaksAlready, add_speaker, change_slot, remove_speaker
from eventhub.speakers.forms import InviteForm, SlotForm, SpeakerForm
from eventhub.speakers.invitations import invite_speaker, renew_speaker_link
from eventhub.speakers.look_ahead import coming_panels
from eventhub.speakers.personal import portrait_of, speaking_by_id
from eventhub.speakers.queries import slot_by_id
from eventhub.words import Sentence

#: How far the page of coming panels looks.
LOOK_AHEAD = timedelta(days=92)


class StaffSpeakers(Controller):
    """Speaker slots of a programme item."""

    opt = open_to(Policy.EDIT_EVENTS)

    @get("/staff/programme/{item_id:uuid}/speakers/new")
    async def new(self, request: Request[Any, Any, Any], item_id: FromPath[UUID]) -> Response[str]:
        """An empty form."""
        item = await item_by_id(item_id)
        role = "panellist" if item.kind == "panel" else "speaker"
        form = SpeakerForm(
            members=dict(await member_choices()), data={"role": role, "level": "technical", "gender": ""}
        )
        return render(request, "speakers/form", form=form, item=item, event=await event_by_id(item.event))

    @post("/staff/programme/{item_id:uuid}/speakers/new")
    async def create(
        self, request: Request[Any, Any, Any], item_id: FromPath[UUID], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Put somebody on the item."""
        who = identity_of(request)
        assert who is not None
        item = await item_by_id(item_id)
        event = await event_by_id(item.event)
        form = SpeakerForm(await request.form(), members=dict(await member_choices()))
        status = 422
        conflicts: list[Sentence] = []
        if form.validate():
            bookings = await bookings_of_speaker(form.email.data or "", item)
            conflicts = form.open_conflicts([booking_sentence(item.title, booking) for booking in bookings])
        if not form.errors and not conflicts:
            values = {n: form[n].data or "" for n in ("name", "email", "gender", "level", "role", "status", "member")}
            try:
                await add_speaker(item_id, NewSpeaker(**values), now=now, account_id=who.account_id)
                return redirect(f"/staff/events/{event.slug}#i-{item_id}", Sentence("The speaker is on the line-up."))
            except Problems as problems:
                form.add_problems(problems)
            except SpeaksAlready as refusal:
                status = refusal.status_code
                form.add_problems({"name": list(refusal.sentences)})
        return render(
            request, "speakers/form", status_code=status, form=form, item=item, event=event, conflicts=conflicts
        )

    @get("/staff/speakers/{slot_id:uuid}")
    async def edit(self, request: Request[Any, Any, Any], slot_id: FromPath[UUID]) -> Response[str]:
        """Role, level and status of a slot, the invitation, and what the speaker answered."""
        return await _slot_page(request, slot_id)

    @post("/staff/speakers/{slot_id:uuid}")
    async def update(
        self, request: Request[Any, Any, Any], slot_id: FromPath[UUID], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Change them."""
        who = identity_of(request)
        assert who is not None
        slot, event = await slot_by_id(slot_id)
        form = SlotForm(await request.form())
        if not form.validate():
            return await _slot_page(request, slot_id, form=form)
        await change_slot(
            slot_id,
            role=form.role.data,
            level=form.level.data,
            status=form.status.data,
            now=now,
            account_id=who.account_id,
        )
        return redirect(f"/staff/events/{event.slug}#i-{slot.programme_item}", Sentence("The slot is changed."))

    @post("/staff/speakers/{slot_id:uuid}/invite")
    async def invite(
        self, request: Request[Any, Any, Any], slot_id: FromPath[UUID], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Write the letter with the personal link, for the first time or again."""
        await slot_by_id(slot_id)
        form = InviteForm(await request.form())
        if not form.validate():
            return await _slot_page(request, slot_id, invite_form=form)
        try:
            slot = await invite_speaker(
                slot_id, email=form.email.data or "", now=now, account_id=account_of(request).account_id
            )
        except Problems as problems:
            form.add_problems(problems)
            return await _slot_page(request, slot_id, invite_form=form)
        return redirect(
            f"/staff/speakers/{slot_id}#invitation",
            Sentence("The letter with the personal link is on its way to %(address)s.", address=slot.email),
        )

    @post("/staff/speakers/{slot_id:uuid}/new-link")
    async def new_link(
        self, request: Request[Any, Any, Any], slot_id: FromPath[UUID], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Make the personal links that went out stop working."""
        await renew_speaker_link(slot_id, now=now, account_id=account_of(request).account_id)
        return redirect(
            f"/staff/speakers/{slot_id}#invitation",
            Sentence("The links in earlier letters work no more. Send the invitation again for a new one."),
        )

    @get("/staff/speakers/{slot_id:uuid}/portrait.jpg")
    async def portrait(self, slot_id: FromPath[UUID]) -> Response[bytes]:
        """The portrait, whatever the slot's status."""
        picture, _ = await portrait_of(slot_id, public=False)
        return Response(picture, media_type="image/jpeg", headers={"Cache-Control": "no-store"})

    @post("/staff/speakers/{slot_id:uuid}/remove")
    async def remove(
        self, request: Request[Any, Any, Any], slot_id: FromPath[UUID], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Take somebody off."""
        who = identity_of(request)
        assert who is not None
        event = await remove_speaker(slot_id, now=now, account_id=who.account_id)
        return redirect(f"/staff/events/{event.slug}#programme", Sentence("The speaker is off the line-up."))


async def _slot_page(
    request: Request[Any, Any, Any],
    slot_id: UUID,
    *,
    form: SlotForm | None = None,
    invite_form: InviteForm | None = None,
) -> Response[str]:
    slot, event = await slot_by_id(slot_id)
    if form is None:
        form = SlotForm(data={"role": slot.role, "level": slot.level, "status": slot.status})
    invite_form = invite_form or InviteForm()
    return render(
        request,
        "speakers/slot",
        status_code=422 if form.errors or invite_form.errors else 200,
        form=form,
        invite_form=invite_form,
        slot=slot,
        speaking=await speaking_by_id(slot_id),
        event=event,
    )


class LookAhead(Controller):
    """Panels of the next three months."""

    opt = open_to(Policy.STAFF)

    @get("/staff/parity")
    async def index(self, request: Request[Any, Any, Any], now: NamedDependency[datetime]) -> Response[str]:
        """What is missing where, the most urgent first."""
        last = (now + LOOK_AHEAD).date()
        panels = await coming_panels(now.date(), last)
        return render(request, "speakers/look_ahead", panels=panels, first=now.date(), last=last)


SPEAKER_PAGES: list[Any] = [StaffSpeakers, LookAhead, *ANSWER_PAGES]
