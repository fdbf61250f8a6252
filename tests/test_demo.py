"""The demonstration data keeps what it promises, and loading it twice changes nothing."""

from eventhub.checks import integrity
from eventhub.database import sql, utc_now
from eventhub.demo import load_demo
from eventhub.events.queries import event_by_slug
from eventhub.registrations.queries import seats_of
from eventhub.speakers.queries import parity_of
from eventhub.speakers.rules import ParityResult


async def _rows() -> dict[str, int]:
    tables = ("account", "person", "member", "event", "programme_item", "speaker_slot", "registration", "attendance",
              "letter", "lab", "application", "lab_participant", "audit_entry")  # fmt: skip
    return {table: (await sql(f"SELECT COUNT(*) AS n FROM {table}"))[0]["n"] for table in tables}


async def test_it_shows_what_staff_work_with(database):
    assert await load_demo(utc_now()) is True
    before = await _rows()

    draft = await event_by_slug("forum-on-metropolitan-finance")
    check = await parity_of(draft.id)
    assert [finding.result for _, finding in check.panels] == [
        ParityResult.UNBALANCED, ParityResult.UNBALANCED, ParityResult.UNKNOWN,
    ]  # fmt: skip
    full = await seats_of((await event_by_slug("workshop-on-heat-plans")).id)
    assert full is not None
    assert (full.capacity, full.taken, full.waiting) == (12, 12, 5)
    assert before["member"] == 160
    labs = await sql("SELECT COUNT(*) AS n FROM lab l JOIN lab_round r ON r.id = l.lab_round WHERE r.year = 2024")
    assert labs[0]["n"] == 10
    printed = await sql("SELECT COUNT(*) AS n FROM event WHERE import_key IS NOT NULL")
    assert printed[0]["n"] == 52
    now = utc_now()
    running = await sql("SELECT COUNT(*) AS n FROM lab_call WHERE opens_at <= {} AND closes_at > {}", now, now)
    assert running[0]["n"] == 2
    assert (await sql("SELECT COUNT(*) AS n FROM parity_exception"))[0]["n"] == 1
    assert await integrity() == []

    assert await load_demo(utc_now()) is False
    assert await _rows() == before
    addresses = await sql("SELECT email FROM person WHERE email IS NOT NULL")
    assert [row["email"] for row in addresses if not row["email"].endswith("@example.org")] == []
