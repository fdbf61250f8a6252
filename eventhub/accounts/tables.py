"""Who may sign in, how they prove it, and what they did."""

from uuid import uuid4

from piccolo.columns import UUID, Boolean, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table


class Account(Table, tablename="account"):
    """A member of staff who can sign in, with one role."""

    id = UUID(primary_key=True, default=uuid4)
    email = Varchar(length=254)
    email_key = Varchar(length=254)
    name = Varchar(length=200)
    role = Varchar(length=20)
    is_active = Boolean(default=True)
    created_at = Timestamptz()
    is_data_steward = Boolean(default=False, help_text="May see numbers of small groups by gender.")


class SignInLink(Table, tablename="sign_in_link"):
    """A link that signs an account in, once and for a short time; only its hash is kept."""

    token_hash = Varchar(length=64, primary_key=True)
    account = ForeignKey(Account, null=False)
    expires_at = Timestamptz()
    used_at = Timestamptz(null=True, default=None)


class WebSession(Table, tablename="web_session"):
    """A browser that is signed in; only the hash of its cookie is kept."""

    token_hash = Varchar(length=64, primary_key=True)
    account = ForeignKey(Account, null=False)
    created_at = Timestamptz()
    seen_at = Timestamptz()
    expires_at = Timestamptz()


class ApiToken(Table, tablename="api_token"):
    """A key with which another system acts as an account; only its hash is kept."""

    id = UUID(primary_key=True, default=uuid4)
    account = ForeignKey(Account, null=False)
    name = Varchar(length=120)
    token_hash = Varchar(length=64)
    created_at = Timestamptz()
    revoked_at = Timestamptz(null=True, default=None)


class AuditEntry(Table, tablename="audit_entry"):
    """One thing that somebody did: who, what, to what, when. Persons appear by reference only."""

    id = UUID(primary_key=True, default=uuid4)
    at = Timestamptz()
    account = ForeignKey(Account, null=True, default=None, help_text="None: the person concerned, or the program.")
    action = Varchar(length=60)
    object_kind = Varchar(length=40)
    object_id = Varchar(length=80)
    detail = Text(default="")


class IdempotentAnswer(Table, tablename="idempotent_answer"):
    """What an unsafe API call with an Idempotency-Key answered, so that a repetition gets the same."""

    key_hash = Varchar(length=64, primary_key=True, help_text="Of caller, method, path and key.")
    body_hash = Varchar(length=64)
    status_code = Integer(null=True, default=None, help_text="None while the first call is still at work.")
    body = Text(default="")
    created_at = Timestamptz()
