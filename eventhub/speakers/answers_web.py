"""Pages of the speakers themselves: the personal link, portraits for everybody, and the history that staff see."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath

from eventhub import languages
from eventhub.access import Policy, open_to
from eventhub.errors import Problems
from eventhub.events.queries import event_by_id
from eventhub.limits import FORMS_PER_MINUTE, at_most
from eventhub.pages import redirect, render
from eventhub.registrations.queries import gender_statement_of
from eventhub.speakers.forms import AnswerForm
from eventhub.speakers.invitations import Answer, answer_invitation, is_closed, state_gender_as_speaker
from eventhub.speakers.personal import history_of_person, others_of, portrait_of, slot_by_link
from eventhub.speakers.portraits import LARGEST_PORTRAIT
from eventhub.speakers.rules import SpeakerStatus
from eventhub.words import Sentence

#: Bytes of the whole form: the picture, and what is written beside it.
_LARGEST_FORM = LARGEST_PORTRAIT + 1_000_000
_PERSONAL = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


class Speaking(Controller):
    """What the holder of a speaker's personal link sees and does. The link only shows; the button acts."""

    path = "/speaking/{token:str}"
    opt = open_to(Policy.HOLDER)

    @get("/")
    async def show(
        self, request: Request[Any, Any, Any], token: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[str]:
        """What the person is asked for, and what they have answered."""
        return await _speaking_page(request, token, now)

    @post("/", request_max_body_size=_LARGEST_FORM, middleware=at_most(FORMS_PER_MINUTE, of="speaking"))
    async def answer(
        self, request: Request[Any, Any, Any], token: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Confirm or decline, and say what is to be printed."""
        posted = await request.form()
        form = AnswerForm(posted)
        sent = form.portrait.data
        has_picture = isinstance(sent, UploadFile) and bool(sent.filename)
        answer = Answer(
            status=form.answer.data or "",
            name=form.name.data or "",
            level=form.level.data or "",
            biography=form.biography.data or "",
            gender=(form.gender.data or "") if "gender" in posted else None,
            language=languages.current(),
            portrait=await sent.read() if has_picture else None,
            remove_portrait=bool(form.remove_portrait.data),
        )
        try:
            answered = await answer_invitation(token, answer, now=now)
        except Problems as problems:
            form.add_problems(problems)
            if has_picture and "portrait" not in problems.fields:
                form.add_problems({"portrait": [Sentence("Please choose the picture again; browsers do not keep it.")]})
            return await _speaking_page(request, token, now, form=form)
        if answered.status == SpeakerStatus.CONFIRMED:
            return redirect(f"/speaking/{token}", Sentence("Thank you. You are on the programme."))
        return redirect(f"/speaking/{token}", Sentence("Thank you for telling us. The organisers know."))

    @post("/gender")
    async def gender(
        self, request: Request[Any, Any, Any], token: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Change or withdraw how one wants to be counted, after the event as well."""
        form = AnswerForm(await request.form())
        try:
            await state_gender_as_speaker(token, form.gender.data or "", language=languages.current(), now=now)
        except Problems as problems:
            form.add_problems(problems)
            return await _speaking_page(request, token, now, form=form)
        return redirect(f"/speaking/{token}", Sentence("Your answer is kept as you gave it."))

    @get("/portrait.jpg")
    async def portrait(self, token: FromPath[str]) -> Response[bytes]:
        """The person's own portrait."""
        slot = await slot_by_link(token)
        picture, _ = await portrait_of(slot.id, public=False)
        return Response(picture, media_type="image/jpeg", headers={"Cache-Control": "no-store", **_PERSONAL})


async def _speaking_page(
    request: Request[Any, Any, Any], token: str, now: datetime, form: AnswerForm | None = None
) -> Response[str]:
    slot = await slot_by_link(token)
    event = await event_by_id(slot.event)
    stated = await gender_statement_of(slot.person)
    if form is None:
        form = AnswerForm(
            data={
                "answer": "" if slot.status == SpeakerStatus.INVITED else slot.status,
                "name": slot.name,
                "level": slot.level,
                "biography": slot.biography,
                "gender": stated["gender"] if stated else "",
            }
        )
    return render(
        request,
        "speakers/speaking",
        status_code=422 if form.errors else 200,
        headers=_PERSONAL,
        token=token,
        slot=slot,
        event=event,
        others=await others_of(slot),
        form=form,
        noted_by_staff=stated is not None and stated["source"] == "staff",
        closed=is_closed(event, now),
    )


class PublicPortrait(Controller):
    """Portraits on public pages."""

    opt = open_to(Policy.PUBLIC)

    @get("/speakers/{slot_id:uuid}/portrait.jpg")
    async def portrait(self, request: Request[Any, Any, Any], slot_id: FromPath[UUID]) -> Response[bytes]:
        """The portrait of a speaker whom everybody sees: confirmed, at an event that is public."""
        picture, changed_at = await portrait_of(slot_id, public=True)
        tag = f'"{int(changed_at.timestamp() * 1000):x}"'
        headers = {"Cache-Control": "public, max-age=300", "ETag": tag}
        if request.headers.get("if-none-match") == tag:
            return Response(b"", status_code=304, headers=headers)
        return Response(picture, media_type="image/jpeg", headers=headers)


class SpeakerHistory(Controller):
    """What somebody has been asked to speak at."""

    opt = open_to(Policy.EDIT_EVENTS)

    @get("/staff/people/{person_id:uuid}/speaking")
    async def show(self, request: Request[Any, Any, Any], person_id: FromPath[UUID]) -> Response[str]:
        """Over all years, the newest first; what overlaps is marked."""
        history = await history_of_person(person_id)
        years: dict[int, list[Any]] = {}
        for one in history.appearances:
            years.setdefault(one.starts_at.year, []).append(one)
        return render(request, "speakers/history", history=history, years=years)


ANSWER_PAGES: list[Any] = [Speaking, PublicPortrait, SpeakerHistory]
