"""Pages of a lab at work: its sessions, its cohort, files and links for it, and what its people write to each other."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath

from eventhub import languages
from eventhub.access import Policy, account_of, open_to
from eventhub.calls.queries import template_by_id
from eventhub.calls.rules import SessionPattern
from eventhub.directory.queries import member_choices
from eventhub.errors import NotFound, Problems, Refusal
from eventhub.events.rules import Mode
from eventhub.events.zones import wall_time
from eventhub.fairness.rules import cells, local_words
from eventhub.feeds.personal import cohort_calendar
from eventhub.labs.cohort_page import (
    add_participant,
    change_role,
    end_participation,
    keep_cohorts,
    present_oneself,
    send_cohort_link,
)
from eventhub.labs.cohort_queries import (
    CALENDAR_LINK,
    Participant,
    attendance_of,
    own_sessions,
    participant_by_link,
    participants_of,
)
from eventhub.labs.life_forms import (
    IntroductionForm,
    MaterialForm,
    MessageForm,
    ParticipantForm,
    PatternForm,
    RowForm,
    planned_rows,
    posted_rows,
)
from eventhub.labs.materials import add_material, delete_material, material_file, materials_of
from eventhub.labs.messages import colleague, messages_between, write_message
from eventhub.labs.queries import LabRow, lab_by_id, lab_by_slug, no_such_link, sessions_of
from eventhub.labs.report_web import REPORT_PAGES
from eventhub.labs.rules import ParticipantRole
from eventhub.labs.sessions import (
    fair_starts,
    group_to_meet,
    happens_twice,
    instant_of,
    laid_out,
    make_sessions,
    plan_problems,
    proposed_titles,
    sessions_mark,
)
from eventhub.limits import FORMS_PER_MINUTE, at_most
from eventhub.pages import redirect, render
from eventhub.questions.rules import LARGEST_FILE, LARGEST_FORM, SentFile
from eventhub.questions.web import disposition
from eventhub.settings import current_settings
from eventhub.words import Sentence

#: The address is a secret: no search engine, no referrer.
PERSONAL = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}

#: Seconds for which a button waits until the cohort is registered; the rest is done in the background.
AT_ONCE = 5.0


class StaffSessions(Controller):
    """Sessions of a lab, made in one go."""

    path = "/staff/labs/{slug:str}/sessions/plan"
    opt = open_to(Policy.EDIT_LABS)

    @get("/")
    async def show(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[str]:
        """What the template of the lab proposes, and the hours that are fair."""
        lab = await lab_by_slug(slug)
        proposed = await _proposed(lab)
        zone = lab.call.time_zone if lab.call else current_settings().time_zone
        form = PatternForm(
            data={
                "number": proposed.number or 4,
                "first_day": wall_time(now, zone)[0] + timedelta(days=14),
                "time_zone": zone,
                "every": proposed.every_days,
                "minutes": proposed.minutes,
                "mode": proposed.mode if proposed.mode in set(Mode) else Mode.ONLINE,
                "place": lab.place if proposed.mode != Mode.ONLINE else "",
                "country": lab.country if proposed.mode != Mode.ONLINE else "",
                "language": current_settings().language_codes[0],
                "is_published": True,
            }
        )
        return await self._page(request, lab, form, [], now)

    @post("/")
    async def work(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Show fair hours, lay the dates out, or make the sessions; nothing is made before the dates were shown."""
        lab = await lab_by_slug(slug)
        posted = await request.form()
        start, step = _text(posted, "start"), _text(posted, "step")
        form = PatternForm(posted)
        rows = posted_rows(posted)
        if start or step == "hours":
            if start:
                _take(form, start)
            return await self._page(request, lab, form, [], now)
        sound = form.validate()
        if step != "make" or not rows:
            if not sound:
                return await self._page(request, lab, form, [], now, status_code=422)
            return await self._page(request, lab, form, await self._lay_out(lab, form), now)
        seen = _text(posted, "seen")
        for row in rows:  # each says all that is wrong
            sound = row.validate() and sound
        status = 422
        if sound:
            planned = [row.planned() for row in rows]
            try:
                made = await make_sessions(
                    slug, planned, form.common(), seen=seen, now=now, account_id=account_of(request).account_id
                )
            except NotFound:
                raise
            except Problems as problems:
                _add_to_rows(form, rows, problems.fields)
            except Refusal as refusal:
                form.add_problems({"": list(refusal.sentences)})
                return await self._page(
                    request, lab, form, await self._lay_out(lab, form), now, status_code=refusal.status_code
                )
            else:
                await keep_cohorts(now, lab.id, seconds=AT_ONCE)
                return redirect(
                    f"/staff/labs/{lab.slug}/cohort",
                    Sentence.counted("%(num)s session has been made.", "%(num)s sessions have been made.", len(made)),
                )
        return await self._page(request, lab, form, rows, now, status_code=status, seen=seen)

    async def _lay_out(self, lab: LabRow, form: PatternForm) -> list[RowForm]:
        titles = proposed_titles(await _proposed(lab), form.language.data)
        there = await sessions_of(lab.id, public_only=False)
        with languages.speaking(form.language.data):
            planned = laid_out(form.pattern(), titles, lab.name, len(there))
        return planned_rows(planned)

    async def _page(
        self,
        request: Request[Any, Any, Any],
        lab: LabRow,
        form: PatternForm,
        rows: list[RowForm],
        now: datetime,
        *,
        status_code: int = 200,
        seen: str = "",
    ) -> Response[str]:
        group = await group_to_meet(lab)
        zone = form.time_zone.data or "UTC"
        minutes = form.minutes.data if isinstance(form.minutes.data, int) else 0
        fair = []
        if form.first_day.data and not form.time_zone.errors:
            fair = await fair_starts(lab, group, form.first_day.data, zone, minutes, now)
        if rows and status_code == 200:  # just laid out: what is wrong is shown before anything is made
            shared, found = plan_problems([row.planned() for row in rows], form.common(), now)
            faults = {f"rows-{n}-{name}": said for n, one in enumerate(found) for name, said in one.items()}
            _add_to_rows(form, rows, shared | faults)
        shown = [_shown(row, zone, group, minutes) for row in rows]
        return render(
            request,
            "labs/sessions",
            status_code=status_code,
            lab=lab,
            form=form,
            rows=shown,
            problems=_of_rows(rows),
            seen=seen or await sessions_mark(lab.id),
            group=group,
            fair=[(slot, *wall_time(slot.starts_at, zone)) for slot in fair],
            there=await sessions_of(lab.id, public_only=False),
        )


def _text(posted: FormMultiDict, name: str) -> str:
    value = posted.get(name)
    return value.replace("\x00", "")[:200] if isinstance(value, str) else ""


def _take(form: PatternForm, start: str) -> None:
    """Put a fair start into the form; what is no instant changes nothing."""
    try:
        wanted = datetime.fromisoformat(start)
    except ValueError:
        return
    form.first_day.process_data(wanted.date())
    form.first_time.process_data(wanted.time())
    form.first_day.raw_data = form.first_time.raw_data = None


async def _proposed(lab: LabRow) -> SessionPattern:
    """The pattern of sessions that the template of a lab proposes, or the usual one."""
    return (await template_by_id(lab.template)).content.sessions if lab.template else SessionPattern()


def _add_to_rows(form: PatternForm, rows: Sequence[RowForm], faults: dict[str, list[str]]) -> None:
    """Put what is wrong beside the fields of the pattern and of the rows."""
    of_rows: dict[int, dict[str, list[str]]] = {}
    shared: dict[str, list[str]] = {}
    for name, said in faults.items():
        parts = name.split("-", 2)
        if parts[0] == "rows" and len(parts) == 3:
            of_rows.setdefault(int(parts[1]), {})[parts[2]] = said
        else:
            shared[name] = said
    form.add_problems(shared)
    for number, found in of_rows.items():
        rows[number].add_problems(found)


def _of_rows(rows: Sequence[RowForm]) -> list[tuple[str, str]]:
    """Everything that is wrong with rows: the field's id, and the sentence with the number of the session."""
    return [
        (field.id, languages.gettext("Session %(number)s: %(problem)s") % {"number": number, "problem": said})
        for number, row in enumerate(rows, 1)
        for field in row
        for said in field.errors
    ]


def _shown(row: RowForm, zone: str, group: Sequence[Any], minutes: int) -> dict[str, Any]:
    """A row with what the page says of it: when it ends, and which local hours that is for the cohort."""
    planned = row.planned()
    start = instant_of(planned, zone)
    local = ""
    if start and group and planned.day:
        (cell,) = cells((one.time_zone for one in group), [start], length=timedelta(minutes=max(1, minutes)))
        local = local_words(cell, planned.day)
    return {
        "form": row,
        "asks": happens_twice(planned, zone),
        "starts": start,
        "ends": start + timedelta(minutes=minutes) if start else None,
        "local": local,
    }


class StaffCohort(Controller):
    """Who is in a lab, what they can read, and who was there."""

    path = "/staff/labs/{slug:str}/cohort"
    opt = open_to(Policy.EDIT_LABS)

    @get("/")
    async def show(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[str]:
        """People, sessions with attendance, files and links."""
        return await self._page(request, await lab_by_slug(slug), now)

    @post("/")
    async def add(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Take somebody in."""
        lab = await lab_by_slug(slug)
        form = ParticipantForm(await request.form(), members=await member_choices())
        status = 422
        if form.validate():
            try:
                joined = await add_participant(
                    slug, form.participant(), now=now, account_id=account_of(request).account_id
                )
            except NotFound:
                raise
            except Refusal as refusal:
                status = refusal.status_code
                form.add_problems(refusal if isinstance(refusal, Problems) else {"email": list(refusal.sentences)})
            else:
                await keep_cohorts(now, lab.id, seconds=AT_ONCE)
                return redirect(_cohort_of(slug), Sentence("%(name)s is in the cohort.", name=joined.name))
        return await self._page(request, lab, now, form=form, status_code=status)

    @post("/{participant:uuid}/role")
    async def role(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        participant: FromPath[UUID],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Another role."""
        role = _text(await request.form(), "role")
        await change_role(slug, participant, role, now=now, account_id=account_of(request).account_id)
        return redirect(_cohort_of(slug), Sentence("The role has been changed."))

    @post("/{participant:uuid}/leave")
    async def leave(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        participant: FromPath[UUID],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Out of the cohort, and off the sessions to come."""
        left = await end_participation(slug, participant, now=now, account_id=account_of(request).account_id)
        await keep_cohorts(now, left.lab, seconds=AT_ONCE)
        return redirect(
            _cohort_of(slug),
            Sentence("%(name)s is in the cohort no more; sessions to come are cancelled.", name=left.name),
        )

    @post("/{participant:uuid}/link")
    async def link(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        participant: FromPath[UUID],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """The letter with the personal link once more."""
        await send_cohort_link(slug, participant, now=now, account_id=account_of(request).account_id)
        return redirect(_cohort_of(slug), Sentence("The letter with the link is on its way."))

    @post("/materials", request_max_body_size=LARGEST_FORM)
    async def add_material(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """A file or a link for the cohort."""
        lab = await lab_by_slug(slug)
        posted = await request.form()
        form = await _material_form(lab, posted)
        if form.validate():
            try:
                new = form.material(await _sent_file(posted))
                await add_material(slug, new, now=now, account_id=account_of(request).account_id)
            except Problems as problems:
                form.add_problems(problems)
            else:
                return redirect(f"{_cohort_of(slug)}#materials", Sentence("It has been put before the cohort."))
        return await self._page(request, lab, now, material_form=form, status_code=422)

    @get("/materials/{material:uuid}")
    async def file(self, slug: FromPath[str], material: FromPath[UUID]) -> Response[bytes]:
        """A file, visible to the cohort or not yet."""
        lab = await lab_by_slug(slug)
        return _file(await material_file(lab.id, material))

    @post("/materials/{material:uuid}/delete")
    async def delete_material(
        self,
        request: Request[Any, Any, Any],
        slug: FromPath[str],
        material: FromPath[UUID],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Delete a file or a link."""
        await delete_material(slug, material, now=now, account_id=account_of(request).account_id)
        return redirect(f"{_cohort_of(slug)}#materials", Sentence("It has been deleted."))

    async def _page(
        self,
        request: Request[Any, Any, Any],
        lab: LabRow,
        now: datetime,
        *,
        form: ParticipantForm | None = None,
        material_form: MaterialForm | None = None,
        status_code: int = 200,
    ) -> Response[str]:
        everybody = await participants_of(lab.id, with_left=True)
        cohort = [one for one in everybody if one.left_at is None]
        sessions, standing = await attendance_of(lab, cohort)
        return render(
            request,
            "labs/cohort_staff",
            status_code=status_code,
            lab=lab,
            cohort=cohort,
            left=[one for one in everybody if one.left_at is not None],
            sessions=sessions,
            standing=standing,
            materials=await materials_of(lab.id),
            roles=list(ParticipantRole),
            form=form or ParticipantForm(members=await member_choices(), data={"language": languages.current()}),
            material_form=material_form or await _material_form(lab, None),
            wrong=next((one for one in (form, material_form) if one is not None and one.errors), None),
            now=now,
        )


def _cohort_of(slug: str) -> str:
    return f"/staff/labs/{slug}/cohort"


async def _material_form(lab: LabRow, posted: FormMultiDict | None) -> MaterialForm:
    sessions = [(str(event.id), event.title) for _, event in await sessions_of(lab.id, public_only=False)]
    zone = lab.call.time_zone if lab.call else current_settings().time_zone
    return MaterialForm(posted, sessions=sessions, data={"time_zone": zone}, prefix="material-")


async def _sent_file(posted: FormMultiDict) -> SentFile | None:
    """The file of a form, read no further than it may be long; None: none was chosen."""
    sent = posted.get("material-file")
    if not isinstance(sent, UploadFile) or not sent.filename:
        return None
    return SentFile(sent.filename, await sent.read(LARGEST_FILE + 1))


def _file(found: dict[str, Any]) -> Response[bytes]:
    """A file, to be kept on disk and never shown inside a page of ours."""
    return Response(
        found["content"],
        media_type=found["content_type"],
        headers={
            "Content-Disposition": disposition(found["file_name"]),
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "no-store",
            **PERSONAL,
        },
    )


class CohortPages(Controller):
    """The page of somebody in a cohort, by a personal link."""

    path = "/cohorts"
    opt = open_to(Policy.HOLDER)

    @get("/calendars/{token:str}")
    async def calendar(
        self, request: Request[Any, Any, Any], token: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """The sessions as a calendar to subscribe to, with the own link to join; the link opens nothing else."""
        if not token.endswith(".ics"):
            raise no_such_link()
        participant = await participant_by_link(token.removesuffix(".ics"), CALENDAR_LINK)
        return await cohort_calendar(
            request, participant.id, participant.lab, participant.person, participant.language, now
        )

    @get("/{token:str}")
    async def show(
        self, request: Request[Any, Any, Any], token: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[str]:
        """Sessions, files and links, and who else is there."""
        me = await participant_by_link(token)
        lab = await lab_by_id(me.lab)
        cohort = await participants_of(me.lab)
        others = [one for one in cohort if one.id != me.id]
        sessions = await own_sessions(me, now)
        return render(
            request,
            "labs/cohort",
            headers=PERSONAL,
            lab=lab,
            me=me,
            coming=[one for one in sessions if not one.is_over(now)],
            past=[one for one in sessions if one.is_over(now)],
            materials=await materials_of(me.lab, visible_at=now),
            people=[one for one in others if one.is_shown],
            hidden=sum(not one.is_shown for one in others),
            calendar_url=f"{current_settings().base_url}{me.calendar_path}",
        )

    @get("/{token:str}/materials/{material:uuid}")
    async def file(
        self, token: FromPath[str], material: FromPath[UUID], now: NamedDependency[datetime]
    ) -> Response[bytes]:
        """A file for the cohort, once it is visible."""
        me = await participant_by_link(token)
        return _file(await material_file(me.lab, material, visible_at=now))

    @get("/{token:str}/me")
    async def me(self, request: Request[Any, Any, Any], token: FromPath[str]) -> Response[str]:
        """Whether the others see this person."""
        me = await participant_by_link(token)
        form = IntroductionForm(data={"is_shown": me.is_shown, "introduction": me.introduction})
        return await self._me(request, me, form)

    @post("/{token:str}/me", middleware=at_most(FORMS_PER_MINUTE, of="cohorts"))
    async def present(
        self, request: Request[Any, Any, Any], token: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Say so."""
        me = await participant_by_link(token)
        form = IntroductionForm(await request.form())
        if form.validate():
            try:
                after = await present_oneself(
                    token, is_shown=bool(form.is_shown.data), introduction=form.introduction.data or "", now=now
                )
            except Problems as problems:
                form.add_problems(problems)
            else:
                said = (
                    Sentence("The others see your name and can write to you.")
                    if after.is_shown
                    else Sentence("The others do not see your name and cannot write to you.")
                )
                return redirect(f"{me.path}#people", said)
        return await self._me(request, me, form, 422)

    @get("/{token:str}/people/{participant:uuid}")
    async def write(
        self, request: Request[Any, Any, Any], token: FromPath[str], participant: FromPath[UUID]
    ) -> Response[str]:
        """The form to write to somebody, with what was written before."""
        me = await participant_by_link(token)
        other = await colleague(me, participant)
        return await self._message(request, me, other, MessageForm())

    @post("/{token:str}/people/{participant:uuid}", middleware=at_most(FORMS_PER_MINUTE, of="cohorts"))
    async def send(
        self,
        request: Request[Any, Any, Any],
        token: FromPath[str],
        participant: FromPath[UUID],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Send it."""
        me = await participant_by_link(token)
        other = await colleague(me, participant)
        form = MessageForm(await request.form())
        status = 422
        if form.validate():
            try:
                await write_message(
                    token, participant, subject=form.subject.data or "", body=form.body.data or "", now=now
                )
            except NotFound:
                raise
            except Refusal as refusal:
                status = refusal.status_code
                form.add_problems(refusal if isinstance(refusal, Problems) else {"": list(refusal.sentences)})
            else:
                return redirect(
                    f"{me.path}/people/{other.id}", Sentence("Your message to %(name)s is on its way.", name=other.name)
                )
        return await self._message(request, me, other, form, status)

    async def _me(
        self, request: Request[Any, Any, Any], me: Participant, form: IntroductionForm, status_code: int = 200
    ) -> Response[str]:
        lab = await lab_by_id(me.lab)
        return render(request, "labs/cohort_me", status_code=status_code, headers=PERSONAL, lab=lab, me=me, form=form)

    async def _message(
        self,
        request: Request[Any, Any, Any],
        me: Participant,
        other: Participant,
        form: MessageForm,
        status_code: int = 200,
    ) -> Response[str]:
        return render(
            request,
            "labs/cohort_message",
            status_code=status_code,
            headers=PERSONAL,
            lab=await lab_by_id(me.lab),
            me=me,
            other=other,
            form=form,
            messages=await messages_between(me, other),
        )


COHORT_LIFE_PAGES: list[Any] = [StaffSessions, StaffCohort, CohortPages, *REPORT_PAGES]
