"""What surrounds the application: allowed hosts, security headers, and who is signed in."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from litestar import Litestar
from litestar.connection import ASGIConnection, Request
from litestar.enums import ScopeType
from litestar.exceptions import ClientException, HTTPException
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from eventhub.access import cookie_name, is_api
from eventhub.accounts.commands import keep_session
from eventhub.accounts.queries import identity_of_api_token, identity_of_session
from eventhub.database import utc_now
from eventhub.errors import Problems
from eventhub.languages import speaking
from eventhub.pages import chosen_language
from eventhub.settings import LOOPBACK_HOSTS, current_settings
from eventhub.words import Sentence

_SEEN_EVERY = timedelta(minutes=1)
_SOURCES = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "font-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors "
)
_CSP = f"{_SOURCES}'none'"
_CSP_NAME = b"content-security-policy"
_FRAMED = b"frame-ancestors https://"


def framed_by(origins: Iterable[str]) -> dict[str, str]:
    """The headers of a page that other sites may frame; none, which leaves it to nobody, without origins."""
    ancestors = " ".join(origins)
    if not ancestors:
        return {}
    return {"Content-Security-Policy": f"{_SOURCES}{ancestors}", "Cross-Origin-Resource-Policy": "cross-origin"}


class Surroundings:
    """
    Host check and headers around everything, so that 404 pages have them too.

    Litestar runs no middleware for addresses without a route, and its own
    host check compares the port as well.
    """

    def __init__(self, app: Litestar) -> None:
        settings = current_settings()
        self.app = app
        host = urlsplit(settings.base_url).hostname or ""
        self.hosts = frozenset({host, *(LOOPBACK_HOSTS if host in LOOPBACK_HOSTS else ())})
        headers = {
            "Content-Security-Policy": _CSP,
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
        }
        if settings.is_https:
            headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        self.headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a foreign host; pass everything else on, HEAD as GET, and put the headers on its answer."""
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return

        is_head = scope["method"] == "HEAD"
        if is_head:
            scope = {**scope, "method": "GET", "eventhub_is_head": True}  # type: ignore[assignment]

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                if any(name.lower() == _CSP_NAME and _FRAMED in value for name, value in message["headers"]):
                    present.add(b"x-frame-options")  # it knows no list of origins
                message["headers"] = [*message["headers"], *(h for h in self.headers if h[0] not in present)]
            elif is_head and message["type"] == "http.response.body":
                message["body"] = b""
            await send(message)

        if self._host(scope) not in self.hosts:
            await self._refuse(with_headers)
            return
        await self.app(scope, receive, with_headers)

    @staticmethod
    def _host(scope: Any) -> str | None:
        sent = [value for name, value in scope["headers"] if name == b"host"]
        if len(sent) != 1:
            return None
        try:
            return urlsplit(f"//{sent[0].decode('ascii')}").hostname
        except ValueError:
            return None

    @staticmethod
    async def _refuse(send: Send) -> None:
        body = b"This address is not served here.\n"
        headers = [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", str(len(body)).encode()),
        ]
        await send({"type": "http.response.start", "status": 421, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})


class ReadableRequest(Request[Any, Any, Any]):
    """A request whose JSON is refused when it is no Unicode, or nested too deeply; Litestar 2.25 answers 500."""

    async def json(self) -> Any:
        """
        The body as JSON values.

        Raises:
            ClientException: it cannot be read.

        """
        try:
            return await super().json()
        except (UnicodeDecodeError, RecursionError) as error:
            deep = isinstance(error, RecursionError)
            raise ClientException("it is nested too deeply" if deep else "it is not in UTF-8") from error


def known_parameters_only(request: Request[Any, Any, Any]) -> None:
    """
    Refuse a list whose narrowing was misspelt; else everything would be answered.

    Raises:
        Problems: a parameter of the query is none that this list takes.

    """
    known = request.route_handler.parsed_fn_signature.parameters.keys() - {"request", "now"} - set(request.path_params)
    if "cursor" not in known:
        return
    if unknown := [name for name in request.query_params if name not in known]:
        raise Problems(
            {
                name[:40]: [Sentence("There is no parameter “%(name)s”. Known are: %(known)s.", name=name[:40],
                                     known=", ".join(sorted(known)))]
                for name in unknown
            }
        )  # fmt: skip


class ReaderMiddleware(ASGIMiddleware):
    """Look up who is signed in, by cookie on pages and by token on the JSON interface; speak their language."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Put the identity, or None, where `access.identity_of` finds it."""
        connection: ASGIConnection[Any, Any, Any, Any] = ASGIConnection(scope)
        scope["user"] = scope["auth"] = None
        path = scope["path"]
        if "\x00" in path:  # no text of ours holds NUL, and PostgreSQL refuses to look for it
            raise HTTPException(status_code=404)
        scope["query_string"] = scope["query_string"].replace(b"%00", b"%EF%BF%BD")  # as for other broken text
        if not path.startswith(("/static/", "/health/")):
            authorization = connection.headers.get("authorization", "")
            if authorization[:7].lower() == "bearer " and (is_api(path) or path == "/schema"):
                scope["user"] = await identity_of_api_token(authorization[7:].strip())
                if scope["user"] is None:
                    raise HTTPException(status_code=401, detail="This token is unknown or no longer valid.")
            elif not path.startswith("/api/") and (token := connection.cookies.get(cookie_name("eventhub"))):
                now = utc_now()
                if found := await identity_of_session(token, now):
                    scope["user"], seen_at = found
                    if now - seen_at > _SEEN_EVERY:
                        await keep_session(found[0].session_hash, now=now)
        with speaking(chosen_language(connection)):
            await next_app(scope, receive, send)
