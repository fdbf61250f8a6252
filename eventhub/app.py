"""The application: routes, refusals, start-up. Reads like a table of contents."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any

from litestar import Litestar, Router
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.logging import LoggingConfig
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.static_files import create_static_files_router
from litestar.types import ASGIApp

from eventhub import __version__
from eventhub.access import Policy, enforce, open_to, routes_without_policy
from eventhub.accounts.web import Accounts, AuditTrail, SignIn
from eventhub.answers.api import ANSWERS_API
from eventhub.answers.web import ANSWER_PAGES
from eventhub.applying.web import APPLYING_PAGES
from eventhub.bodies.web import BODY_PAGES
from eventhub.calls.web import CALL_PAGES
from eventhub.campaigns.web import CAMPAIGN_PAGES
from eventhub.checkin.web import CHECKIN_PAGES
from eventhub.cohorts.web import COHORT_PAGES
from eventhub.database import close_pool, start_pool, utc_now
from eventhub.delegations.web import DELEGATION_PAGES
from eventhub.directory.api import DIRECTORY_API
from eventhub.directory.web import DIRECTORY_PAGES
from eventhub.engagement.api import ENGAGEMENT_API
from eventhub.engagement.web import ENGAGEMENT_PAGES
from eventhub.errors import Refusal
from eventhub.events.api import EventsApi
from eventhub.events.web import EVENT_PAGES
from eventhub.explorer.api import EXPLORER_API
from eventhub.explorer.web import EXPLORER_PAGES
from eventhub.fairness.web import FAIRNESS_PAGES
from eventhub.feedback.web import FEEDBACK_PAGES
from eventhub.feeds.web import FEED_PAGES
from eventhub.idempotency import IdempotencyMiddleware
from eventhub.indicators.api import INDICATORS_API
from eventhub.indicators.web import INDICATOR_PAGES
from eventhub.invitations.web import INVITATION_PAGES
from eventhub.labs.api import LAB_API
from eventhub.labs.life_web import COHORT_LIFE_PAGES
from eventhub.labs.web import LAB_PAGES
from eventhub.mail.web import OUTBOX_PAGES
from eventhub.mailings.web import MAILING_PAGES
from eventhub.merging.web import MERGING_PAGES
from eventhub.migrations import migrate
from eventhub.outcomes.web import OUTCOME_PAGES
from eventhub.papers.web import PAPER_PAGES
from eventhub.plans.web import PLAN_PAGES
from eventhub.problems import describe_problems, show_error, show_failure, show_refusal
from eventhub.programme.web import PROGRAMME_PAGES
from eventhub.questions.web import QUESTION_PAGES
from eventhub.reference import ReferencePage
from eventhub.registrations.api import RegistrationsApi
from eventhub.registrations.web import REGISTRATION_PAGES
from eventhub.replies.web import REPLY_PAGES
from eventhub.reports.api import REPORT_API
from eventhub.reports.web import REPORT_PAGES
from eventhub.resources import STATIC
from eventhub.reviewing.web import REVIEW_PAGES
from eventhub.series.web import SERIES_PAGES
from eventhub.site import SITE
from eventhub.speakers.api import SpeakersApi
from eventhub.speakers.web import SPEAKER_PAGES
from eventhub.statistics.api import STATISTICS_API
from eventhub.statistics.web import STATISTICS_PAGES
from eventhub.web_security import ReadableRequest, ReaderMiddleware, Surroundings, known_parameters_only
from eventhub.wording.web import WORDING_PAGES

#: Bytes of one request; upload routes ask for more themselves.
BODY_LIMIT = 1_000_000

PAGES: list[Any] = [
    *SITE,
    SignIn,
    Accounts,
    AuditTrail,
    *EVENT_PAGES,
    *PROGRAMME_PAGES,
    *SERIES_PAGES,
    *CAMPAIGN_PAGES,
    *FAIRNESS_PAGES,
    *SPEAKER_PAGES,
    *REGISTRATION_PAGES,
    *PAPER_PAGES,
    *MERGING_PAGES,
    *INVITATION_PAGES,
    *CHECKIN_PAGES,
    *DELEGATION_PAGES,
    *QUESTION_PAGES,
    *OUTBOX_PAGES,
    *MAILING_PAGES,
    *REPLY_PAGES,
    *FEED_PAGES,
    *LAB_PAGES,
    *CALL_PAGES,
    *APPLYING_PAGES,
    *REVIEW_PAGES,
    *COHORT_PAGES,
    *FEEDBACK_PAGES,
    *OUTCOME_PAGES,
    *COHORT_LIFE_PAGES,
    *ENGAGEMENT_PAGES,
    *STATISTICS_PAGES,
    *ANSWER_PAGES,
    *INDICATOR_PAGES,
    *EXPLORER_PAGES,
    *REPORT_PAGES,
    *DIRECTORY_PAGES,
    *BODY_PAGES,
    *PLAN_PAGES,
    *WORDING_PAGES,
]

API: list[Any] = [
    EventsApi,
    SpeakersApi,
    RegistrationsApi,
    *LAB_API,
    *STATISTICS_API,
    *ENGAGEMENT_API,
    *INDICATORS_API,
    *ANSWERS_API,
    *EXPLORER_API,
    *REPORT_API,
    *DIRECTORY_API,
]


def provide_now() -> datetime:
    """The clock of a request; it enters once, here."""
    return utc_now()


def create_app(*, postman: bool = True, migrate_first: bool = True) -> Litestar:
    """
    Put the application together.

    Args:
        postman: Empty the outbox in this process as well.
        migrate_first: Bring the database to the current schema on start.

    """
    app = Litestar(
        route_handlers=[
            *PAGES,
            Router(
                "/",
                route_handlers=API,
                include_in_schema=True,
                middleware=[IdempotencyMiddleware()],
                before_request=known_parameters_only,
            ),
            create_static_files_router("/static", [STATIC], opt=open_to(Policy.PUBLIC), cache_control=None),
        ],
        dependencies={"now": Provide(provide_now, sync_to_thread=False)},
        guards=[enforce],
        request_class=ReadableRequest,
        middleware=[ReaderMiddleware()],
        exception_handlers={
            Refusal: show_refusal,
            HTTPException: show_error,
            Exception: show_failure,
        },
        lifespan=[_database(migrate_first), *([_postman] if postman else [])],
        request_max_body_size=BODY_LIMIT,
        include_in_schema=False,
        openapi_config=OpenAPIConfig(
            title="EventHub",
            version=__version__,
            description="Events, speakers, registrations, Solutions Labs and figures. See docs/api.md.",
            use_handler_docstrings=True,
            render_plugins=[ReferencePage(path="/"), JsonRenderPlugin()],
            openapi_router=Router("/schema", route_handlers=[], opt=open_to(Policy.STAFF)),
        ),
        logging_config=LoggingConfig(log_exceptions="never", configure_root_logger=False),
    )
    if open_doors := routes_without_policy(app):
        raise RuntimeError(f"routes without a policy: {', '.join(open_doors)}")
    describe_problems(app.openapi_schema)
    return app


def _database(migrate_first: bool) -> Callable[[Litestar], Any]:
    @contextlib.asynccontextmanager
    async def database(_: Litestar) -> AsyncIterator[None]:
        if migrate_first:
            await migrate()
        await start_pool()
        try:
            yield
        finally:
            await close_pool()

    return database


@contextlib.asynccontextmanager
async def _postman(app: Litestar) -> AsyncIterator[None]:
    """Do the background work in the web process, as the embedded installation does."""
    from eventhub.background import work_always

    work = asyncio.create_task(work_always())
    try:
        yield
    finally:
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await work


def asgi(app: Litestar) -> ASGIApp:
    """The application with its surroundings, as the server runs it."""
    return Surroundings(app)
