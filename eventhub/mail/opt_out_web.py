"""The page and the button behind List-Unsubscribe."""

from datetime import datetime
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from eventhub.access import FROM_ANYWHERE, Policy, open_to
from eventhub.mail.opt_out import event_of_opt_out, opt_out, read_opt_out
from eventhub.pages import render

_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


class OptOuts(Controller):
    """For the holder of a link in a letter; scanners that only look at it change nothing."""

    path = "/letters/stop/{token:str}"
    opt = open_to(Policy.HOLDER)

    @get("/")
    async def show(self, request: Request[Any, Any, Any], token: FromPath[str]) -> Response[str]:
        """Say what will stop, with a button for it."""
        _, event_id = read_opt_out(token)
        return _page(request, await event_of_opt_out(event_id))

    @post("/", opt={FROM_ANYWHERE: True}, status_code=200)
    async def stop(
        self, request: Request[Any, Any, Any], token: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[str]:
        """
        Stop these letters, by the button of the page or by that of a mail program (RFC 8058).

        Mail programs have neither cookies nor our forms: the link is the proof.
        """
        _, event_id = read_opt_out(token)
        form = await request.form()
        await opt_out(token, of_all=form.get("of") == "all", now=now)
        return _page(request, await event_of_opt_out(event_id), done="all" if form.get("of") == "all" else "event")


def _page(request: Request[Any, Any, Any], event: dict[str, Any] | None, *, done: str = "") -> Response[str]:
    return render(request, "outbox/opt_out", headers=_HEADERS, event=event, done=done)
