"""Accounts, sign-in and the audit trail."""

import secrets
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from eventhub.accounts.queries import account_by_email, token_hash
from eventhub.accounts.rules import LINK_LIFE, SESSION_IDLE, SESSION_LIFE, Role
from eventhub.database import sql, transaction
from eventhub.directory.addresses import email_problem
from eventhub.directory.rules import clean_line, email_key
from eventhub.errors import NotFound, Problems, Refusal
from eventhub.mail.commands import OutgoingLetter, post_letter
from eventhub.settings import current_settings
from eventhub.words import Sentence


class AccountExists(Refusal):
    """The address already has an account."""

    status_code = 409


class LinkUsedUp(Refusal):
    """A sign-in link that was used before, has expired or never existed."""

    status_code = 410


async def record(
    action: str,
    object_kind: str,
    object_id: UUID | str,
    *,
    account_id: UUID | None,
    now: datetime,
    detail: str = "",
) -> None:
    """Write one line of the audit trail, inside the caller's transaction. No names, addresses or genders."""
    await sql(
        "INSERT INTO audit_entry (id, at, account, action, object_kind, object_id, detail) "
        "VALUES ({}, {}, {}, {}, {}, {}, {})",
        uuid4(),
        now,
        account_id,
        action,
        object_kind,
        str(object_id),
        detail,
    )


async def add_account(
    email: str, *, name: str, role: str, now: datetime, account_id: UUID | None = None, is_data_steward: bool = False
) -> UUID:
    """
    Let somebody sign in.

    Args:
        is_data_steward: Whether numbers of small groups by gender are shown to them.

    Raises:
        Problems: the address, name or role cannot be used.
        AccountExists: the address has an account.

    """
    problems: dict[str, list[str]] = {}
    if wrong := email_problem(email):
        problems["email"] = [wrong]
    if wrong := _name_problem(name, 200):
        problems["name"] = [wrong]
    if role not in set(Role):
        problems["role"] = [
            Sentence("“%(role)s” is no role; the roles are %(roles)s.", role=role[:40], roles=", ".join(Role))
        ]
    if problems:
        raise Problems(problems)
    new = uuid4()
    async with transaction():
        done = await sql(
            "INSERT INTO account (id, email, email_key, name, role, is_active, created_at, is_data_steward) "
            "VALUES ({}, {}, {}, {}, {}, {}, {}, {}) ON CONFLICT (email_key) DO NOTHING RETURNING id",
            new,
            email.strip(),
            email_key(email),
            clean_line(name),
            role,
            True,
            now,
            is_data_steward,
        )
        if not done:
            raise AccountExists(Sentence("There is an account for %(email)s already.", email=email.strip()))
        await record("add_account", "account", new, account_id=account_id, now=now, detail=role)
    return new


async def set_data_steward(email: str, *, on: bool, now: datetime, account_id: UUID | None = None) -> None:
    """
    Let an account see numbers of small groups by gender, or no longer.

    Raises:
        NotFound: the address has no active account.

    """
    async with transaction():
        rows = await sql(
            "UPDATE account SET is_data_steward = {} WHERE email_key = {} AND is_active RETURNING id",
            on, email_key(email).replace("\x00", " "),
        )  # fmt: skip
        if not rows:
            raise NotFound(Sentence("There is no active account for %(email)s.", email=email.strip()))
        action = "make_data_steward" if on else "unmake_data_steward"
        await record(action, "account", rows[0]["id"], account_id=account_id, now=now)


def _name_problem(name: str, most: int) -> Sentence | None:
    tidy = clean_line(name)
    if not tidy:
        return Sentence("Please give a name.")
    return Sentence("This is too long; %(most)s characters is the most.", most=most) if len(tidy) > most else None


async def make_sign_in_link(
    email: str, *, now: datetime, life: timedelta = LINK_LIFE, by_letter: bool = False
) -> str | None:
    """
    Make a link that signs the account of this address in, once.

    Returns:
        The link, or None when the address has no active account. The sign-in
        page answers the same in both cases.

    """
    token = secrets.token_urlsafe(32)
    account = await account_by_email(email)
    if account is None:
        return None
    link = f"{current_settings().base_url}/sign-in/{token}"
    async with transaction():
        await sql(
            "INSERT INTO sign_in_link (token_hash, account, expires_at, used_at) VALUES ({}, {}, {}, {})",
            token_hash(token),
            account["id"],
            now + life,
            None,
        )
        if by_letter:
            await post_letter(
                OutgoingLetter(
                    kind="sign_in_link",
                    dedupe_key=f"sign-in:{token_hash(token)}",
                    recipient_name=account["name"],
                    recipient_address=account["email"],
                    language=current_settings().language_codes[0],
                    facts={
                        "recipient_name": account["name"],
                        "sign_in_url": link,
                        "minutes": int(life.total_seconds() // 60),
                    },
                    event_id=None,
                    person_id=None,
                    not_after=now + life,
                ),
                now=now,
            )
    return link


async def sign_in(token: str, *, now: datetime, former_session: str | None) -> str:
    """
    Use a sign-in link up and open a session with a new id.

    Raises:
        LinkUsedUp: the link was used, has expired or is unknown.

    """
    async with transaction():
        used = await sql(
            "UPDATE sign_in_link SET used_at = {} WHERE token_hash = {} AND used_at IS NULL AND expires_at > {} "
            "RETURNING account",
            now,
            token_hash(token),
            now,
        )
        if not used:
            raise LinkUsedUp(Sentence("This sign-in link was used before or is too old. Please ask for a new one."))
        if former_session:
            await sql("DELETE FROM web_session WHERE token_hash = {}", token_hash(former_session))
        await sql("DELETE FROM web_session WHERE expires_at <= {}", now)
        session = secrets.token_urlsafe(32)
        await sql(
            "INSERT INTO web_session (token_hash, account, created_at, seen_at, expires_at) "
            "VALUES ({}, {}, {}, {}, {})",
            token_hash(session),
            used[0]["account"],
            now,
            now,
            now + SESSION_IDLE,
        )
        await record("sign_in", "account", used[0]["account"], account_id=used[0]["account"], now=now)
    return session


async def keep_session(hashed: str, *, now: datetime) -> None:
    """Note that a session is in use; it never outlives its absolute limit."""
    rows = await sql("SELECT created_at FROM web_session WHERE token_hash = {}", hashed)
    if rows:
        end = min(now + SESSION_IDLE, rows[0]["created_at"] + SESSION_LIFE)
        await sql("UPDATE web_session SET seen_at = {}, expires_at = {} WHERE token_hash = {}", now, end, hashed)


async def sign_out(hashed: str) -> None:
    """End a session."""
    async with transaction():
        await sql("DELETE FROM web_session WHERE token_hash = {}", hashed)


async def create_api_token(email: str, *, name: str, now: datetime) -> str:
    """
    Make an API token for an account; it is shown once and kept as a hash.

    Raises:
        Problems: nobody has this address, or the name is missing.

    """
    account = await account_by_email(email)
    if account is None:
        raise Problems({"account": [Sentence("There is no active account for %(email)s.", email=email[:80])]})
    if wrong := _name_problem(name, 120):
        raise Problems({"name": [wrong]})
    token = f"eh_{secrets.token_urlsafe(32)}"
    async with transaction():
        new = uuid4()
        await sql(
            "INSERT INTO api_token (id, account, name, token_hash, created_at, revoked_at) "
            "VALUES ({}, {}, {}, {}, {}, {})",
            new,
            account["id"],
            clean_line(name),
            token_hash(token),
            now,
            None,
        )
        await record("create_api_token", "account", account["id"], account_id=account["id"], now=now)
    return token
