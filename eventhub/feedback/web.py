"""Feedback: the short form by personal link, what staff switch on and read, and the same as JSON."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Stream

from eventhub.access import Policy, account_of, open_to
from eventhub.downloads import download
from eventhub.errors import Problems
from eventhub.events.queries import event_by_slug
from eventhub.feedback.commands import AnsweredMeanwhile, ask_now, give_feedback, switch_asking
from eventhub.feedback.forms import FeedbackForm, values_of
from eventhub.feedback.queries import FeedbackRow, feedback_by_link, is_asked, lab_that_asks, people_to_ask, results_of
from eventhub.feedback.rules import OPEN_FOR, Results, Subject, is_open
from eventhub.labs.queries import lab_by_slug
from eventhub.limits import FORMS_PER_MINUTE, at_most
from eventhub.pages import redirect, render
from eventhub.words import Sentence

#: The address is a secret: no search engine, no referrer.
_PERSONAL = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


class GiveFeedback(Controller):
    """The form that a personal link opens."""

    path = "/feedback"
    opt = open_to(Policy.HOLDER)

    @get("/{token:str}")
    async def show(
        self, request: Request[Any, Any, Any], token: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[str]:
        """The form with what was said before; nothing is written down by looking."""
        feedback = await feedback_by_link(token)
        return _form_page(request, feedback, FeedbackForm(data=values_of(feedback)), now)

    @post("/{token:str}", middleware=at_most(FORMS_PER_MINUTE, of="feedback"))
    async def give(
        self, request: Request[Any, Any, Any], token: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Write it down, or change it."""
        form = FeedbackForm(await request.form())
        try:
            form.validate()
            await give_feedback(token, form.answer(), version=form.seen, now=now)
        except Problems as problems:
            form.add_problems(problems)
        except AnsweredMeanwhile as refusal:
            other = await feedback_by_link(token)
            form.version.raw_data = form.version.data = str(other.version)
            return _form_page(request, other, form, now, other=other, status_code=409, said=refusal.sentences)
        else:
            return redirect(f"/feedback/{token}", Sentence("Thank you. Your feedback has been saved."))
        return _form_page(request, await feedback_by_link(token), form, now, status_code=422)


def _form_page(
    request: Request[Any, Any, Any],
    feedback: FeedbackRow,
    form: FeedbackForm,
    now: datetime,
    *,
    other: FeedbackRow | None = None,
    said: Sequence[str] = (),
    status_code: int = 200,
) -> Response[str]:
    page = render(
        request,
        "feedback/form",
        status_code=status_code,
        feedback=feedback,
        form=form,
        is_open=is_open(feedback.asked_at, now),
        until=(feedback.asked_at + OPEN_FOR).date(),
        other=other,
        said=said,
    )
    page.headers.update(_PERSONAL)
    return page


class EventFeedback(Controller):
    """Feedback about an event, for staff."""

    path = "/staff/events/{slug:str}"
    opt = open_to(Policy.EDIT_EVENTS)

    @get("/feedback")
    async def show(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[str]:
        """The response rate, and what may be shown of the answers."""
        event = await event_by_slug(slug)
        return render(
            request,
            "feedback/results",
            subject=Subject.EVENT,
            kind=event.kind,
            title=event.title,
            up=f"/staff/events/{slug}",
            results=await results_of(Subject.EVENT, event.id),
            is_on=await is_asked(Subject.EVENT, event.id),
            lab_name=await lab_that_asks(event.id),
            to_ask=len(await people_to_ask(Subject.EVENT, event.id)),
            is_over=event.is_past(now) and event.status == "published",
            may_ask=True,
        )

    @get("/feedback.csv")
    async def file(self, slug: FromPath[str]) -> Stream:
        """The same as a file."""
        event = await event_by_slug(slug)
        return _file(f"feedback-{event.slug}", await results_of(Subject.EVENT, event.id))

    @post("/feedback/switch")
    async def switch(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Redirect:
        """Ask by itself after the event, or stop that."""
        event = await event_by_slug(slug)
        return await _switch(request, Subject.EVENT, event.id, f"/staff/events/{slug}/feedback", now)

    @post("/feedback/ask")
    async def ask(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Redirect:
        """Ask those now who were not asked yet."""
        event = await event_by_slug(slug)
        return await _ask(request, Subject.EVENT, event.id, f"/staff/events/{slug}/feedback", now)


class LabFeedback(Controller):
    """Feedback about a lab as a whole, for staff."""

    path = "/staff/labs/{slug:str}"
    opt = open_to(Policy.EDIT_LABS)

    @get("/feedback", opt=open_to(Policy.READ_APPLICATIONS))
    async def show(self, request: Request[Any, Any, Any], slug: FromPath[str]) -> Response[str]:
        """The response rate, and what may be shown of the answers."""
        lab = await lab_by_slug(slug)
        return render(
            request,
            "feedback/results",
            subject=Subject.LAB,
            kind=lab.kind,
            title=lab.name,
            up=f"/staff/labs/{slug}",
            results=await results_of(Subject.LAB, lab.id),
            is_on=await is_asked(Subject.LAB, lab.id),
            lab_name=None,
            to_ask=len(await people_to_ask(Subject.LAB, lab.id)),
            is_over=lab.status == "finished",
            may_ask=account_of(request).may(Policy.EDIT_LABS),
        )

    @get("/feedback.csv", opt=open_to(Policy.READ_APPLICATIONS))
    async def file(self, slug: FromPath[str]) -> Stream:
        """The same as a file."""
        lab = await lab_by_slug(slug)
        return _file(f"feedback-{lab.slug}", await results_of(Subject.LAB, lab.id))

    @post("/feedback/switch")
    async def switch(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Redirect:
        """Ask by itself after each session and at the end of the lab, or stop that."""
        lab = await lab_by_slug(slug)
        return await _switch(request, Subject.LAB, lab.id, f"/staff/labs/{slug}/feedback", now)

    @post("/feedback/ask")
    async def ask(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Redirect:
        """Ask those now who were not asked yet."""
        lab = await lab_by_slug(slug)
        return await _ask(request, Subject.LAB, lab.id, f"/staff/labs/{slug}/feedback", now)


async def _switch(
    request: Request[Any, Any, Any], subject: Subject, object_id: UUID, path: str, now: datetime
) -> Redirect:
    on = (await request.form()).get("on") == "yes"
    await switch_asking(subject, object_id, on=on, now=now, account_id=account_of(request).account_id)
    said = (
        Sentence("Feedback will be asked for by itself.")
        if on
        else Sentence("Feedback is no longer asked for by itself.")
    )
    return redirect(path, said)


async def _ask(
    request: Request[Any, Any, Any], subject: Subject, object_id: UUID, path: str, now: datetime
) -> Redirect:
    asked = await ask_now(subject, object_id, now=now, account_id=account_of(request).account_id)
    if not asked:
        return redirect(path, Sentence("There is nobody to ask who was not asked already."), "info")
    said = Sentence.counted("One letter is on its way.", "%(num)s letters are on their way.", asked)
    return redirect(path, said)


def _file(name: str, results: Results) -> Stream:
    return download("csv", name, "feedback", ("what", "which", "value"), results.rows())


class ScoreOut(msgspec.Struct):
    """How often a number from 1 to 5 was given."""

    score: int
    usefulness: int
    overall: int


class QuoteOut(msgspec.Struct):
    """What somebody agreed to be quoted with; name and city are empty unless they agreed to these too."""

    text: str
    name: str
    city: str


class FeedbackOut(msgspec.Struct):
    """
    What may be known of the answers about one event or lab.

    Of fewer than five answers nothing but the response rate: means are null
    and lists are empty. Texts and quotes are ordered by their letters.
    """

    asked: int
    answered: int
    response_rate_pct: int | None
    mean_usefulness: float | None
    mean_overall: float | None
    distribution: list[ScoreOut]
    texts: list[str]
    quotes: list[QuoteOut]

    @classmethod
    def of(cls, results: Results) -> "FeedbackOut":
        """From results."""
        scores = results.scores
        return cls(
            scores.asked, scores.answered, scores.rate_pct, scores.mean_usefulness, scores.mean_overall,
            [ScoreOut(*row) for row in scores.distribution], list(results.texts),
            [QuoteOut(quote.text, quote.name, quote.city) for quote in results.quotes],
        )  # fmt: skip


class FeedbackApi(Controller):
    """Feedback as JSON."""

    path = "/api/v1"
    tags: Sequence[str] = ["feedback"]

    @get("/events/{slug:str}/feedback", opt=open_to(Policy.EDIT_EVENTS))
    async def of_event(self, slug: FromPath[str]) -> FeedbackOut:
        """What may be known of the answers about an event."""
        return FeedbackOut.of(await results_of(Subject.EVENT, (await event_by_slug(slug)).id))

    @get("/labs/{slug:str}/feedback", opt=open_to(Policy.READ_APPLICATIONS))
    async def of_lab(self, slug: FromPath[str]) -> FeedbackOut:
        """What may be known of the answers about a lab as a whole."""
        return FeedbackOut.of(await results_of(Subject.LAB, (await lab_by_slug(slug)).id))


FEEDBACK_PAGES: list[Any] = [GiveFeedback, EventFeedback, LabFeedback, FeedbackApi]
