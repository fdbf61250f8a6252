"""Pages: the template environment, and what every page knows about its reader."""

import contextlib
import hashlib
import re
import secrets
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit
from zoneinfo import ZoneInfo, available_timezones

import jinja2
from babel.dates import format_date, format_datetime, format_skeleton
from babel.numbers import format_decimal, format_percent
from itsdangerous import BadSignature, URLSafeTimedSerializer
from litestar import MediaType, Request, Response
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.response import Redirect
from markupsafe import Markup

from eventhub import languages
from eventhub.access import Identity, Policy, cookie_name, csrf_binding, csrf_token, identity_of, local_path
from eventhub.labels import action_label, label_of
from eventhub.resources import STATIC, TEMPLATES
from eventhub.settings import current_settings
from eventhub.words import Sentence

YEAR_SECONDS = 365 * 24 * 3600
OWN_NAMES = {"en": "English", "es": "Español", "fr": "Français"}
THEMES = ("auto", "light", "dark")


@dataclass(frozen=True)
class Notice:
    """One sentence at the top of a page; kind: success, info, warning or error."""

    kind: str
    text: str


#: Pages that belong to an entry of the navigation and have addresses of their own.
_ALSO_BELOW = {"/staff/figures": ("/staff/answers", "/staff/explorer", "/staff/indicators")}


@dataclass(frozen=True)
class Link:
    """An entry of the navigation."""

    href: str
    label: str
    current: bool


@dataclass(frozen=True)
class Reader:
    """The account as pages show it."""

    name: str
    email: str
    role: str
    role_label: str


class Page:
    """What every template knows about the request and its reader. Languages, theme and zone are the visitor's choice."""

    def __init__(self, request: Request[Any, Any, Any], language: str) -> None:
        self._request = request
        self.identity: Identity | None = identity_of(request)
        self.language = language
        self.path = _shown_at(request)
        self.new_visitor: str | None = None
        self.notices: list[Notice] = _flashed(request)
        asked = request.query_params.get("theme")  # the calendar's filter has the same name
        theme = asked if asked in THEMES else request.cookies.get("theme")
        self.theme = theme if theme in THEMES else "auto"
        self.time_zone = chosen_zone(request)

    @property
    def languages(self) -> list[tuple[str, str]]:
        """Codes and own names of the languages in use."""
        return [(code, OWN_NAMES[code]) for code in current_settings().language_codes]

    @property
    def account(self) -> Reader | None:
        """The signed-in account, if any."""
        who = self.identity
        if who is None:
            return None
        return Reader(who.name, who.email, who.role, languages.gettext(label_of(who.role)))

    def may(self, policy: str) -> bool:
        """Tell whether the reader meets a policy, so that pages show no link that leads nowhere."""
        return self.identity is not None and self.identity.may(policy)

    @property
    def csrf_token(self) -> str:
        """The token for a form; a visitor without a cookie gets one with this answer."""
        binding = csrf_binding(self._request) or self.new_visitor
        if not binding:
            binding = self.new_visitor = secrets.token_urlsafe(24)
        return csrf_token(binding)

    @property
    def base_url(self) -> str:
        """The address that people reach us by."""
        return current_settings().base_url

    @property
    def development(self) -> bool:
        """Whether the style guide is open."""
        return current_settings().development

    def url_with(self, **changed: object) -> str:
        """The address of this page with some parameters changed; None drops one."""
        kept = [(k, v) for k, v in self._request.query_params.multi_items() if k not in changed]
        kept += [(k, str(v)) for k, v in changed.items() if v is not None]
        path = quote(self.path)
        return f"{path}?{urlencode(kept)}" if kept else path

    def page_link(self, number: int) -> str:
        """The address of another page of the list on this page."""
        return self.url_with(page_number=number)

    @property
    def nav(self) -> list[Link]:
        """Where the reader can go."""
        entries = [("/", "Calendar", True), ("/labs/", "Solutions Labs", True)]
        if self.identity:
            entries += [
                ("/staff/", "Desk", True),
                ("/staff/events", "Events", self.may(Policy.STAFF)),
                ("/staff/labs", "Labs", self.may(Policy.STAFF)),
                ("/staff/members", "Members", self.may(Policy.STAFF)),
                ("/staff/outbox", "Outbox", self.may(Policy.READ_OUTBOX)),
                ("/staff/figures", "Figures", self.may(Policy.STAFF)),
            ]
        return [Link(href, languages.gettext(label), self._is_current(href)) for href, label, shown in entries if shown]

    def _is_current(self, href: str) -> bool:
        path, href = self.path.rstrip("/"), href.rstrip("/")
        if path == href or href in ("", "/staff"):
            return path == href
        return any(path == part or path.startswith(f"{part}/") for part in (href, *_ALSO_BELOW.get(href, ())))


def _shown_at(request: Request[Any, Any, Any]) -> str:
    """The path that shows this page again: that of the form, where its answer has an address that takes POST only."""
    path: str = request.scope["path"]
    if request.method == "POST":
        with contextlib.suppress(ValueError):
            before = urlsplit(request.headers.get("referer", ""))
            if before.netloc and before.netloc == request.headers.get("host"):
                path = unquote(before.path)
    return path


def chosen_zone(request: Request[Any, Any, Any]) -> str | None:
    """The visitor's own time zone, if they told us one that exists."""
    name = request.query_params.get("tz") or request.cookies.get("tz")
    return name if name in zones() else None


def chosen_language(request: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The language of this answer: asked for, chosen before, or the browser's first that we have."""
    known = current_settings().language_codes
    asked = request.query_params.get("lang") or request.cookies.get("lang")
    if asked in known:
        return asked
    ranked = []
    for part in request.headers.get("accept-language", "")[:200].split(","):
        code, _, weight = part.replace(" ", "").partition(";q=")
        try:
            if rank := float(weight or 1):
                ranked.append((-rank, code.split("-")[0].lower()))
        except ValueError:
            continue
    return next((code for _, code in sorted(ranked, key=lambda pair: pair[0]) if code in known), known[0])


@cache
def zones() -> frozenset[str]:
    """Names of time zones that people may choose."""
    return frozenset(
        name
        for name in available_timezones()
        if ("/" in name and not name.startswith(("Etc/", "posix/", "right/", "SystemV/", "US/"))) or name == "UTC"
    )


def render(
    request: Request[Any, Any, Any],
    template: str,
    *,
    status_code: int = 200,
    headers: dict[str, str] | None = None,
    **context: Any,
) -> Response[str]:
    """Answer with the page `templates/<template>.html` in the language being spoken, which is the reader's."""
    language = languages.current()
    page = Page(request, language)
    html = environment().get_template(f"{template}.html").render(page=page, **context)
    answer = Response(
        html,
        status_code=status_code,
        media_type=MediaType.HTML,
        headers={"Content-Language": language, "Cache-Control": "no-store", **(headers or {})},
    )
    for name in ("lang", "theme", "tz"):
        if value := request.query_params.get(name):
            valid = {"lang": language, "theme": page.theme, "tz": page.time_zone}[name]
            if value == valid:
                answer.set_cookie(_cookie(name, value, YEAR_SECONDS))
    if page.new_visitor:
        answer.set_cookie(_cookie(cookie_name("visitor"), page.new_visitor, None))
    if page.notices and "notice" in request.cookies:
        answer.delete_cookie("notice", path="/")
    return answer


def redirect(path: str, notice: str | None = None, kind: str = "success", language: str | None = None) -> Redirect:
    """Send the browser on (303), perhaps with one sentence that the next page shows."""
    cookies = []
    if notice:
        text = languages.say(notice, language or languages.current())
        cookies.append(_cookie("notice", _flash_signer().dumps([kind, text]), 60))
    return Redirect(quote(local_path(path), safe="/?&=%#:,@!$'()*+;~"), status_code=303, cookies=cookies)


def _cookie(name: str, value: str, max_age: int | None) -> Cookie:
    secure = current_settings().is_https
    return Cookie(key=name, value=value, path="/", max_age=max_age, httponly=True, secure=secure, samesite="lax")


def next_cookie(path: str) -> Cookie:
    """Where to go after signing in; it waits while the letter is on its way."""
    return _cookie("next", quote(local_path(path, "/staff/"), safe="/?&=%"), 900)


def list_page(text: str) -> int:
    """Which page of a list an address asks for, counted from 1; what is no such number is the first."""
    return int(text) if re.fullmatch("[1-9][0-9]{0,4}", text) else 1


def session_cookie(token: str, max_age: int) -> Cookie:
    """The cookie of a signed-in browser."""
    return _cookie(cookie_name("eventhub"), token, max_age)


def _flash_signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_settings().secret_key, salt="notice")


def _flashed(request: Request[Any, Any, Any]) -> list[Notice]:
    """The sentence that the last answer left for this page."""
    kept = request.cookies.get("notice")
    if not kept:
        return []
    try:
        kind, text = _flash_signer().loads(kept, max_age=60)
    except (BadSignature, ValueError):
        return []
    return [Notice(str(kind), str(text))]


@cache
def environment() -> jinja2.Environment:
    """The one template environment of pages."""
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        auto_reload=current_settings().development,
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.install_gettext_callables(languages.gettext, languages.ngettext, newstyle=True)  # type: ignore[attr-defined]
    env.globals["_"] = _sentence
    env.globals["static"] = static
    env.tests["sentence"] = lambda value: isinstance(value, Sentence)
    filters: dict[str, Callable[..., Any]] = {
        "say": languages.say,
        "date": _date,
        "day_range": lambda start, end=None: languages.format_day_range(start, end, languages.current()),
        "month": lambda day: format_skeleton("yMMMM", day, locale=languages.locale()),
        "month_short": lambda day: _date(day, "MMM"),
        "clock": lambda start, end, zone: languages.format_time_range(start, end, zone, languages.current()),
        "clock_elsewhere": _clock_elsewhere,
        "moments": lambda start, end, zone: languages.format_moments(start, end, zone, languages.current()),
        "wall": lambda at, zone: f"{languages.in_zone(at, zone):%Y-%m-%dT%H:%M}",
        "differs": _differs,
        "label_places": _label_places,
        "paragraphs": _paragraphs,
        "audit": lambda action: languages.gettext(action_label(action)),
        "datetime": _datetime,
        "number": lambda value: format_decimal(value, locale=languages.locale()),
        "percent": lambda share: format_percent(share, locale=languages.locale()),
        "country": lambda code: languages.country_name(code, languages.current()),
        "zone": lambda name: languages.zone_name(name, languages.current()),
        "label": lambda code: languages.gettext(label_of(str(code))),
    }
    env.filters.update({name: _for_each_reader(function) for name, function in filters.items()})
    return env


def _for_each_reader(function: Callable[..., Any]) -> Callable[..., Any]:
    """
    A filter that Jinja asks on every page.

    It would otherwise work `"on_site"|label` out once, when it reads the
    template, in the language of whoever comes first.
    """

    @jinja2.pass_context
    def filtered(_: jinja2.runtime.Context, /, *args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return filtered


@cache
def static(name: str) -> str:
    """The address of a static file, which changes with its content."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
    return f"/static/{name}?v={digest}"


def _sentence(message: str, /, **values: Any) -> str:
    """`_()` in templates: what Jinja's own does, without looking itself up in the context first."""
    return Markup(languages.gettext(message)) % values  # noqa: S704  our own text; the values are escaped


def _date(value: date | datetime, form: str = "long") -> str:
    return _date_in(value.date() if isinstance(value, datetime) else value, form, languages.locale())


@lru_cache(maxsize=4096)
def _date_in(value: date, form: str, locale: str) -> str:
    return languages.first_of_month(str(format_date(value, format=form, locale=locale)), locale)


def _datetime(value: datetime, zone: str | None = None, form: str = "medium") -> str:
    there = ZoneInfo(zone) if zone else UTC
    return languages.first_of_month(format_datetime(value, format=form, tzinfo=there, locale=languages.locale()))


def _differs(instant: datetime, zone: str, other: str) -> bool:
    """Whether clocks in two zones differ at an instant."""
    return instant.astimezone(ZoneInfo(zone)).utcoffset() != instant.astimezone(ZoneInfo(other)).utcoffset()


def _clock_elsewhere(start: datetime, end: datetime | None, zone: str, other: str) -> str:
    """Clock times in another zone, with the day where it is not the event's."""
    words = languages.format_time_range(start, end, other, languages.current())
    there = start.astimezone(ZoneInfo(other)).date()
    if there != start.astimezone(ZoneInfo(zone)).date():
        words = f"{languages.day_in_words(there, 'd MMM')}, {words}"
    return words


#: Letters in a line of a label of a chart: so many stand beside the numbers on a phone.
_LABEL = 34
#: From one line of a label to the next, in em.
_LINE = 1.25


def _label_places(labels: Sequence[object], height: float) -> tuple[list[tuple[float, list[str]]], float]:
    """Where the rows of a chart begin, with the lines of their labels, and its height; in em, a row of one line given."""
    places: list[tuple[float, list[str]]] = []
    top = 0.0
    for label in labels:
        lines = textwrap.wrap(str(label), _LABEL) or [""]
        places.append((top, lines))
        top += height + _LINE * (len(lines) - 1)
    return places, top


def _paragraphs(text: str) -> Markup:
    """Plain text as paragraphs; everything in it is escaped."""
    parts = [part for part in text.split("\n\n") if part.strip()]
    return Markup().join(
        Markup("<p>{}</p>").format(Markup("<br>").join(line for line in part.splitlines())) for part in parts
    )
