"""How the three kinds of no look: pages for people, problem details (RFC 9457) for programs."""

import logging
import re
import secrets
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi.spec import (
    OpenAPI,
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Reference,
    RequestBody,
    Schema,
)

from eventhub.access import is_api
from eventhub.errors import Problems, Refusal
from eventhub.languages import gettext, say, speaking
from eventhub.pages import chosen_language, redirect, render
from eventhub.words import Sentence

logger = logging.getLogger("eventhub")

_TITLES = {
    400: Sentence("This request cannot be read"),
    401: Sentence("Please sign in"),
    403: Sentence("This is not open to you"),
    404: Sentence("There is nothing here"),
    405: Sentence("This address does not take that"),
    409: Sentence("This cannot be done as things stand"),
    410: Sentence("This link is no longer valid"),
    413: Sentence("This is too large"),
    415: Sentence("This kind of content is not taken"),
    422: Sentence("Something needs correcting"),
    429: Sentence("Please wait a moment"),
    500: Sentence("Something went wrong on our side"),
}
_SENTENCES = {
    400: Sentence("What was sent could not be read. Please go back and try again."),
    401: Sentence("Please sign in first."),
    404: Sentence("The address may be mistyped, or what was here has been taken away."),
    405: Sentence("This address takes other methods; on pages, please use the links and buttons."),
    413: Sentence("What was sent is larger than we take: 1 MB for a form, 5 MB for a file."),
    415: Sentence("Please send the form from our pages."),
    429: Sentence("That was tried too often within a short time. Please wait a minute and try again."),
    500: Sentence("It has been noted and will be looked into. Nothing of what you sent was half-written."),
}


class ProblemDetails(msgspec.Struct, omit_defaults=True):
    """RFC 9457, with `errors` for what was sent and `sentences` for a refusal."""

    title: str
    status: int
    detail: str = ""
    type: str = "about:blank"
    errors: list[dict[str, str]] | None = None
    sentences: list[str] | None = None


#: First parts of addresses that go on with the secret of a personal link, and forms that everybody may send.
_PERSONAL_PAGES = ("registrations", "delegation", "speaking", "applications")
_PUBLIC_FORMS = (("events", "register"), ("labs", "apply"), ("campaigns", "propose"))


def problem_answer(problem: ProblemDetails, headers: dict[str, str] | None = None) -> Response[bytes]:
    """A problem as JSON; `type` and `detail` are always there."""
    body = {"type": problem.type, "title": problem.title, "status": problem.status, "detail": problem.detail}
    body |= {k: v for k, v in (("errors", problem.errors), ("sentences", problem.sentences)) if v is not None}
    return Response(
        msgspec.json.encode(body),
        status_code=problem.status,
        media_type="application/problem+json",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def show_refusal(request: Request[Any, Any, Any], refusal: Refusal) -> Response[Any]:
    """A rule said no: every reason, in sentences."""
    if is_api(request.scope["path"]):
        errors = None
        if isinstance(refusal, Problems):
            errors = [{"field": f, "message": str(s)} for f, sentences in refusal.fields.items() for s in sentences]
        return problem_answer(
            ProblemDetails(
                title=str(_TITLES[refusal.status_code]),
                status=refusal.status_code,
                detail=" ".join(refusal.sentences),
                errors=errors,
                sentences=None if errors is not None else [str(s) for s in refusal.sentences],
            )
        )
    with speaking(chosen_language(request)):
        return _error_page(request, refusal.status_code, [say(s) for s in refusal.sentences])


def show_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """The framework said no: an address without a route, a body that cannot be read, no account."""
    status = error.status_code
    path = request.scope["path"]
    if is_api(path):
        headers = _kept_headers(error) | ({"WWW-Authenticate": "Bearer"} if status == 401 else {})
        errors = None
        detail = error.detail
        if isinstance(error, ValidationException):
            status, errors = _validation_errors(error)
            detail = " ".join(e["message"] for e in errors) or detail
        elif status == 400:
            detail = f"The body is no JSON that can be read: {detail.rstrip('.')}."
        elif status in _SENTENCES and status != 401:  # the guard says in a sentence what is wrong with the token
            detail = str(_SENTENCES[status])
        title = str(_TITLES.get(status, Sentence(HTTPStatus(status).phrase)))
        return problem_answer(ProblemDetails(title=title, status=status, detail=detail, errors=errors), headers)
    if status == 401 and request.method == "GET":
        query = request.scope["query_string"].decode("latin-1")
        return redirect("/sign-in?next=" + _quoted(f"{path}?{query}" if query else path))
    if isinstance(error, ValidationException):
        status = 404 if _about_the_path(error, request) else 400
    with speaking(chosen_language(request)):
        words = gettext(error.detail) if status == 403 else say(_SENTENCES.get(status, Sentence(error.detail)))
        answer = _error_page(request, status, [words])
        answer.headers.update(_kept_headers(error))
        return answer


def show_failure(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """We are wrong: logged with an id that the page names, and nothing else."""
    mark = secrets.token_hex(4)
    logger.error("failure %s on %s %s", mark, request.method, _route(request), exc_info=error)
    if is_api(request.scope["path"]):
        detail = f"{_SENTENCES[500]} ({mark})"
        return problem_answer(ProblemDetails(title=str(_TITLES[500]), status=500, detail=detail))
    with speaking(chosen_language(request)):
        return _error_page(request, 500, [say(_SENTENCES[500]), mark])


def _error_page(request: Request[Any, Any, Any], status: int, sentences: list[str]) -> Response[str]:
    title = say(_TITLES.get(status, Sentence(HTTPStatus(status).phrase)))
    return render(
        request,
        "errors/error",
        status_code=status,
        status=status,
        title=title,
        sentences=sentences,
        back=_page_before(request),
    )


def _page_before(request: Request[Any, Any, Any]) -> str | None:
    """The page that the form or file of a participant belongs to: the personal one, or the form itself."""
    parts = request.scope["path"].split("/")
    if len(parts) > 3 and parts[1] in _PERSONAL_PAGES:
        return _quoted("/".join(parts[:3]))
    if request.method == "POST" and len(parts) == 4 and (parts[1], parts[3]) in _PUBLIC_FORMS:
        return _quoted(request.scope["path"])
    return None


def _kept_headers(error: HTTPException) -> dict[str, str]:
    """When to come again, and what else an address takes; where GET is taken, HEAD is."""
    given = {name.lower(): value for name, value in (error.headers or {}).items()}
    found = {"Retry-After": given["retry-after"]} if "retry-after" in given else {}
    if "allow" in given:
        methods = set(given["allow"].split(", "))
        found["Allow"] = ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))
    return found


def check_words(**given: tuple[str, Iterable[str]]) -> None:
    """
    Check codes in the query of a list, each with those that are known; an empty one asks for everything.

    Raises:
        Problems: some are none of ours, each by its parameter.

    """
    problems: dict[str, list[str]] = {}
    for name, (word, words) in given.items():
        known = list(words)
        if word and word not in known:
            problems[name] = [Sentence("“%(given)s” is none of: %(known)s.", given=word[:40], known=", ".join(known))]
    if problems:
        raise Problems(problems)


_DOCUMENTED = (400, 401, 403, 404, 409, 413, 422, 429)


def describe_problems(description: OpenAPI) -> None:
    """Complete the description of the JSON interface by the errors that every call may answer."""
    text, number = Schema(type=OpenAPIType.STRING), Schema(type=OpenAPIType.INTEGER)
    fault = Schema(type=OpenAPIType.OBJECT, properties={"field": text, "message": text}, required=["field", "message"])
    description.components.schemas["ProblemDetails"] = Schema(
        type=OpenAPIType.OBJECT,
        description="RFC 9457, with `errors` for what was sent and `sentences` for a refusal.",
        properties={
            "type": text,
            "title": text,
            "status": number,
            "detail": text,
            "errors": Schema(type=OpenAPIType.ARRAY, items=fault),
            "sentences": Schema(type=OpenAPIType.ARRAY, items=text),
        },
        required=["type", "title", "status", "detail"],
    )
    content = {
        "application/problem+json": OpenAPIMediaType(schema=Reference(ref="#/components/schemas/ProblemDetails"))
    }
    for path, item in (description.paths or {}).items():
        for operation in (item.get, item.post, item.patch):
            if operation is None:
                continue
            operation.responses = (operation.responses or {}) | {
                str(status): OpenAPIResponse(description=str(_TITLES[status]), content=dict(content))
                for status in _DOCUMENTED
            }
            if path.endswith("/publish") and isinstance(operation.request_body, RequestBody):
                operation.request_body.required = False  # Litestar 2.25 always says that a body is required


def _quoted(path: str) -> str:
    from urllib.parse import quote

    return quote(path, safe="/")


def _route(request: Request[Any, Any, Any]) -> str:
    """The pattern of the route, since the address itself may hold a secret."""
    return str(request.scope.get("path_template") or "?")


def _about_the_path(error: ValidationException, request: Request[Any, Any, Any]) -> bool:
    names = {e.get("key") for e in (error.extra or []) if isinstance(e, dict)}
    return bool(names & set(request.path_params))


def _validation_errors(error: ValidationException) -> tuple[int, list[dict[str, str]]]:
    """Faults of a JSON body or its parameters, one sentence each; a body that is no JSON is a 400."""
    found = []
    for one in error.extra or []:
        if isinstance(one, dict):
            key = str(one.get("key") or "")
            found.append(_in_words("" if key == "data" else key, str(one.get("message") or "")))
    return (422 if found else 400), found


_KINDS = {
    "str": "text", "int": "a whole number", "float": "a number", "bool": "true or false", "object": "an object",
    "array": "a list", "null": "null", "uuid": "an identifier",
}  # fmt: skip


def _kind(codes: str) -> str:
    return " or ".join(_KINDS.get(code, code) for code in codes.split(" | "))


def _in_words(field: str, message: str) -> dict[str, str]:
    """A sentence for what msgspec finds wrong, with the field it is about."""
    if found := re.fullmatch(r"Object contains unknown field `(.+)`", message, re.S):
        return {"field": _inside(field, found[1]), "message": f"There is no field “{found[1][:40]}”."}
    if found := re.fullmatch(r"Object missing required field `(.+)`", message):
        return {"field": _inside(field, found[1]), "message": f"The field “{found[1]}” is missing."}
    if found := re.fullmatch(r"Expected `(.+?)`, got `(.+?)`", message):
        return {"field": field, "message": f"This must be {_kind(found[1])}, not {_kind(found[2])}."}
    if found := re.fullmatch(r"Expected `(.+?)` (<=|>=) (\S+)", message):
        side = "at most" if found[2] == "<=" else "at least"
        return {"field": field, "message": f"This must be {_kind(found[1])}, {side} {found[3]}."}
    if message.startswith("Invalid UUID"):
        return {"field": field, "message": "This must be an id, such as 0190a3c4-7d1e-7b52-9c0f-3a5d2e8b6f11."}
    if message == "'data'":
        return {"field": field, "message": "The body is missing."}
    return {"field": field, "message": f"{message.rstrip('.')}."}


def _inside(field: str, name: str) -> str:
    return f"{field}.{name}" if field else name
