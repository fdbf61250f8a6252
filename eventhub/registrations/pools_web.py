"""The page on which staff keep the kinds of seats of an event."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from eventhub.access import Policy, account_of, open_to
from eventhub.directory.queries import member_choices, regions
from eventhub.errors import NotFound, Problems, Refusal
from eventhub.events.queries import EventRow, event_by_slug
from eventhub.labels import label_of
from eventhub.languages import gettext
from eventhub.pages import redirect, render
from eventhub.registrations.commands import put_first
from eventhub.registrations.pools import add_pool, change_pool, remove_pool
from eventhub.registrations.pools_forms import FirstForm, NewPoolForm, PoolForm
from eventhub.registrations.queries import PoolListed, first_waiting, listed_pools, registration_by_id
from eventhub.words import Sentence


class StaffPools(Controller):
    """Seats for a way to attend, a region or a member, with who waits for them."""

    path = "/staff/events/{slug:str}/pools"
    opt = open_to(Policy.EDIT_EVENTS)

    @get("/")
    async def index(self, request: Request[Any, Any, Any], slug: FromPath[str]) -> Response[str]:
        """All kinds of seats of the event, and a form for one more."""
        event = await event_by_slug(slug)
        return await _list_page(request, event, await _new_form(event))

    @post("/")
    async def add(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Keep some seats for somebody."""
        event = await event_by_slug(slug)
        form = await _new_form(event, await request.form())
        status = 422
        if form.validate() and (facts := form.facts(event)):
            try:
                new = await add_pool(slug, facts, now=now, account_id=account_of(request).account_id)
                return redirect(f"/staff/events/{slug}/pools#pool-{new.id}", Sentence("The seats are kept."))
            except Problems as problems:
                form.add_problems(problems)
            except Refusal as refusal:
                status = refusal.status_code
                form.add_problems({"": list(refusal.sentences)})
        return await _list_page(request, event, form, status_code=status)

    @get("/{pool_id:uuid}")
    async def edit(
        self, request: Request[Any, Any, Any], slug: FromPath[str], pool_id: FromPath[UUID]
    ) -> Response[str]:
        """One kind of seats, to be changed."""
        event = await event_by_slug(slug)
        pool = await _pool(event, pool_id)
        form = PoolForm(data=PoolForm.stored(pool.pool, event))
        return render(request, "registrations/staff_pool", event=event, one=pool, form=form)

    @post("/{pool_id:uuid}")
    async def update(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        pool_id: FromPath[UUID],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Change name, size and time of return; people who wait move up."""
        event = await event_by_slug(slug)
        pool = await _pool(event, pool_id)
        form = PoolForm(await request.form())
        status = 422
        if form.validate() and (facts := form.facts(event)):
            try:
                await change_pool(slug, pool_id, facts, now=now, account_id=account_of(request).account_id)
                return redirect(f"/staff/events/{slug}/pools#pool-{pool_id}", Sentence("The seats are changed."))
            except Problems as problems:
                form.add_problems(problems)
            except Refusal as refusal:
                status = refusal.status_code
                form.add_problems({"capacity": list(refusal.sentences)})
        return render(request, "registrations/staff_pool", status_code=status, event=event, one=pool, form=form)

    @post("/{pool_id:uuid}/remove")
    async def remove(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        pool_id: FromPath[UUID],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Take an empty kind of seats away."""
        await remove_pool(slug, pool_id, now=now, account_id=account_of(request).account_id)
        return redirect(f"/staff/events/{slug}/pools", Sentence("The seats are taken away."))

    @post("/first/{registration_id:uuid}")
    async def first(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        registration_id: FromPath[UUID],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Let somebody pass the others in the queue, with a reason."""
        event = await event_by_slug(slug)
        registration = await registration_by_id(registration_id)
        if registration.event != event.id:
            raise NotFound(Sentence("There is no such registration."))
        form = FirstForm(await request.form())
        if form.validate():
            try:
                await put_first(
                    registration_id, form.reason.data or "", now=now, account_id=account_of(request).account_id
                )
                return redirect(f"/staff/events/{slug}/pools#waiting", Sentence("This person is the next now."))
            except Problems as problems:
                form.add_problems(problems)
        return await _list_page(
            request, event, await _new_form(event), status_code=422, first=form, first_of=registration_id
        )


async def _new_form(event: EventRow, posted: Any = None) -> NewPoolForm:
    known = [(row["code"], gettext(label_of(row["code"]))) for row in await regions()]
    return NewPoolForm(posted, event=event, regions=known, members=dict(await member_choices()))


async def _pool(event: EventRow, pool_id: UUID) -> PoolListed:
    for one in await listed_pools(event.id):
        if one.pool.id == pool_id and one.pool.position:
            return one
    raise NotFound(Sentence("There are no such seats."))


async def _list_page(
    request: Request[Any, Any, Any],
    event: EventRow,
    form: NewPoolForm,
    *,
    status_code: int = 200,
    first: FirstForm | None = None,
    first_of: UUID | None = None,
) -> Response[str]:
    return render(
        request,
        "registrations/staff_pools",
        status_code=status_code,
        event=event,
        pools=await listed_pools(event.id),
        waiting=await first_waiting(event.id),
        form=form,
        first=first,
        first_of=first_of,
    )


POOL_PAGES: list[Any] = [StaffPools]
