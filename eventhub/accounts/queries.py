"""Who is signed in, and what was done."""

import hashlib
from datetime import datetime
from uuid import UUID

from eventhub.access import Identity
from eventhub.accounts.rules import Role
from eventhub.database import Row, sql
from eventhub.directory.rules import email_key


def token_hash(token: str) -> str:
    """What is kept of a secret: SHA-256, enough for 256 random bits."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


async def identity_of_session(token: str, now: datetime) -> tuple[Identity, datetime] | None:
    """The account behind a cookie and when it was last seen, while the session lives."""
    hashed = token_hash(token)
    rows = await sql(
        "SELECT a.id AS id, a.name AS name, a.email AS email, a.role AS role, s.seen_at AS seen_at, "
        "a.is_data_steward AS is_data_steward "
        "FROM web_session s JOIN account a ON a.id = s.account "
        "WHERE s.token_hash = {} AND s.expires_at > {} AND a.is_active",
        hashed,
        now,
    )
    if not rows:
        return None
    row = rows[0]
    return Identity(row["id"], row["name"], row["email"], Role(row["role"]), hashed, row["is_data_steward"]), row[
        "seen_at"
    ]


async def identity_of_api_token(token: str) -> Identity | None:
    """The account that an API token acts for."""
    hashed = token_hash(token)
    rows = await sql(
        "SELECT a.id AS id, a.name AS name, a.email AS email, a.role AS role, "
        "a.is_data_steward AS is_data_steward "
        "FROM api_token t JOIN account a ON a.id = t.account "
        "WHERE t.token_hash = {} AND t.revoked_at IS NULL AND a.is_active",
        hashed,
    )
    if not rows:
        return None
    row = rows[0]
    return Identity(row["id"], row["name"], row["email"], Role(row["role"]), hashed, row["is_data_steward"])


async def account_by_email(address: str) -> Row | None:
    """The active account of an address."""
    key = email_key(address).replace("\x00", " ")
    rows = await sql("SELECT id, email, name, role FROM account WHERE email_key = {} AND is_active", key)
    return rows[0] if rows else None


async def accounts() -> list[Row]:
    """All accounts, by name."""
    return await sql(
        "SELECT id, email, name, role, is_active, is_data_steward, created_at FROM account ORDER BY name, id"
    )


async def link_is_usable(token: str, now: datetime) -> bool:
    """Whether a sign-in link would still sign somebody in."""
    rows = await sql(
        "SELECT 1 AS one FROM sign_in_link WHERE token_hash = {} AND used_at IS NULL AND expires_at > {}",
        token_hash(token),
        now,
    )
    return bool(rows)


async def audit_trail(
    *, object_kind: str | None = None, object_id: UUID | str | None = None, limit: int = 100, offset: int = 0
) -> list[Row]:
    """What was done, newest first, to everything or to one object."""
    wanted, values = ["1 = 1"], []
    if object_kind:
        wanted.append("e.object_kind = {}")
        values.append(object_kind)
    if object_id:
        wanted.append("e.object_id = {}")
        values.append(str(object_id))
    return await sql(
        "SELECT e.at AS at, e.action AS action, e.object_kind AS object_kind, e.object_id AS object_id, "
        "e.detail AS detail, a.name AS account_name FROM audit_entry e LEFT JOIN account a ON a.id = e.account "
        f"WHERE {' AND '.join(wanted)} ORDER BY e.at DESC, e.id LIMIT {{}} OFFSET {{}}",
        *values,
        limit,
        offset,
    )
