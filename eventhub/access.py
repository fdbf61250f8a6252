"""Who is asking, and what each route demands of them. One guard, deny by default."""

import hashlib
import hmac
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from litestar import Litestar
from litestar.connection import ASGIConnection, Request
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler
from litestar.routes import HTTPRoute

from eventhub.accounts.rules import Role
from eventhub.settings import current_settings

UNSAFE_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
CSRF_FIELD = "_csrf_token"
CSRF_HEADER = "x-csrf-token"
#: An option of handlers that mail programs post to: the secret in the address is all they have (RFC 8058).
FROM_ANYWHERE = "takes_posts_from_anywhere"


class Policy(StrEnum):
    """What a route demands. Every route names one, or the application does not start."""

    PUBLIC = "public"
    HOLDER = "holder"
    STAFF = "staff"
    SEE_PEOPLE = "see_people"
    EDIT_EVENTS = "edit_events"
    EDIT_LABS = "edit_labs"
    READ_APPLICATIONS = "read_applications"
    RECORD_ATTENDANCE = "record_attendance"
    EDIT_DIRECTORY = "edit_directory"
    READ_OUTBOX = "read_outbox"
    PUBLISH_REPORTS = "publish_reports"
    ADMINISTER = "administer"


_EVERYBODY = frozenset(Role)
_WORKING = frozenset({Role.ADMINISTRATOR, Role.PROGRAMME, Role.ORGANISER})

#: Roles that meet each policy. PUBLIC and HOLDER need no account: the second
#: is met by the secret in the address, which the handler looks up. SEE_PEOPLE
#: shows who registered for an event, to whoever stands at its door; what members
#: write when they apply, who proposes an event and what a person spoke at over
#: the years is nothing for the door.
ROLES: dict[Policy, frozenset[Role]] = {
    Policy.STAFF: _EVERYBODY,
    Policy.SEE_PEOPLE: _WORKING | {Role.CHECK_IN},
    Policy.EDIT_EVENTS: _WORKING,
    Policy.EDIT_LABS: frozenset({Role.ADMINISTRATOR, Role.PROGRAMME}),
    Policy.READ_APPLICATIONS: _WORKING,
    Policy.RECORD_ATTENDANCE: _WORKING | {Role.CHECK_IN},
    Policy.EDIT_DIRECTORY: frozenset({Role.ADMINISTRATOR, Role.PROGRAMME}),
    Policy.READ_OUTBOX: _WORKING,
    Policy.PUBLISH_REPORTS: frozenset({Role.ADMINISTRATOR, Role.PROGRAMME}),
    Policy.ADMINISTER: frozenset({Role.ADMINISTRATOR}),
}


@dataclass(frozen=True)
class Identity:
    """A signed-in account, by the cookie of a session or by an API token."""

    account_id: UUID
    name: str
    email: str
    role: Role
    session_hash: str
    is_data_steward: bool = False

    @property
    def sees_small_groups(self) -> bool:
        """Whether numbers by gender are shown to this account as they are (docs/decisions/0017-published-numbers.md)."""
        return self.is_data_steward or self.role is Role.ADMINISTRATOR

    def may(self, policy: Policy | str) -> bool:
        """Tell whether this account meets a policy."""
        wanted = Policy(policy)
        return wanted in (Policy.PUBLIC, Policy.HOLDER) or self.role in ROLES[wanted]


def open_to(policy: Policy) -> dict[str, Any]:
    """What a route says about itself: `@get("/", opt=open_to(Policy.PUBLIC))`."""
    return {"policy": policy}


def identity_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Identity | None:
    """Who is signed in, if anybody."""
    found: Identity | None = connection.scope.get("user")
    return found


def account_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Identity:
    """Who is signed in, on a route that the guard opens to nobody else."""
    identity = identity_of(connection)
    assert identity is not None
    return identity


def sees_small_groups(connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
    """Whether whoever asks is a data steward; everybody else gets protected numbers."""
    identity = identity_of(connection)
    return identity is not None and identity.sees_small_groups


def is_api(path: str) -> bool:
    """Tell whether an address belongs to the JSON interface."""
    return path.startswith("/api/") or path == "/schema/openapi.json"


def routes_without_policy(app: Litestar) -> list[str]:
    """Addresses that would let anybody in, were they served; the application does not start with one."""
    return [
        f"{method} {route.path}"
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for method, (handler, _) in route.route_handler_map.items()
        if method != "OPTIONS" and not isinstance(handler.opt.get("policy"), Policy)
    ]


async def enforce(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """
    Let a request through to its handler, or say why not.

    Raises:
        HTTPException: 401 nobody is signed in, 403 the role does not allow it
            or the form does not come from one of our pages.

    """
    if connection.scope.get("method") == "OPTIONS":  # tells the methods and nothing else
        return
    policy: Policy = handler.opt["policy"]
    identity = identity_of(connection)
    if policy not in (Policy.PUBLIC, Policy.HOLDER):
        if identity is None:
            raise HTTPException(status_code=401, detail="Please sign in first.")
        if not identity.may(policy):
            raise HTTPException(status_code=403, detail="Your role does not allow this.")
    if isinstance(connection, Request) and connection.method in UNSAFE_METHODS and not is_api(connection.scope["path"]):
        if handler.opt.get(FROM_ANYWHERE):
            return
        await _check_origin(connection)


async def _check_origin(request: Request[Any, Any, Any]) -> None:
    """
    Refuse an unsafe request that no page of ours has sent.

    First line: what the browser says of where it comes from. Second: a token
    bound to the session, or to the visitor's cookie. Litestar's own middleware
    is not used: it answers 500 to a token with an accent, and keeps a cookie
    that can never verify (docs/decisions/0005-csrf.md).
    """
    refused = HTTPException(
        status_code=403,
        detail="This form is no longer valid, or was not sent from our pages. Please load the page again.",
    )
    if not _is_from_here(request):
        raise refused
    sent = request.headers.get(CSRF_HEADER)
    if sent is None:
        sent = (await request.form()).get(CSRF_FIELD)
    bound = csrf_binding(request)
    if not isinstance(sent, str) or not bound:
        raise refused
    if not hmac.compare_digest(sent.encode(), csrf_token(bound).encode()):
        raise refused


def _is_from_here(request: Request[Any, Any, Any]) -> bool:
    """
    What the browser says of the page that sent this, if it says anything.

    Sec-Fetch-Site goes first: pages with a secret in their address send no
    referrer, and browsers then write “null” into Origin.
    """
    if site := request.headers.get("sec-fetch-site"):
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    own = {current_settings().base_url, f"{request.scope['scheme']}://{request.headers.get('host', '')}"}
    return origin is None or origin in own


def cookie_name(name: str) -> str:
    """Over TLS the browser itself promises that only this host has set the cookie."""
    return f"__Host-{name}" if current_settings().is_https else name


def csrf_binding(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """What the token is bound to: the session, else the visitor's cookie, else nothing."""
    if identity := identity_of(connection):
        return identity.session_hash
    return connection.cookies.get(cookie_name("visitor"), "")


def csrf_token(binding: str) -> str:
    """The token that goes into every form: HMAC-SHA256, in hexadecimal digits."""
    key = current_settings().secret_key.encode()
    return hmac.new(key, b"csrf:" + binding.encode(), hashlib.sha256).hexdigest()


def local_path(path: str | None, fallback: str = "/") -> str:
    """A `next` address if it stays on this site, else the fallback (ASVS 5.0, 3.7.2)."""
    if not path or not path.startswith("/") or path.startswith(("//", "/\\")) or "\\" in path:
        return fallback
    parts = urlsplit(path)
    if parts.scheme or parts.netloc or any(ord(c) < 32 for c in path):
        return fallback
    return path
