"""Rounds, templates and calls, as staff set them up and everybody reads them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from eventhub import languages
from eventhub.access import Policy, account_of, open_to
from eventhub.accounts.queries import audit_trail
from eventhub.calls.commands import (
    TemplateExists,
    change_round,
    change_template,
    create_template,
    open_round,
    retire_template,
)
from eventhub.calls.forms import (
    LETTER_WORDS,
    EligibilityForm,
    ExtendForm,
    RoundForm,
    call_question_form,
    content_form,
    criteria_form,
    eligibility_form,
    proposed_call,
    template_form,
    values_of_round,
)
from eventhub.calls.opening import (
    add_call_question,
    change_call_question,
    change_content,
    change_criteria,
    decide_eligibility,
    extend_call,
    move_call_question,
    open_round_call,
    remove_call_question,
)
from eventhub.calls.queries import (
    Holder,
    RoundPage,
    TemplateRow,
    counts_of_call,
    holder_of,
    outsiders_of_call,
    round_call_of,
    round_of,
    round_page,
    template_by_code,
    templates,
)
from eventhub.calls.rules import (
    FIRST_STAGE,
    SECOND_STAGE,
    CallContent,
    CallQuestion,
    Eligibility,
    missing_languages,
    time_left,
)
from eventhub.calls.words import words_of, words_of_kinds
from eventhub.errors import NotFound, Problems, Refusal
from eventhub.events.queries import action_lines, themes
from eventhub.events.zones import wall_time
from eventhub.labs.forms import CALL_FIELDS, CallForm
from eventhub.labs.queries import lab_by_slug, labs, rounds
from eventhub.pages import OWN_NAMES, redirect, render
from eventhub.questions.forms import KIND_WORDS
from eventhub.questions.rules import as_asked
from eventhub.settings import current_settings
from eventhub.words import Sentence


class PublicCalls(Controller):
    """Calls as everybody reads them, in their own language."""

    opt = open_to(Policy.PUBLIC)

    @get("/labs/{slug:str}/call")
    async def of_lab(
        self, request: Request[Any, Any, Any], slug: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[str]:
        """The call that a lab follows: its own, or that of its round."""
        lab = await lab_by_slug(slug)
        if lab.call is None:
            raise NotFound(Sentence("“%(lab)s” has no call at present.", lab=lab.name))
        return render(
            request,
            "calls/call",
            **shown(lab.call.content),
            lab=lab,
            call=lab.call,
            name=lab.full_title or lab.name,
            state=lab.call.state(now),
            left=time_left(lab.call.closes_at, now),
            labs=[],
            words=await words_of(lab.kind),
        )

    @get("/calls/{kind:str}/{year:int}")
    async def of_round(
        self, request: Request[Any, Any, Any], kind: FromPath[str], year: FromPath[int], now: NamedDependency[datetime]
    ) -> Response[str]:
        """The call of a whole round, with the labs that one can apply to."""
        if not 1 <= year <= 9998:
            raise NotFoundException
        found = await round_of(kind, year)
        call = await round_call_of(found.id)
        if call is None:
            raise NotFound(Sentence("“%(round)s” has no call at present.", round=found.title))
        return render(
            request,
            "calls/call",
            **shown(call.content),
            lab=None,
            call=call,
            name=found.title,
            state=call.state(now),
            left=time_left(call.closes_at, now),
            labs=[lab for lab in await labs(round_id=found.id) if lab.call and lab.call.is_of_round],
            words=await words_of(found.kind),
        )


def shown(content: CallContent) -> dict[str, Any]:
    """A content as its reader sees it."""
    language = languages.current()
    return {
        "content": content,
        "texts": content.words(language),
        "spoken": content.spoken(language),
        "criteria": [
            (one.name_in(language, content.language), one.weight, one.hint_in(language, content.language))
            for one in content.criteria
        ],
        "first_stage": as_asked(content.questions_of(FIRST_STAGE), language, content.language),
        "second_stage": as_asked(content.questions_of(SECOND_STAGE), language, content.language),
        "kinds": KIND_WORDS,
    }


class StaffRounds(Controller):
    """Rounds as staff set them up."""

    path = "/staff/rounds"
    opt = open_to(Policy.STAFF)

    @get("/")
    async def index(self, request: Request[Any, Any, Any]) -> Response[str]:
        """All rounds, newest first."""
        counts: dict[UUID, int] = {}
        for lab in await labs():
            counts[lab.lab_round] = counts.get(lab.lab_round, 0) + 1
        return render(request, "calls/rounds", rounds=await rounds(), counts=counts, words=await words_of_kinds())

    @get("/new", opt=open_to(Policy.EDIT_LABS))
    async def new(self, request: Request[Any, Any, Any], now: NamedDependency[datetime]) -> Response[str]:
        """The form for a new round, with the lessons of those before."""
        form = await _round_form(None, data={"year": now.year + 1})
        return await self._form(request, form, None)

    @post("/new", opt=open_to(Policy.EDIT_LABS))
    async def create(self, request: Request[Any, Any, Any], now: NamedDependency[datetime]) -> Response[Any]:
        """Set a new round up."""
        form = await _round_form(await request.form())
        status = 422
        if form.validate():
            try:
                found = await open_round(form.facts(), now=now, account_id=account_of(request).account_id)
            except Refusal as refusal:
                status = refusal.status_code
                form.add_problems(problems_of(refusal, "year"))
            else:
                return redirect(f"/staff/rounds/{found.id}", Sentence("The round has been set up."))
        return await self._form(request, form, None, status)

    @get("/{round_id:uuid}")
    async def show(
        self, request: Request[Any, Any, Any], round_id: FromPath[UUID], now: NamedDependency[datetime]
    ) -> Response[str]:
        """A round with its themes, priorities, call and labs, and what the last one has taught."""
        page = await round_page(round_id)
        return render(
            request,
            "calls/round",
            found=page,
            labs=await labs(round_id=round_id),
            state=page.call.state(now) if page.call else None,
            counts=await counts_of_call("round", round_id) if page.call else None,
            words=await words_of(page.round.kind),
            trail=await audit_trail(object_kind="lab_round", object_id=round_id, limit=10),
            now=now,
        )

    @get("/{round_id:uuid}/edit", opt=open_to(Policy.EDIT_LABS))
    async def edit(self, request: Request[Any, Any, Any], round_id: FromPath[UUID]) -> Response[str]:
        """The form for a round that exists."""
        page = await round_page(round_id)
        form = await _round_form(None, data=values_of_round(page))
        del form.year, form.kind
        return await self._form(request, form, page)

    @post("/{round_id:uuid}/edit", opt=open_to(Policy.EDIT_LABS))
    async def update(
        self, request: Request[Any, Any, Any], round_id: FromPath[UUID], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Change it."""
        page = await round_page(round_id)
        form = await _round_form(await request.form())
        del form.year, form.kind
        status = 422
        if form.validate():
            try:
                await change_round(
                    round_id,
                    form.facts(),
                    version=form.version.data or 0,
                    now=now,
                    account_id=account_of(request).account_id,
                )
            except Refusal as refusal:
                status = refusal.status_code
                form.add_problems(problems_of(refusal, ""))
            else:
                return redirect(f"/staff/rounds/{round_id}", Sentence("The round has been changed."))
        return await self._form(request, form, page, status)

    @get("/{round_id:uuid}/call", opt=open_to(Policy.EDIT_LABS))
    async def edit_call(self, request: Request[Any, Any, Any], round_id: FromPath[UUID]) -> Response[str]:
        """The form for the call of the whole round."""
        page = await round_page(round_id)
        template = await _template_of_kind(page.round.kind)
        return render(
            request,
            "labs/call",
            lab=None,
            found=page.round,
            call=page.call,
            form=CallForm(data=proposed_call(page.call, template)),
        )

    @post("/{round_id:uuid}/call", opt=open_to(Policy.EDIT_LABS))
    async def save_call(
        self, request: Request[Any, Any, Any], round_id: FromPath[UUID], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Announce it, or change it."""
        page = await round_page(round_id)
        form = CallForm(await request.form())
        if form.validate():
            template = await _template_of_kind(page.round.kind)
            try:
                await open_round_call(
                    round_id,
                    form.call(),
                    template=template.id if template else None,
                    now=now,
                    account_id=account_of(request).account_id,
                )
            except Problems as problems:
                form.add_problems({CALL_FIELDS.get(k, k): v for k, v in problems.fields.items()})
            else:
                return redirect(f"/staff/calls/round/{round_id}", Sentence("The call has been saved."))
        return render(request, "labs/call", status_code=422, lab=None, found=page.round, call=page.call, form=form)

    async def _form(
        self, request: Request[Any, Any, Any], form: RoundForm, page: RoundPage | None, status: int = 200
    ) -> Response[str]:
        lessons = (
            [page.before] if page and page.before else [] if page else [one for one in await rounds() if one.lessons]
        )
        return render(
            request,
            "calls/round_form",
            status_code=status,
            form=form,
            found=page.round if page else None,
            lessons=lessons[:3],
            words=await words_of_kinds(),
        )


class StaffTemplates(Controller):
    """Templates that new labs, and whatever else starts with a call, begin with."""

    path = "/staff/lab-templates"
    opt = open_to(Policy.STAFF)

    @get("/")
    async def index(self, request: Request[Any, Any, Any]) -> Response[str]:
        """All templates, those that are retired too."""
        return render(request, "calls/templates", templates=await templates(with_retired=True))

    @get("/new", opt=open_to(Policy.EDIT_LABS))
    async def new(self, request: Request[Any, Any, Any]) -> Response[str]:
        """The form for a new template."""
        return self._form(request, template_form(None, None, await templates()), None)

    @post("/new", opt=open_to(Policy.EDIT_LABS))
    async def create(self, request: Request[Any, Any, Any], now: NamedDependency[datetime]) -> Response[Any]:
        """Write a new template down."""
        form = template_form(await request.form(), None, await templates())
        status = 422
        if form.validate():
            try:
                found = await create_template(
                    form.facts(),
                    copy_of=form.copy_of.data or "",
                    now=now,
                    account_id=account_of(request).account_id,
                )
            except TemplateExists as refusal:
                status = refusal.status_code
                form.add_problems({"name": list(refusal.sentences)})
            except Problems as problems:
                form.add_problems(problems)
            else:
                return redirect(f"/staff/lab-templates/{found.code}", Sentence("The template has been written down."))
        return self._form(request, form, None, status)

    @get("/{code:str}")
    async def show(self, request: Request[Any, Any, Any], code: FromPath[str]) -> Response[str]:
        """What a template proposes."""
        found = await template_by_code(code)
        return render(
            request,
            "calls/template",
            found=found,
            names=OWN_NAMES,
            codes=current_settings().language_codes,
            **shown(found.content.call),
        )

    @get("/{code:str}/edit", opt=open_to(Policy.EDIT_LABS))
    async def edit(self, request: Request[Any, Any, Any], code: FromPath[str]) -> Response[str]:
        """The form for a template that exists."""
        found = await template_by_code(code)
        form = template_form(None, found)
        del form.kind, form.copy_of
        return self._form(request, form, found)

    @post("/{code:str}/edit", opt=open_to(Policy.EDIT_LABS))
    async def update(
        self, request: Request[Any, Any, Any], code: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Change it; labs that were made from it stay as they are."""
        found = await template_by_code(code)
        form = template_form(await request.form(), found)
        del form.kind, form.copy_of
        status = 422
        if form.validate():
            try:
                await change_template(
                    code,
                    form.facts(),
                    version=form.version.data or 0,
                    now=now,
                    account_id=account_of(request).account_id,
                )
            except Refusal as refusal:
                status = refusal.status_code
                form.add_problems(problems_of(refusal, ""))
            else:
                return redirect(f"/staff/lab-templates/{found.code}", Sentence("The template has been changed."))
        return self._form(request, form, found, status)

    @post("/{code:str}/retire", opt=open_to(Policy.EDIT_LABS))
    async def retire(
        self, request: Request[Any, Any, Any], code: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Offer it no more."""
        found = await retire_template(code, is_retired=True, now=now, account_id=account_of(request).account_id)
        return redirect(f"/staff/lab-templates/{found.code}", Sentence("The template is offered no more."))

    @post("/{code:str}/restore", opt=open_to(Policy.EDIT_LABS))
    async def restore(
        self, request: Request[Any, Any, Any], code: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Offer it again."""
        found = await retire_template(code, is_retired=False, now=now, account_id=account_of(request).account_id)
        return redirect(f"/staff/lab-templates/{found.code}", Sentence("The template is offered again."))

    def _form(
        self, request: Request[Any, Any, Any], form: Any, template: TemplateRow | None, status: int = 200
    ) -> Response[str]:
        return render(
            request,
            "calls/template_form",
            status_code=status,
            form=form,
            found=template,
            names=OWN_NAMES,
            codes=current_settings().language_codes,
        )


class StaffCalls(Controller):
    """What a call or a template says, asks and weighs; `kind` is lab, round or template."""

    path = "/staff/calls/{kind:str}/{key:str}"
    opt = open_to(Policy.STAFF)

    @get("/")
    async def show(
        self, request: Request[Any, Any, Any], kind: FromPath[str], key: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[str]:
        """All of it on one page."""
        return await self._page(request, await holder_of(kind, key), now)

    @get("/preview")
    async def preview(
        self, request: Request[Any, Any, Any], kind: FromPath[str], key: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[str]:
        """The call as its readers will see it, in the language of this page."""
        holder = await holder_of(kind, key)
        return render(
            request,
            "calls/preview",
            holder=holder,
            names=OWN_NAMES,
            codes=current_settings().language_codes,
            missing=missing_languages(holder.content, current_settings().language_codes),
            left=time_left(holder.closes_at, now) if holder.closes_at else None,
            **shown(holder.content),
        )

    @get("/content", opt=open_to(Policy.EDIT_LABS))
    async def edit_content(
        self, request: Request[Any, Any, Any], kind: FromPath[str], key: FromPath[str]
    ) -> Response[str]:
        """The form of its texts, who may apply, and the wording of letters."""
        holder = await holder_of(kind, key)
        return self._content(request, holder, content_form(None, holder))

    @post("/content", opt=open_to(Policy.EDIT_LABS))
    async def save_content(
        self, request: Request[Any, Any, Any], kind: FromPath[str], key: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Change them."""
        holder = await holder_of(kind, key)
        form = content_form(await request.form(), holder)
        status = 422
        if form.validate():
            try:
                await change_content(
                    kind,
                    key,
                    form.facts(),
                    version=form.version.data,
                    now=now,
                    account_id=account_of(request).account_id,
                )
            except Refusal as refusal:
                status = refusal.status_code
                found = problems_of(refusal, "")
                form.add_problems({"second_stage_on" if k == "second_stage" else k: v for k, v in found.items()})
            else:
                return redirect(holder.path, Sentence("The texts have been changed."))
        return self._content(request, holder, form, status)

    @get("/criteria", opt=open_to(Policy.EDIT_LABS))
    async def edit_criteria(
        self, request: Request[Any, Any, Any], kind: FromPath[str], key: FromPath[str]
    ) -> Response[str]:
        """The form of criteria and weights."""
        holder = await holder_of(kind, key)
        return self._criteria(request, holder, criteria_form(None, holder))

    @post("/criteria", opt=open_to(Policy.EDIT_LABS))
    async def save_criteria(
        self, request: Request[Any, Any, Any], kind: FromPath[str], key: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Change them; the weights add up to 100."""
        holder = await holder_of(kind, key)
        form = criteria_form(await request.form(), holder)
        status = 422
        if form.validate():
            try:
                await change_criteria(
                    kind,
                    key,
                    form.typed(),
                    version=form.version.data,
                    now=now,
                    account_id=account_of(request).account_id,
                )
            except Refusal as refusal:
                status = refusal.status_code
                form.add_faults(problems_of(refusal, ""))
            else:
                return redirect(holder.path, Sentence("The criteria have been changed."))
        return self._criteria(request, holder, form, status)

    @get("/questions/new", opt=open_to(Policy.EDIT_LABS))
    async def new_question(
        self, request: Request[Any, Any, Any], kind: FromPath[str], key: FromPath[str]
    ) -> Response[str]:
        """The form of one more question."""
        holder = await holder_of(kind, key)
        return self._question(request, holder, call_question_form(None, holder, holder.content.questions), None)

    @post("/questions/new", opt=open_to(Policy.EDIT_LABS))
    async def add_question(
        self, request: Request[Any, Any, Any], kind: FromPath[str], key: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Ask it."""
        holder = await holder_of(kind, key)
        form = call_question_form(await request.form(), holder, holder.content.questions)
        status = 422
        if form.validate():
            try:
                await add_call_question(
                    kind,
                    key,
                    form.definition(),
                    stage_of(form),
                    version=form.version.data,
                    now=now,
                    account_id=account_of(request).account_id,
                )
            except Problems as problems:
                form.add_faults(problems)
            except Refusal as refusal:
                status = refusal.status_code
                form.add_problems({"": list(refusal.sentences)})
            else:
                return redirect(holder.path, Sentence("The question has been added."))
        return self._question(request, holder, form, None, status)

    @get("/questions/{question_id:str}", opt=open_to(Policy.EDIT_LABS))
    async def edit_question(
        self, request: Request[Any, Any, Any], kind: FromPath[str], key: FromPath[str], question_id: FromPath[str]
    ) -> Response[str]:
        """The form of a question that is asked."""
        holder = await holder_of(kind, key)
        question, before = _asked(holder, question_id)
        return self._question(request, holder, call_question_form(None, holder, before, question), question)

    @post("/questions/{question_id:str}", opt=open_to(Policy.EDIT_LABS))
    async def save_question(
        self,
        request: Request[Any, Any, Any],
        kind: FromPath[str],
        key: FromPath[str],
        question_id: FromPath[str],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Ask it otherwise."""
        holder = await holder_of(kind, key)
        question, before = _asked(holder, question_id)
        form = call_question_form(await request.form(), holder, before, question)
        status = 422
        if form.validate():
            try:
                await change_call_question(
                    kind,
                    key,
                    question_id,
                    form.definition(),
                    stage_of(form),
                    version=form.version.data,
                    now=now,
                    account_id=account_of(request).account_id,
                )
            except Problems as problems:
                form.add_faults(problems)
            except Refusal as refusal:
                status = refusal.status_code
                form.add_problems({"": list(refusal.sentences)})
            else:
                return redirect(holder.path, Sentence("The question has been changed."))
        return self._question(request, holder, form, question, status)

    @post("/questions/{question_id:str}/{what:str}", opt=open_to(Policy.EDIT_LABS))
    async def arrange(
        self,
        request: Request[Any, Any, Any],
        kind: FromPath[str],
        key: FromPath[str],
        question_id: FromPath[str],
        what: FromPath[str],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Ask it earlier, later or no more: up, down or remove."""
        if what not in ("up", "down", "remove"):
            raise NotFoundException
        holder = await holder_of(kind, key)
        common: dict[str, Any] = {
            "version": holder.version,
            "now": now,
            "account_id": account_of(request).account_id,
        }
        try:
            if what == "remove":
                await remove_call_question(kind, key, question_id, **common)
                return redirect(holder.path, Sentence("The question is asked no more."))
            await move_call_question(kind, key, question_id, -1 if what == "up" else 1, **common)
        except NotFound:
            raise
        except Refusal as refusal:
            return await self._page(request, holder, now, refusal=refusal)
        return redirect(f"{holder.path}#question-{question_id}", Sentence("The question has been moved."))

    @get("/eligibility", opt=open_to(Policy.READ_APPLICATIONS))
    async def eligibility(
        self, request: Request[Any, Any, Any], kind: FromPath[str], key: FromPath[str]
    ) -> Response[str]:
        """Who applies and is no member, and whether it may."""
        holder = await holder_of(kind, key)
        return await self._eligibility(request, holder, None, None)

    @post("/eligibility/{application_id:uuid}", opt=open_to(Policy.EDIT_LABS))
    async def decide(
        self,
        request: Request[Any, Any, Any],
        kind: FromPath[str],
        key: FromPath[str],
        application_id: FromPath[UUID],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        """Say whether it may, and why; the applicant gets a letter."""
        holder = await holder_of(kind, key)
        if application_id not in {
            one.id for one in await outsiders_of_call(holder.kind, holder.owner, account_of(request).account_id)
        }:
            raise NotFound(Sentence("There is no such application."))
        form = EligibilityForm(await request.form())
        status = 422
        if form.validate():
            try:
                await decide_eligibility(
                    application_id,
                    form.decision(),
                    form.reason.data or "",
                    now=now,
                    account_id=account_of(request).account_id,
                )
            except Refusal as refusal:
                status = refusal.status_code
                form.add_problems(problems_of(refusal, ""))
            else:
                return redirect(f"{holder.path}/eligibility", Sentence("The decision has been kept."))
        return await self._eligibility(request, holder, application_id, form, status)

    async def _eligibility(
        self,
        request: Request[Any, Any, Any],
        holder: Holder,
        application_id: UUID | None,
        form: EligibilityForm | None,
        status: int = 200,
    ) -> Response[str]:
        found = await outsiders_of_call(holder.kind, holder.owner, account_of(request).account_id)
        forms = {one.id: form if form and one.id == application_id else eligibility_form(one) for one in found}
        for one in found:
            forms[one.id].name_apart(one.id)
        return render(
            request, "calls/eligibility", status_code=status, holder=holder, found=found, forms=forms, wrong=form
        )

    @post("/extend", opt=open_to(Policy.EDIT_LABS))
    async def extend(
        self, request: Request[Any, Any, Any], kind: FromPath[str], key: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Let the call close later, and tell all who have begun or sent."""
        holder = await holder_of(kind, key)
        form = ExtendForm(await request.form())
        if form.validate():
            try:
                written = await extend_call(
                    kind,
                    key,
                    form.closes_at(),
                    second=form.second(),
                    now=now,
                    account_id=account_of(request).account_id,
                )
            except Problems as problems:
                form.add_problems({CALL_FIELDS.get(k, k): v for k, v in problems.fields.items()})
            else:
                return redirect(
                    holder.path,
                    Sentence.counted(
                        "The call has been extended. %(num)s letter is on its way.",
                        "The call has been extended. %(num)s letters are on their way.",
                        written,
                    ),
                )
        return await self._page(request, holder, now, extend_form=form, status_code=422)

    async def _page(
        self,
        request: Request[Any, Any, Any],
        holder: Holder,
        now: datetime,
        *,
        extend_form: ExtendForm | None = None,
        refusal: Refusal | None = None,
        status_code: int = 200,
    ) -> Response[str]:
        if extend_form is None and holder.closes_at:
            day, clock = wall_time(holder.closes_at, holder.time_zone)
            extend_form = ExtendForm(data={"closes_on": day, "closes_time": clock})
        return render(
            request,
            "calls/staff_call",
            status_code=refusal.status_code if refusal else status_code,
            holder=holder,
            refusals=refusal.sentences if refusal else (),
            extend_form=extend_form,
            counts=await counts_of_call(holder.kind, holder.owner) if holder.closes_at else None,
            stages={one.id: one.stage for one in holder.content.questions},
            missing=missing_languages(holder.content, current_settings().language_codes),
            names=OWN_NAMES,
            codes=current_settings().language_codes,
            members_only=holder.content.eligibility == Eligibility.MEMBERS,
            letters=LETTER_WORDS,
            left=time_left(holder.closes_at, now) if holder.closes_at else None,
            **shown(holder.content),
        )

    def _content(self, request: Request[Any, Any, Any], holder: Holder, form: Any, status: int = 200) -> Response[str]:
        return render(
            request,
            "calls/content",
            status_code=status,
            holder=holder,
            form=form,
            letters=LETTER_WORDS,
            names=OWN_NAMES,
            codes=current_settings().language_codes,
        )

    def _criteria(self, request: Request[Any, Any, Any], holder: Holder, form: Any, status: int = 200) -> Response[str]:
        return render(
            request,
            "calls/criteria",
            status_code=status,
            holder=holder,
            form=form,
            names=OWN_NAMES,
            codes=current_settings().language_codes,
        )

    def _question(
        self,
        request: Request[Any, Any, Any],
        holder: Holder,
        form: Any,
        question: CallQuestion | None,
        status: int = 200,
    ) -> Response[str]:
        return render(
            request,
            "calls/question",
            status_code=status,
            holder=holder,
            form=form,
            question=question,
            own_names=OWN_NAMES,
            codes=_own_first(holder.content.language),
        )


def stage_of(form: Any) -> int:
    """The stage that was chosen; 0 when it is none."""
    return int(form.stage.data) if form.stage.data in ("1", "2") else 0


def problems_of(refusal: Refusal, field: str) -> dict[str, list[str]]:
    """What a refusal says, for a form: its own fields, or all of it beside one field."""
    return refusal.fields if isinstance(refusal, Problems) else {field: list(refusal.sentences)}


def _own_first(language: str) -> list[str]:
    codes = current_settings().language_codes
    return [language, *(code for code in codes if code != language)] if language in codes else list(codes)


def _asked(holder: Holder, question_id: str) -> tuple[CallQuestion, tuple[CallQuestion, ...]]:
    """A question with those that are asked before it."""
    questions = holder.content.questions
    for index, one in enumerate(questions):
        if one.id == question_id:
            return one, questions[:index]
    raise NotFound(Sentence("This call asks no such question."))


async def _template_of_kind(kind: str) -> TemplateRow | None:
    """The template whose words a kind uses."""
    return next((one for one in await templates() if one.kind == kind), None)


async def _round_form(posted: Any, **more: Any) -> RoundForm:
    kinds = [(kind, words.many) for kind, words in (await words_of_kinds()).items()]
    return RoundForm(posted, kinds=kinds, themes=await themes(), action_lines=await action_lines(), **more)


CALL_PAGES: list[Any] = [PublicCalls, StaffRounds, StaffTemplates, StaffCalls]
