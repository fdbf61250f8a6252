"""Pages: plans of the association: measures, deliverables, and the events that are evidence."""

from typing import Any

from litestar import Controller, Request, Response, get
from litestar.params import FromPath

from eventhub.access import Policy, open_to
from eventhub.pages import render
from eventhub.plans.queries import plan_by_code, plans


class Plans(Controller):
    """Plans for all staff to read."""

    opt = open_to(Policy.STAFF)

    @get("/staff/plans")
    async def index(self, request: Request[Any, Any, Any]) -> Response[str]:
        """All plans with what stands where, the newest first."""
        return render(request, "plans/plans", plans=await plans())

    @get("/staff/plans/{plan:str}")
    async def show(self, request: Request[Any, Any, Any], plan: FromPath[str]) -> Response[str]:
        """One plan: its lines, measures and deliverables, and the events that are evidence."""
        return render(request, "plans/plan", plan=await plan_by_code(plan))


PLAN_PAGES: list[Any] = [Plans]
