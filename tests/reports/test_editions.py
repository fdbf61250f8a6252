"""Editions: published for good, compared with today, withdrawn and kept."""

import asyncio

import pytest
import pytest_asyncio

from eventhub.database import sql
from eventhub.errors import NotFound, Problems
from eventhub.privacy.commands import erase_person
from eventhub.reports.building import report_of
from eventhub.reports.commands import AlreadyWithdrawn, PublishedMeanwhile, publish_edition, withdraw_edition
from eventhub.reports.documents import Imprint, file_of
from eventhub.reports.queries import content_of, edition_by_number, editions, public_edition, public_editions
from eventhub.reports.rules import changes_between
from tests.make import NOW, some_account
from tests.reports.test_building import cells
from tests.statistics.rows import YEAR, a_year

pytestmark = pytest.mark.usefixtures("database")


@pytest_asyncio.fixture(loop_scope="session")
async def account(database):
    return await some_account()


async def published(account, after=0, note=""):
    return await publish_edition(YEAR, note, after=after, now=NOW, account_id=account)


async def test_an_edition_has_a_number_a_note_and_who_published_it_when(account):
    await a_year()
    first = await published(account, note="  First.\n ")
    second = await published(account, after=1)
    assert (first.number, first.note, first.published_at, first.account_name) == (1, "First.", NOW, "Programme")
    assert [one.number for one in await editions(YEAR)] == [2, 1]
    assert (await public_edition(YEAR)).number == second.number == 2
    actions = await sql("SELECT action FROM audit_entry WHERE object_kind = 'report_edition'")
    assert [row["action"] for row in actions] == ["publish_edition"] * 2


async def test_an_edition_has_protected_numbers_no_reasons_and_no_names_of_accounts(account):
    await a_year()
    await sql("UPDATE account SET name = 'Zelda Quill'")
    edition = await published(account)
    report = await content_of(edition.id)
    assert report.is_exact is False
    assert cells(report, "gender_people")["Speakers"]["women"] is None
    (row,) = await sql("SELECT content FROM report_edition")
    assert "Debate" in row["content"]
    for secret in ("Two women had to cancel.", "one gender only", "Zelda Quill", "/staff/"):
        assert secret not in row["content"]
    # The control: the same year in exact numbers does have what must not be there.
    exact = await report_of(YEAR, is_exact=True)
    assert cells(exact, "gender_people")["Speakers"]["women"] == 1
    assert "Two women had to cancel." in repr(exact)


async def test_an_edition_survives_that_people_are_forgotten_and_rows_deleted_and_says_what_changed(account):
    await a_year()
    await sql("UPDATE person SET email = 'ana@example.org', email_key = 'ana@example.org' WHERE name = 'Ana'")
    edition = await published(account)
    imprint = Imprint(NOW.date(), 1)
    before = await file_of(await content_of(edition.id), "en", "html", imprint)
    assert changes_between(await content_of(edition.id), await report_of(YEAR, is_exact=False)) == []
    await erase_person("ana@example.org", now=NOW)
    await sql("DELETE FROM attendance WHERE registration IN (SELECT r.id FROM registration r JOIN event e ON e.id = r.event WHERE e.title = 'Debate')")  # fmt: skip
    await sql("UPDATE event SET title = 'Talk', title_folded = 'talk' WHERE title = 'Debate'")
    assert await file_of(await content_of(edition.id), "en", "html", imprint) == before
    found = changes_between(await content_of(edition.id), await report_of(YEAR, is_exact=False))
    told = {(str(one.row), str(one.column), one.printed, one.now) for one in found if one.column}
    # Ana and Jo were on the list of the debate; two of 25 attendances are gone.
    assert ("People engaged (attendances)", "In 2023", 25, 23) in told
    assert any(one.row.startswith("01/10/2023, Debate") or one.row == "Debate" for one in found)


async def test_of_two_who_publish_at_once_one_is_told(account):
    done = await asyncio.gather(published(account), published(account), return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == ["EditionRow", "PublishedMeanwhile"]
    assert len(await editions(YEAR)) == 1


@pytest.mark.parametrize("after", [-1, 1, 7])
async def test_who_has_seen_another_newest_edition_is_told(account, after):
    with pytest.raises(PublishedMeanwhile):
        await published(account, after=after)
    assert await editions(YEAR) == []


async def test_a_withdrawn_edition_is_kept_and_the_one_before_is_read_again(account):
    first, second = await published(account), await published(account, after=1)
    done = await withdraw_edition(YEAR, 2, " Wrong map. ", now=NOW, account_id=account)
    assert (done.is_withdrawn, done.withdraw_reason, done.withdrawn_by_name) == (True, "Wrong map.", "Programme")
    assert (await public_edition(YEAR)).id == first.id
    assert (await edition_by_number(YEAR, 2)).id == second.id
    assert (await content_of(second.id)).year == YEAR
    with pytest.raises(AlreadyWithdrawn):
        await withdraw_edition(YEAR, 2, "Again.", now=NOW, account_id=account)
    await withdraw_edition(YEAR, 1, "Too.", now=NOW, account_id=account)
    with pytest.raises(NotFound):
        await public_edition(YEAR)
    assert await public_editions() == []
    assert (await published(account, after=2)).number == 3


async def test_a_reason_is_needed_and_texts_have_an_end(account):
    await published(account)
    for reason in ("", "  ", "x" * 1001):
        with pytest.raises(Problems):
            await withdraw_edition(YEAR, 1, reason, now=NOW, account_id=account)
    with pytest.raises(Problems):
        await published(account, after=1, note="x" * 1001)
    with pytest.raises(NotFound):
        await withdraw_edition(YEAR, 2, "Why.", now=NOW, account_id=account)
    assert [one.number for one in await public_editions()] == [1]
