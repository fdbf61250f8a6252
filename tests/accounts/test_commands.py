"""Accounts, links that sign in once, sessions and tokens, on the real database."""

from datetime import timedelta
from typing import Any

import pytest

from eventhub.accounts.commands import (
    AccountExists,
    LinkUsedUp,
    add_account,
    create_api_token,
    keep_session,
    make_sign_in_link,
    set_data_steward,
    sign_in,
    sign_out,
)
from eventhub.accounts.queries import (
    account_by_email,
    audit_trail,
    identity_of_api_token,
    identity_of_session,
    link_is_usable,
    token_hash,
)
from eventhub.accounts.rules import LINK_LIFE, SESSION_IDLE, SESSION_LIFE, Role
from eventhub.database import sql
from eventhub.errors import NotFound, Problems
from tests.make import BASE_URL, NOW, a_token, an_account

SECOND = timedelta(seconds=1)


async def a_link(role: str = "organiser", **more: Any) -> str:
    link = await make_sign_in_link(f"{role}@example.org", now=NOW, **more)
    assert link is not None
    return link.removeprefix(f"{BASE_URL}/sign-in/")


async def test_an_account_is_found_by_its_address_in_any_case(database: None) -> None:
    account = await add_account(" Ada@Example.org ", name=" Ada\x00 ", role="organiser", now=NOW)
    found = await account_by_email("ADA@EXAMPLE.ORG")
    assert found == {"id": account, "email": "Ada@Example.org", "name": "Ada", "role": "organiser"}
    with pytest.raises(AccountExists) as refusal:
        await add_account("ada@example.org", name="Other", role="reader", now=NOW)
    assert refusal.value.status_code == 409
    assert await account_by_email("a\x00da@example.org") is None


@pytest.mark.parametrize(
    ("email", "name", "role", "fields"),
    [
        ("nobody", "Ada", "reader", {"email"}),
        ("", "", "", {"email", "name", "role"}),
        ("a\x00@example.org", "x" * 201, "king", {"email", "name", "role"}),
        (f"{'x' * 500}@example.org", "\x00", "x" * 500, {"email", "name", "role"}),
    ],
)
async def test_every_fault_of_an_account_is_said_at_once(
    database: None, email: str, name: str, role: str, fields: set[str]
) -> None:
    with pytest.raises(Problems) as refusal:
        await add_account(email, name=name, role=role, now=NOW)
    assert set(refusal.value.fields) == fields
    assert await sql("SELECT id FROM account") == []


async def test_a_link_signs_in_once(database: None) -> None:
    await an_account("organiser")
    token = await a_link()
    assert await link_is_usable(token, NOW)
    session = await sign_in(token, now=NOW, former_session=None)
    found = await identity_of_session(session, NOW)
    assert found is not None
    assert (found[0].email, found[0].role) == ("organiser@example.org", Role.ORGANISER)
    assert not await link_is_usable(token, NOW)
    with pytest.raises(LinkUsedUp) as refusal:
        await sign_in(token, now=NOW, former_session=None)
    assert refusal.value.status_code == 410
    assert len(await sql("SELECT account FROM web_session")) == 1


async def test_a_link_expires(database: None) -> None:
    await an_account("organiser")
    token = await a_link()
    assert await link_is_usable(token, NOW + LINK_LIFE - SECOND)
    assert not await link_is_usable(token, NOW + LINK_LIFE)
    with pytest.raises(LinkUsedUp):
        await sign_in(token, now=NOW + LINK_LIFE, former_session=None)
    with pytest.raises(LinkUsedUp):
        await sign_in("\x00", now=NOW, former_session=None)


async def test_only_hashes_of_secrets_are_kept(database: None) -> None:
    api = await a_token("organiser")
    link = await a_link()
    session = await sign_in(link, now=NOW, former_session=None)
    for table in ("sign_in_link", "web_session", "api_token", "audit_entry"):
        kept = str(await sql(f"SELECT * FROM {table}"))
        assert not any(secret in kept for secret in (api, link, session)), table


async def test_signing_in_ends_the_former_session_and_clears_old_ones(database: None) -> None:
    await an_account("organiser")
    first = await sign_in(await a_link(), now=NOW, former_session=None)
    second = await sign_in(await a_link(), now=NOW, former_session=first)
    assert second != first
    assert await identity_of_session(first, NOW) is None
    assert await identity_of_session(second, NOW) is not None
    late = NOW + SESSION_IDLE
    link = await make_sign_in_link("organiser@example.org", now=late)
    assert link is not None
    await sign_in(link.rpartition("/")[2], now=late, former_session=None)
    assert len(await sql("SELECT account FROM web_session")) == 1


async def test_a_session_that_was_planted_opens_nothing(database: None) -> None:
    await an_account("organiser")
    planted = "planted-by-somebody"
    session = await sign_in(await a_link(), now=NOW, former_session=planted)
    assert session != planted
    assert await identity_of_session(planted, NOW) is None


async def test_a_session_ends_when_nobody_uses_it_and_after_twelve_hours(database: None) -> None:
    await an_account("organiser")
    session = await sign_in(await a_link(), now=NOW, former_session=None)
    assert await identity_of_session(session, NOW + SESSION_IDLE - SECOND) is not None
    assert await identity_of_session(session, NOW + SESSION_IDLE) is None
    at = NOW
    while at < NOW + SESSION_LIFE - SESSION_IDLE / 2:
        at += SESSION_IDLE / 2
        assert await identity_of_session(session, at) is not None
        await keep_session(token_hash(session), now=at)
    assert await identity_of_session(session, NOW + SESSION_LIFE - SECOND) is not None
    assert await identity_of_session(session, NOW + SESSION_LIFE) is None


async def test_signing_out_ends_the_session(database: None) -> None:
    await an_account("organiser")
    session = await sign_in(await a_link(), now=NOW, former_session=None)
    await sign_out(token_hash(session))
    assert await identity_of_session(session, NOW) is None


async def test_an_account_that_is_no_longer_active_is_let_in_nowhere(database: None) -> None:
    token = await a_token("organiser")
    session = await sign_in(await a_link(), now=NOW, former_session=None)
    await sql("UPDATE account SET is_active = {}", False)
    assert await identity_of_session(session, NOW) is None
    assert await identity_of_api_token(token) is None
    assert await make_sign_in_link("organiser@example.org", now=NOW) is None


async def test_nobody_learns_whether_an_address_has_an_account(database: None) -> None:
    assert await make_sign_in_link("nobody@example.org", now=NOW, by_letter=True) is None
    assert await sql("SELECT id FROM letter") == []
    await an_account("organiser")
    link = await a_link(by_letter=True)
    letter = (await sql("SELECT kind, recipient_address, facts, not_after FROM letter"))[0]
    assert (letter["kind"], letter["recipient_address"]) == ("sign_in_link", "organiser@example.org")
    assert link in letter["facts"]
    assert letter["not_after"] == NOW + LINK_LIFE


async def test_a_token_acts_for_its_account_until_it_is_revoked(database: None) -> None:
    token = await a_token("programme")
    found = await identity_of_api_token(token)
    assert found is not None
    assert (token[:3], found.role) == ("eh_", Role.PROGRAMME)
    for wrong in ("", "eh_", token[:-1], token + "x", token.upper(), "\x00", "x" * 5000):
        assert await identity_of_api_token(wrong) is None
    await sql("UPDATE api_token SET revoked_at = {}", NOW)
    assert await identity_of_api_token(token) is None


@pytest.mark.parametrize(
    ("email", "name", "field"),
    [
        ("nobody@example.org", "x", "account"), ("organiser@example.org", "\x00", "name"),
        ("organiser@example.org", "x" * 121, "name"), ("a\x00", "x", "account"),
    ],
)  # fmt: skip
async def test_a_token_needs_an_account_and_a_name(database: None, email: str, name: str, field: str) -> None:
    await an_account("organiser")
    with pytest.raises(Problems) as refusal:
        await create_api_token(email, name=name, now=NOW)
    assert set(refusal.value.fields) == {field}
    assert await sql("SELECT id FROM api_token") == []


async def test_what_is_done_is_written_down_without_addresses(database: None) -> None:
    await an_account("organiser")
    await sign_in(await a_link(), now=NOW, former_session=None)
    trail = await audit_trail()
    assert {row["action"] for row in trail} == {"add_account", "sign_in"}
    assert "@" not in str([(row["detail"], row["object_id"]) for row in trail])
    assert [row["action"] for row in await audit_trail(object_kind="account", limit=1, offset=1)] != []
    assert await audit_trail(object_kind="nothing") == []


async def test_a_data_steward_is_made_and_unmade_and_so_is_whoever_administers(database: None) -> None:
    await an_account("reader")
    await an_account("administrator")

    async def sees(role: str) -> bool:
        token = await sign_in(await a_link(role), now=NOW, former_session=None)
        found = await identity_of_session(token, NOW)
        assert found is not None
        return found[0].sees_small_groups

    assert not await sees("reader")
    assert await sees("administrator")
    await set_data_steward("READER@example.org", on=True, now=NOW)
    assert await sees("reader")
    await set_data_steward("reader@example.org", on=False, now=NOW)
    assert not await sees("reader")
    with pytest.raises(NotFound):
        await set_data_steward("nobody@example.org", on=True, now=NOW)
    actions = [row["action"] for row in await sql("SELECT action FROM audit_entry WHERE action LIKE '%steward'")]
    assert sorted(actions) == ["make_data_steward", "unmake_data_steward"]
