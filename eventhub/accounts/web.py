"""Sign-in and sign-out, and the administrators' pages of accounts and the audit trail."""

from datetime import datetime
from typing import Any
from urllib.parse import unquote

import wtforms
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from eventhub.access import Policy, cookie_name, identity_of, local_path, open_to
from eventhub.accounts.commands import AccountExists, add_account, make_sign_in_link, sign_in, sign_out
from eventhub.accounts.queries import accounts, audit_trail, link_is_usable
from eventhub.accounts.rules import SESSION_LIFE, Role
from eventhub.directory.addresses import email_problem
from eventhub.errors import Problems
from eventhub.forms import Form
from eventhub.labels import label_of
from eventhub.languages import gettext, say
from eventhub.limits import SIGN_INS_PER_MINUTE, at_most
from eventhub.pages import next_cookie, redirect, render, session_cookie
from eventhub.words import Sentence

AUDIT_PAGE = 50


class SignInForm(Form):
    """The address of an account."""

    email = wtforms.EmailField(
        "E-mail address", [wtforms.validators.InputRequired(), wtforms.validators.Length(max=254)]
    )

    def validate_email(self, field: wtforms.Field) -> None:
        """One look at the address before a letter is promised."""
        if wrong := email_problem(field.data or ""):
            raise wtforms.validators.ValidationError(say(wrong))


class AccountForm(Form):
    """A new account."""

    name = wtforms.StringField("Name", [wtforms.validators.InputRequired(), wtforms.validators.Length(max=200)])
    email = wtforms.EmailField(
        "E-mail address", [wtforms.validators.InputRequired(), wtforms.validators.Length(max=254)]
    )
    role = wtforms.SelectField("Role", [wtforms.validators.InputRequired()])
    is_data_steward = wtforms.BooleanField(
        "Data steward", description="Sees numbers of small groups by gender; administrators see them anyway."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.role.choices = [(role.value, gettext(label_of(role.value))) for role in Role]


class SignIn(Controller):
    """Getting in and out."""

    opt = open_to(Policy.PUBLIC)

    @get("/sign-in")
    async def form(self, request: Request[Any, Any, Any], next: FromQuery[str] = "/staff/") -> Response[Any]:  # noqa: A002
        """The form; who is signed in already goes on."""
        if identity_of(request):
            return redirect(local_path(next, "/staff/"))
        answer = render(request, "accounts/sign_in", form=SignInForm(), sent_to=None)
        answer.set_cookie(next_cookie(next))
        return answer

    @post("/sign-in", status_code=200, middleware=at_most(SIGN_INS_PER_MINUTE, of="sign-ins"))
    async def send_link(self, request: Request[Any, Any, Any], now: NamedDependency[datetime]) -> Response[Any]:
        """Send a link if the address has an account; the answer is the same if it has none."""
        form = SignInForm(await request.form())
        if not form.validate():
            return render(request, "accounts/sign_in", status_code=422, form=form, sent_to=None)
        await make_sign_in_link(form.email.data, now=now, by_letter=True)
        return render(request, "accounts/sign_in", form=form, sent_to=form.email.data.strip())

    @get("/sign-in/{token:str}")
    async def confirm(
        self, request: Request[Any, Any, Any], token: FromPath[str], now: NamedDependency[datetime]
    ) -> Response[Any]:
        """Show a button: scanners of letters open links, and must not use them up."""
        usable = await link_is_usable(token, now)
        return render(
            request,
            "accounts/sign_in_link",
            status_code=200 if usable else 410,
            headers={"Referrer-Policy": "no-referrer"},
            usable=usable,
            token=token,
        )

    @post("/sign-in/{token:str}", middleware=at_most(SIGN_INS_PER_MINUTE, of="sign-ins"))
    async def use(
        self, request: Request[Any, Any, Any], token: FromPath[str], now: NamedDependency[datetime]
    ) -> Redirect:
        """Use the link up; the browser gets a session with a new id."""
        former = request.cookies.get(cookie_name("eventhub"))
        session = await sign_in(token, now=now, former_session=former)
        answer = redirect(local_path(unquote(request.cookies.get("next", "")), "/staff/"))
        answer.delete_cookie("next", path="/")
        answer.cookies.append(session_cookie(session, int(SESSION_LIFE.total_seconds())))
        return answer

    @post("/sign-out")
    async def out(self, request: Request[Any, Any, Any]) -> Redirect:
        """End the session here."""
        if identity := identity_of(request):
            await sign_out(identity.session_hash)
        answer = redirect("/", Sentence("You have signed out."))
        answer.delete_cookie(cookie_name("eventhub"), path="/")
        return answer


class Accounts(Controller):
    """Who may sign in."""

    path = "/staff/accounts"
    opt = open_to(Policy.ADMINISTER)

    @get("/")
    async def index(self, request: Request[Any, Any, Any]) -> Response[str]:
        """All accounts, and the form for a new one."""
        return render(request, "accounts/accounts", accounts=await accounts(), form=AccountForm())

    @post("/")
    async def create(self, request: Request[Any, Any, Any], now: NamedDependency[datetime]) -> Response[Any]:
        """Add an account."""
        form = AccountForm(await request.form())
        who = identity_of(request)
        assert who is not None
        if form.validate():
            try:
                await add_account(
                    form.email.data,
                    name=form.name.data,
                    role=form.role.data,
                    now=now,
                    account_id=who.account_id,
                    is_data_steward=form.is_data_steward.data,
                )
                return redirect("/staff/accounts", Sentence("The account can sign in now."))
            except Problems as problems:
                form.add_problems(problems)
            except AccountExists as refusal:
                form.add_problems({"email": list(refusal.sentences)})
        return render(request, "accounts/accounts", status_code=422, accounts=await accounts(), form=form)


class AuditTrail(Controller):
    """Who did what."""

    path = "/staff/audit"
    opt = open_to(Policy.ADMINISTER)

    @get("/")
    async def index(self, request: Request[Any, Any, Any], page_number: FromQuery[int] = 1) -> Response[str]:
        """The trail, newest first."""
        number = max(1, min(page_number, 100_000))
        rows = await audit_trail(limit=AUDIT_PAGE + 1, offset=(number - 1) * AUDIT_PAGE)
        return render(
            request,
            "accounts/audit",
            entries=rows[:AUDIT_PAGE],
            number=number,
            more=len(rows) > AUDIT_PAGE,
        )
