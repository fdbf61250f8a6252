"""Pages: two records of one person made one, and undone."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from eventhub.access import Policy, account_of, open_to
from eventhub.merging.commands import merge_people, tell_apart, undo_merge
from eventhub.merging.queries import merges, names_of, pairs_alike, preview_of
from eventhub.pages import list_page, redirect, render
from eventhub.words import Sentence

PAIRS_ON_A_PAGE = 50
MERGES_SHOWN = 50
_LIST = "/staff/people/duplicates"


class Duplicates(Controller):
    """Records that may be one person's, for those who keep the directory."""

    opt = open_to(Policy.EDIT_DIRECTORY)

    @get(_LIST)
    async def index(self, request: Request[Any, Any, Any], page_number: FromQuery[str] = "1") -> Response[str]:
        """Pairs that look alike, and what was merged lately."""
        found, number = await pairs_alike(), list_page(page_number)
        shown = found[(number - 1) * PAIRS_ON_A_PAGE : number * PAIRS_ON_A_PAGE]
        return render(
            request,
            "merging/duplicates",
            pairs=shown,
            people=await names_of(list({one for pair in shown for one in (pair.kept, pair.merged)})),
            total=len(found),
            number=number,
            pages=max(1, -(-len(found) // PAIRS_ON_A_PAGE)),
            merges=await merges(limit=MERGES_SHOWN),
        )

    @get(f"{_LIST}/{{kept:uuid}}/{{merged:uuid}}")
    async def preview(
        self, request: Request[Any, Any, Any], kept: FromPath[UUID], merged: FromPath[UUID]
    ) -> Response[str]:
        """Two records side by side, and what merging them would do."""
        return render(request, "merging/preview", preview=await preview_of(kept, merged))

    @post(f"{_LIST}/{{kept:uuid}}/{{merged:uuid}}/merge")
    async def merge(
        self,
        request: Request[Any, Any, Any],
        kept: FromPath[UUID],
        merged: FromPath[UUID],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Make the two one."""
        await merge_people(kept, merged, now=now, account_id=account_of(request).account_id)
        return redirect(f"{_LIST}#merges", Sentence("The two records are one now. This can be undone."))

    @post(f"{_LIST}/{{kept:uuid}}/{{merged:uuid}}/different")
    async def different(
        self,
        request: Request[Any, Any, Any],
        kept: FromPath[UUID],
        merged: FromPath[UUID],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Say that they are two people."""
        await tell_apart(kept, merged, now=now, account_id=account_of(request).account_id)
        return redirect(_LIST, Sentence("They stay two records, and are offered no more."))

    @post("/staff/people/merges/{merge_id:uuid}/undo")
    async def undo(
        self, request: Request[Any, Any, Any], merge_id: FromPath[UUID], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Make them two again."""
        await undo_merge(merge_id, now=now, account_id=account_of(request).account_id)
        return redirect(f"{_LIST}#merges", Sentence("They are two records again, each with what belonged to it."))


MERGING_PAGES: list[Any] = [Duplicates]
