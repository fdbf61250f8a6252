"""Inviting people to register, by hand and from a file."""

import asyncio
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import msgspec
import pytest

from eventhub.database import sql
from eventhub.errors import NotFound, Problems, Refusal
from eventhub.events.commands import cancel_event
from eventhub.events.queries import event_by_id
from eventhub.invitations.commands import (
    NewInvitation,
    NotToBeSent,
    add_invitation,
    send_invitation,
    send_unsent,
    withdraw_invitation,
)
from eventhub.invitations.imports import import_invitations
from eventhub.invitations.queries import invitation_by_id, invitation_counts, invitations
from eventhub.registrations.queries import invitation_by_token
from eventhub.spreadsheets import BadFile
from tests.make import NOW, a_member, an_event, registered, some_account

ADA = NewInvitation("Ada", "ada@example.org")


async def invited(event: Any, new: NewInvitation = ADA) -> UUID:
    return await add_invitation(event, new, now=NOW, account_id=await some_account())


async def sent(invitation: UUID, minute: int = 0) -> None:
    await send_invitation(invitation, now=NOW.replace(minute=minute), account_id=await some_account())


async def withdrawn(invitation: UUID) -> None:
    await withdraw_invitation(invitation, now=NOW, account_id=await some_account())


async def tokens() -> list[str]:
    """The secrets of the letters that were written, in order."""
    rows = await sql("SELECT facts FROM letter WHERE kind = 'registration_invited' ORDER BY created_at, id")
    urls = [msgspec.json.decode(row["facts"])["manage_url"] for row in rows]
    return [parse_qs(urlsplit(url).query)["invitation"][0] for url in urls]


async def state(invitation: UUID) -> str:
    return str((await invitation_by_id(invitation)).state)


async def test_an_invitation_goes_from_the_list_by_letter_to_a_registration(database):
    event = await an_event(registration_mode="invitation")
    ada = await invited(event)
    assert await state(ada) == "not_sent"
    assert await tokens() == []
    await sent(ada)
    assert await state(ada) == "sent"
    (token,) = await tokens()
    done = await registered(event, "Ada", email="somebody.else@example.org", invitation_token=token)
    assert done.registration.email == "ada@example.org"
    assert await state(ada) == "registered"
    with pytest.raises(NotToBeSent, match="has registered with this invitation"):
        await sent(ada)
    with pytest.raises(NotToBeSent, match="Cancel the registration instead"):
        await withdrawn(ada)


async def test_sending_again_sends_the_same_link(database):
    ada = await invited(await an_event())
    await sent(ada)
    await sent(ada)
    await sent(ada, minute=1)
    links = await tokens()
    assert len(links) == 2
    assert len(set(links)) == 1


async def test_a_withdrawn_link_opens_nothing_and_a_new_invitation_has_another(database):
    event = await an_event()
    ada = await invited(event)
    await sent(ada)
    (token,) = await tokens()
    assert await invitation_by_token(token)
    await withdrawn(ada)
    await withdrawn(ada)
    assert await state(ada) == "withdrawn"
    assert await invitation_by_token(token) is None
    with pytest.raises(NotToBeSent, match="was withdrawn"):
        await sent(ada, minute=1)
    assert await invited(event, NewInvitation("Ada L.", "ADA@example.org", language="fr")) == ada
    assert await state(ada) == "not_sent"
    assert await invitation_by_token(token) is None
    await sent(ada, minute=2)
    old, new = await tokens()
    assert await invitation_by_token(old) is None
    assert await invitation_by_token(new)


async def test_letters_go_to_those_not_written_to_and_to_nobody_twice(database):
    event, other = await an_event(), await an_event()
    people = [await invited(event, NewInvitation(f"P{i}", f"p{i}@example.org")) for i in range(5)]
    stranger = await invited(other)
    await sent(people[0])
    await withdrawn(people[1])
    account = await some_account()
    answers = await asyncio.gather(
        *(send_unsent(event.id, now=NOW.replace(minute=3), account_id=account) for _ in range(2))
    )
    assert sum(answers) == 3
    assert await invitation_counts(event.id) == {"sent": 4, "withdrawn": 1}
    assert await state(stranger) == "not_sent"
    assert len(await tokens()) == 4


async def test_nobody_is_invited_to_what_cannot_be_registered_for(database):
    draft = await an_event(publish=False)
    ada = await invited(draft)
    account = await some_account()
    with pytest.raises(NotToBeSent, match="Publish the event first"):
        await sent(ada)
    with pytest.raises(NotToBeSent, match="Publish the event first"):
        await send_unsent(draft.id, now=NOW, account_id=account)
    event = await an_event()
    bo = await invited(event, NewInvitation("Bo", "bo@example.org"))
    await cancel_event(event.slug, reason="Storm", now=NOW, account_id=account)
    with pytest.raises(NotToBeSent, match="over or cancelled"):
        await sent(bo)
    with pytest.raises(Refusal, match="was cancelled"):
        await invited(await event_by_id(event.id), NewInvitation("Cy", "cy@example.org"))
    assert await tokens() == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " \u200b"}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"email": ""}, "email"),
        ({"email": "x" * 600}, "email"),
        ({"email": "élodie@example.org"}, "email"),
        ({"member": "atlantis"}, "member"),
        ({"member": "\x00" * 600}, "member"),
        ({"language": "tlh"}, "language"),
        ({"email": "ADA@example.org"}, "email"),
    ],
)
async def test_what_cannot_be_used_is_said_at_its_field(database, wrong, field):
    event = await an_event()
    await invited(event)
    before = await sql("SELECT id FROM registration_invitation")
    with pytest.raises(Problems) as refused:
        await invited(event, NewInvitation(**{"name": "Bo", "email": "bo@example.org", **wrong}))
    assert list(refused.value.fields) == [field]
    assert await sql("SELECT id FROM registration_invitation") == before


async def test_the_same_address_twice_at_once_is_invited_once(database):
    event = await an_event()
    answers = await asyncio.gather(*(invited(event) for _ in range(4)), return_exceptions=True)
    assert sum(isinstance(answer, UUID) for answer in answers) == 1
    assert all(isinstance(answer, UUID | Problems) for answer in answers)


async def test_invitations_that_are_not_there(database):
    for command in (sent, withdrawn):
        with pytest.raises(NotFound):
            await command(uuid4())


# Files


async def taken(event: Any, text: str, *, dry_run: bool = False) -> Any:
    return await import_invitations(
        event, text.encode(), "list.csv", dry_run=dry_run, now=NOW, account_id=await some_account()
    )


async def known(event: Any) -> list[tuple[str, str, str | None, str, str]]:
    found, _ = await invitations(event.id, limit=100)
    return [(one.name, one.email, one.member_key, one.language, str(one.state)) for one in found]


async def test_a_list_is_shown_first_and_then_taken(database):
    await a_member("Bogotá D.C.", region="latin_america_caribbean", country="CO", zone="America/Bogota")
    event = await an_event(language="fr")
    text = "name,email,member,language\nAda,ada@example.org,BOGOTA D.C.,es\nBo,bo@example.org,,\n"
    shown = await taken(event, text, dry_run=True)
    assert shown.new == ("Ada, ada@example.org", "Bo, bo@example.org")
    assert await known(event) == []
    assert (await taken(event, text)).written
    assert await known(event) == [
        ("Ada", "ada@example.org", "bogota-d-c", "es", "not_sent"),
        ("Bo", "bo@example.org", None, "fr", "not_sent"),
    ]
    assert (await taken(event, text)).is_empty
    assert await tokens() == []


async def test_a_list_changes_what_it_says_and_leaves_the_rest(database):
    event = await an_event()
    ada = await invited(event, NewInvitation("Ada", "ada@example.org", language="es"))
    bo = await invited(event, NewInvitation("Bo", "bo@example.org"))
    await sent(ada)
    await withdrawn(bo)
    report = await taken(event, "name;email\nAda Lovelace;ADA@example.org\nBo;bo@example.org\n")
    assert report.new == ("Bo, bo@example.org",)
    assert [(one.field, one.before, one.after) for one in report.changes] == [("name", "Ada", "Ada Lovelace")]
    assert await known(event) == [
        ("Ada Lovelace", "ada@example.org", None, "es", "sent"),
        ("Bo", "bo@example.org", None, "en", "not_sent"),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,email\nAda,nobody\n", "Line 2, column “email”: “nobody” is no e-mail address."),
        ("name,email\n,ada@example.org\n", "Line 2, column “name”: the cell is empty."),
        ("name,email\nAda,\n", "Line 2, column “email”: Please give an e-mail address."),
        ("name,email,member\nAda,ada@example.org,Atlantis\n", "there is no member “Atlantis”."),
        ("name,email,language\nAda,ada@example.org,tlh\n", "Line 2, column “language”: “tlh” is none of: en, es, fr."),
        (
            "name,email\nAda,a@example.org\nBo,A@example.org\n",
            "Line 3, column “email”: “a@example.org” is in line 2 too.",
        ),
        ("name\nAda\n", "email"),
        ("name,email,gender\nAda,a@example.org,woman\n", "gender"),
        ("name,email\n" + "x" * 501 + ",a@example.org\n", "the text is longer than 200 characters."),
    ],
)
async def test_a_wrong_list_is_refused_whole_with_line_and_column(database, text, said):
    event = await an_event()
    with pytest.raises(BadFile) as refused:
        await taken(event, text)
    assert said in " ".join(refused.value.sentences)
    assert await known(event) == []
