"""The page of a personal link: what its holder sees and does, without an account."""

import asyncio
from datetime import datetime
from typing import Any

import segno
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from markupsafe import Markup

from eventhub import languages
from eventhub.access import Policy, open_to
from eventhub.checkin.rules import shown_code
from eventhub.errors import Problems
from eventhub.events.queries import event_by_id, programme_of
from eventhub.feeds.personal import registration_file
from eventhub.forms import Form
from eventhub.limits import FORMS_PER_MINUTE, at_most
from eventhub.mail.suppressions import nothing_reaches_you, suppressions_of
from eventhub.pages import redirect, render
from eventhub.programme.queries import signed_up_of
from eventhub.questions.checking import asked_no_more
from eventhub.questions.commands import change_answers
from eventhub.questions.forms import add_answer_problems, posted_answers
from eventhub.questions.queries import answers_of, questions_of
from eventhub.questions.rules import LARGEST_READ, as_asked
from eventhub.registrations.commands import cancel_by_link, state_gender
from eventhub.registrations.forms import GenderForm, LinkForm
from eventhub.registrations.mine import (
    Details,
    WouldWait,
    change_details,
    has_begun,
    name_of_replacement,
    refuse_unproven,
    send_my_links,
    send_replacement,
    switch_attends,
    ticket_of,
    was_present,
    would_wait,
)
from eventhub.registrations.mine_forms import DetailsForm, ReplacementForm
from eventhub.registrations.overlaps import Overlap, overlaps_at
from eventhub.registrations.pools import answer_offer
from eventhub.registrations.queries import (
    gender_statement_of,
    manage_url,
    place_in_queue,
    proves_mailbox,
    registration_by_link,
)
from eventhub.registrations.rules import STANDING, Attends, ways_to_attend
from eventhub.replies.queries import answer_of_registration, undo_token
from eventhub.words import Sentence

_PERSONAL = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
#: Seconds that the answer about lost links takes at least, so that its time does not tell what its words do not.
_SAME_TIME = 0.2


class PersonalPage(Controller):
    """What the holder of a personal link sees and does. Links in letters only show; buttons act."""

    path = "/registrations"
    opt = open_to(Policy.HOLDER)

    @get("/{token:str}")
    async def show(
        self, request: Request[Any, Any, Any], token: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Where the registration stands."""
        if token.endswith(".ics"):
            registration = await registration_by_link(token.removesuffix(".ics"))
            return await registration_file(request, registration, now)
        return await _personal_page(request, token, now)

    @get("/{token:str}/ticket")
    async def ticket(self, request: Request[Any, Any, Any], token: FromPath[str]) -> Response[str]:
        """The ticket with its QR code, to print or to show at the door."""
        registration, event, code = await ticket_of(token)
        return render(
            request,
            "registrations/ticket",
            headers=_PERSONAL,
            token=token,
            registration=registration,
            event=event,
            code=_qr_code(code),
            short_code=shown_code(code),
        )

    @post("/{token:str}/cancel")
    async def cancel(
        self, request: Request[Any, Any, Any], token: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Give the seat or the place in the queue back."""
        await cancel_by_link(token, now=now)
        return redirect(f"/registrations/{token}", Sentence("Your registration is cancelled."))

    @post("/{token:str}/offer")
    async def offer(
        self, request: Request[Any, Any, Any], token: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Take the seat on offer, or leave it to the next."""
        await registration_by_link(token)
        answer = (await request.form()).get("answer")
        if answer not in ("accept", "decline"):
            raise Problems({"answer": [Sentence("Please say whether you take the seat.")]})
        await answer_offer(token, answer == "accept", now=now)
        said = (
            Sentence("The seat goes to the next person.") if answer == "decline" else Sentence("You have a seat now.")
        )
        return redirect(f"/registrations/{token}", said)

    @post("/{token:str}/details")
    async def details(
        self, request: Request[Any, Any, Any], token: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Change what one has told of oneself."""
        proven = proves_mailbox(token)
        form = DetailsForm(await request.form(), proven=proven)
        if not form.validate():
            return await _personal_page(request, token, now, details=form)
        new = Details(
            name=form.name.data or "",
            organisation=form.organisation.data or "",
            level=form.level.data or "",
            language=form.language.data or "",
            access_needs=form.access_needs.data or "" if proven else None,
        )
        try:
            await change_details(token, new, now=now)
        except Problems as problems:
            form.add_problems(problems)
            return await _personal_page(request, token, now, details=form)
        return redirect(f"/registrations/{token}", Sentence("Your changes are kept."))

    @post("/{token:str}/answers", request_max_body_size=LARGEST_READ)
    async def answers(
        self, request: Request[Any, Any, Any], token: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Change the answers to the questions of the event; they are shown and taken by the link of a letter only."""
        opened = await registration_by_link(token)
        refuse_unproven(token)
        typed = await posted_answers(await request.form())
        try:
            await change_answers(token, typed, now=now)
        except Problems as problems:
            return await _personal_page(request, token, now, answers=problems, typed=typed)
        said = Sentence("Your changes are kept.")
        if gone := await asked_no_more(opened.event, typed):
            said = Sentence("%(first)s %(second)s", first=said, second=gone)
        return redirect(f"/registrations/{token}", said)

    @post("/{token:str}/attends")
    async def attends(
        self, request: Request[Any, Any, Any], token: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Attend in the other way; a page asks first when that means the waiting list."""
        posted = await request.form()
        wanted = str(posted.get("attends") or "")
        try:
            after = await switch_attends(token, wanted, agreed=posted.get("agreed") == "yes", now=now)
        except WouldWait as refusal:
            registration = await registration_by_link(token)
            return render(
                request,
                "registrations/switch",
                status_code=refusal.status_code,
                headers=_PERSONAL,
                token=token,
                registration=registration,
                event=await event_by_id(registration.event),
                wanted=wanted,
            )
        said = {
            Attends.ON_SITE: Sentence("You attend on site now."),
            Attends.ONLINE: Sentence("You attend online now."),
        }[Attends(after.attends)]
        if not after.has_seat:
            said = Sentence("Your wish is kept. You are on the waiting list for it.")
        return redirect(f"/registrations/{token}", said)

    @post("/{token:str}/replacement")
    async def replacement(
        self, request: Request[Any, Any, Any], token: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Give the seat to a colleague."""
        form = ReplacementForm(await request.form(), prefix="colleague-")
        if not form.validate():
            return await _personal_page(request, token, now, replacement=form)
        try:
            colleague = await send_replacement(token, form["name"].data or "", form.email.data or "", now=now)
        except Problems as problems:
            form.add_problems(problems)
            return await _personal_page(request, token, now, replacement=form)
        said = Sentence("%(name)s has your seat now. Letters tell both of you.", name=colleague.name)
        return redirect(f"/registrations/{token}", said)

    @post("/{token:str}/gender")
    async def gender(
        self, request: Request[Any, Any, Any], token: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Change or withdraw how one wants to be counted."""
        form = GenderForm(await request.form())
        try:
            await state_gender(token, form.gender.data or "", now=now)
        except Problems as problems:
            form.add_problems(problems)
            return await _personal_page(request, token, now, form=form)
        return redirect(f"/registrations/{token}", Sentence("Your answer is kept as you gave it."))


def _qr_code(code: str) -> Markup:
    """A QR code as SVG, black on white whatever the colours of the page: readers need the contrast and the margin."""
    drawn = segno.make(code, error="m", micro=False)
    svg = drawn.svg_inline(border=4, omitsize=True, light="#fff", dark="#000", svgclass="qr")
    return Markup(svg)  # noqa: S704  drawn by us, without any text of anybody


async def _personal_page(
    request: Request[Any, Any, Any],
    token: str,
    now: datetime,
    *,
    form: GenderForm | None = None,
    details: DetailsForm | None = None,
    replacement: ReplacementForm | None = None,
    answers: Problems | None = None,
    typed: dict[str, Any] | None = None,
) -> Response[str]:
    registration = await registration_by_link(token)
    event = await event_by_id(registration.event)
    proven = proves_mailbox(token)
    kept = await answers_of(registration.id)
    asked = await questions_of(event.id) if proven else []
    questions = as_asked(asked, languages.current(), event.language)
    answers_form = Form() if answers else None
    errors = add_answer_problems(answers_form, answers, questions, typed or {}) if answers_form and answers else {}
    wrong: Form | None = next((one for one in (form, details, replacement, answers_form) if one is not None), None)
    if form is None:
        stated = await gender_statement_of(registration.person) if proven else None
        form = GenderForm(data={"gender": stated["gender"] if stated else ""})
    if details is None:
        told = {name: getattr(registration, name) for name in ("name", "organisation", "language")}
        needs = registration.access_needs if proven else ""
        details = DetailsForm(data={**told, "level": registration.level or "", "access_needs": needs}, proven=proven)
    others = [way for way in ways_to_attend(event.mode) if way != registration.attends]
    stands = registration.status in STANDING and event.status != "cancelled" and not event.is_past(now)
    declined = await answer_of_registration(registration.id) if proven else None
    return render(
        request,
        "registrations/registration",
        status_code=422 if wrong else 200,
        headers=_PERSONAL,
        token=token,
        registration=registration,
        event=event,
        replaced_by=await name_of_replacement(registration.id) if registration.status == "cancelled" else None,
        position=await place_in_queue(registration),
        wrong=wrong,
        form=form,
        details=details,
        has_certificate=event.is_past(now) and registration.has_seat and await was_present(registration.id),
        questions=questions,
        values=(typed if typed is not None else kept.answers) if proven else {},
        errors=errors,
        on_file=kept.on_file if proven else {},
        kept=kept,
        replacement=replacement or ReplacementForm(prefix="colleague-"),
        switch_waits=[way for way in others if await would_wait(registration, way)],
        other_ways=others,
        is_past=event.is_past(now),
        begun=has_begun(event, now),
        door=event.door(now),
        stands=stands,
        proven=proven,
        unreached=(await suppressions_of([registration.email])).get(registration.email) if proven else None,
        why_unreached=nothing_reaches_you,
        declined=declined if declined and declined.release_at and stands else None,
        undo_link=undo_token(declined) if declined else "",
        overlaps=await _overlaps(event, registration) if proven and stands else [],
        sign_up_items=[item for item in await programme_of(event.id) if item.takes_sign_up],
        signed_up=await signed_up_of(registration.id),
        now=now,
    )


async def _overlaps(event: Any, registration: Any) -> list[tuple[Overlap, str]]:
    """What else the person is registered for at that time, with the personal links; for a proven mailbox only."""
    found = (await overlaps_at(event, [registration.id])).get(registration.id, [])
    return [
        (one, "/" + manage_url(one.registration, one.link_version, by_letter=True).split("/", 3)[3]) for one in found
    ]


class MyLinks(Controller):
    """Lost links: a letter with those of every coming event, to the address that they belong to."""

    path = "/my-links"
    opt = open_to(Policy.PUBLIC)

    @get("/")
    async def ask(self, request: Request[Any, Any, Any]) -> Response[str]:
        """One field for the address."""
        return render(request, "registrations/my_links", form=LinkForm(), sent=False)

    @post("/", status_code=200, middleware=at_most(FORMS_PER_MINUTE, of="registrations"))
    async def send(self, request: Request[Any, Any, Any], now: NamedDependency[datetime]) -> Response[str]:
        """Send them; page, status and time of the answer are the same whatever the address."""
        form = LinkForm(await request.form())
        try:
            await asyncio.gather(send_my_links(form.email.data or "", now=now), asyncio.sleep(_SAME_TIME))
        except Problems as problems:
            form.validate()
            form.add_problems(problems if not form.errors else {})
            return render(request, "registrations/my_links", status_code=422, form=form, sent=False)
        return render(request, "registrations/my_links", form=LinkForm(), sent=True)


HOLDER_PAGES: list[Any] = [PersonalPage, MyLinks]
