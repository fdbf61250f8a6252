"""The door, participant reports and personal links to join, on a real database."""

import asyncio
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from eventhub.checkin.commands import (
    Answer,
    check_in,
    decide_row,
    import_report,
    mark_who_clicked,
    open_join_link,
    plan_of_report,
)
from eventhub.checkin.queries import (
    clicks_of,
    door_count,
    door_list,
    join_url,
    reports_of,
    seated_by_text,
    ticket_text,
)
from eventhub.checkin.reports import Participant, read_report
from eventhub.checkin.rules import Verdict, short_code, shown_code
from eventhub.database import sql
from eventhub.errors import NotFound, Problems
from eventhub.registrations.commands import (
    NewHeadCount,
    NotStanding,
    cancel_registration,
    record_attendance,
    record_head_count,
)
from eventhub.registrations.queries import registration_by_id
from tests.make import NOW, an_event, an_item, registered, some_account

pytestmark = pytest.mark.usefixtures("database")


async def present(event: Any, **asked: Any) -> Answer:
    defaults: dict[str, Any] = {"now": NOW, "account_id": await some_account()}
    return await check_in(event, **defaults | asked)


def ticket(registration: Any) -> str:
    return ticket_text(registration.id, registration.link_version)


async def attendance() -> list[tuple[str, UUID | None, str, str, datetime]]:
    rows = await sql(
        "SELECT r.name AS name, a.programme_item AS item, a.mode AS mode, a.source AS source, a.recorded_at AS at "
        "FROM attendance a JOIN registration r ON r.id = a.registration ORDER BY r.name, a.recorded_at"
    )
    return [(row["name"], row["item"], row["mode"], row["source"], row["at"]) for row in rows]


async def test_a_ticket_its_address_its_short_code_and_a_name_all_mark_the_same_person() -> None:
    event = await an_event(mode="hybrid", place="Barcelona", country="ES")
    alex = (await registered(event, "Alex Example", attends="on_site")).registration
    code = shown_code(ticket(alex)).lower()
    assert (await present(event, code=ticket(alex))).verdict is Verdict.PRESENT
    for asked in (
        {"code": f"https://events.example.org/t/{ticket(alex)}"}, {"code": code}, {"registration_id": alex.id}
    ):  # fmt: skip
        answer = await present(event, now=NOW + timedelta(minutes=5), **asked)
        assert (answer.verdict, answer.since) == (Verdict.ALREADY, NOW)
    assert await attendance() == [("Alex Example", None, "on_site", "door", NOW)]
    rows = await sql("SELECT action, object_id FROM audit_entry WHERE action = 'record_attendance'")
    assert rows == [{"action": "record_attendance", "object_id": str(alex.id)}]


async def test_an_item_and_the_event_are_counted_apart() -> None:
    event = await an_event()
    item = await an_item(event)
    alex = (await registered(event, "Alex Example")).registration
    await registered(event, "Bo Sample")
    assert (await present(event, code=ticket(alex), item=item)).verdict is Verdict.PRESENT
    assert (await present(event, code=ticket(alex))).verdict is Verdict.PRESENT
    assert {row[1] for row in await attendance()} == {None, item.id}
    count = await door_count(event.id, item.id)
    assert (count.present, count.confirmed) == (1, 2)


async def test_who_did_not_sign_up_for_an_item_is_marked_and_the_door_is_told() -> None:
    event = await an_event()
    item = await an_item(event, takes_sign_up=True, capacity=5)
    alex = (await registered(event, "Alex Example")).registration
    bo = (await registered(event, "Bo Sample")).registration
    await sql(
        "INSERT INTO item_sign_up (id, programme_item, registration, signed_up_at) VALUES ({}, {}, {}, {})",
        uuid4(), item.id, bo.id, NOW,
    )  # fmt: skip
    assert (await present(event, code=ticket(alex), item=item)).verdict is Verdict.NOT_SIGNED_UP
    assert (await present(event, code=ticket(bo), item=item)).verdict is Verdict.PRESENT
    assert len(await attendance()) == 2


async def test_who_has_no_seat_is_told_apart_and_never_marked() -> None:
    event, other = await an_event(capacity=1), await an_event(title="Another event")
    alex = (await registered(event, "Alex Example")).registration
    bo = (await registered(event, "Bo Sample")).registration
    cy = (await registered(other, "Cy Elsewhere")).registration
    assert (await present(event, code=ticket(bo))).verdict is Verdict.WAITING
    answer = await present(event, code=ticket(cy))
    assert (answer.verdict, answer.other_event) == (Verdict.OTHER_EVENT, "Another event")
    assert (await present(event, registration_id=cy.id)).verdict is Verdict.OTHER_EVENT
    assert (await present(event, code=short_code(ticket(cy)))).verdict is Verdict.NOT_REGISTERED
    await cancel_registration(bo.id, now=NOW, account_id=await some_account())
    assert (await present(event, code=ticket(bo))).verdict is Verdict.CANCELLED
    await sql("UPDATE registration SET status = 'pending' WHERE id = {}", alex.id)
    assert (await present(event, code=ticket(alex))).verdict is Verdict.UNDECIDED
    await sql("UPDATE registration SET status = 'declined' WHERE id = {}", alex.id)
    assert (await present(event, code=ticket(alex))).verdict is Verdict.DECLINED
    assert await attendance() == []


@pytest.mark.parametrize("code", ["nonsense", "ZZZZ-ZZZZ", "a\x00b", "x" * 600, "''; DROP", "é🙂", "https://x/"])
async def test_a_code_that_is_none_is_not_registered(code: str) -> None:
    event = await an_event()
    await registered(event, "Alex Example")
    assert await present(event, code=code) == Answer(Verdict.NOT_REGISTERED)
    assert await present(event, registration_id=uuid4()) == Answer(Verdict.NOT_REGISTERED)


async def test_a_ticket_that_was_replaced_no_longer_counts() -> None:
    event = await an_event()
    alex = (await registered(event, "Alex Example")).registration
    await sql("UPDATE registration SET link_version = 2 WHERE id = {}", alex.id)
    assert (await present(event, code=ticket(alex))).verdict is Verdict.NOT_REGISTERED
    assert (await present(event, code=short_code(ticket(alex)))).verdict is Verdict.NOT_REGISTERED
    assert (await present(event, code=ticket_text(alex.id, 2))).verdict is Verdict.PRESENT


async def test_no_link_of_another_kind_is_a_ticket() -> None:
    event = await an_event()
    done = await registered(event, "Alex Example")
    assert (await present(event, code=done.manage_url)).verdict is Verdict.NOT_REGISTERED
    join = join_url(done.registration.id, done.registration.link_version)
    assert (await present(event, code=join)).verdict is Verdict.NOT_REGISTERED


async def test_a_scan_that_waited_is_kept_with_its_time_and_counted_once() -> None:
    event = await an_event()
    alex = (await registered(event, "Alex Example")).registration
    scanned_at = NOW - timedelta(hours=5)
    answers = [await present(event, code=ticket(alex), scanned_at=scanned_at) for _ in range(3)]
    assert [answer.verdict for answer in answers] == [Verdict.PRESENT, Verdict.ALREADY, Verdict.ALREADY]
    assert await attendance() == [("Alex Example", None, "online", "door", scanned_at)]


async def test_the_same_ticket_at_two_doors_at_once_is_one_presence() -> None:
    event = await an_event()
    alex = (await registered(event, "Alex Example")).registration
    answers = await asyncio.gather(*(present(event, code=ticket(alex)) for _ in range(5)))
    assert sorted(answer.verdict for answer in answers) == ["already"] * 4 + ["present"]
    assert len(await attendance()) == 1


async def test_a_clock_that_is_fast_is_not_believed_and_one_that_is_days_behind_does_not_count() -> None:
    event = await an_event()
    alex = (await registered(event, "Alex Example")).registration
    late = NOW - timedelta(days=3, minutes=1)
    assert (await present(event, code=ticket(alex), scanned_at=late)).verdict is Verdict.TOO_OLD
    await present(event, code=ticket(alex), scanned_at=NOW + timedelta(days=1))
    assert [row[4] for row in await attendance()] == [NOW]


async def test_a_mark_that_was_taken_back_is_not_made_again_by_an_older_scan() -> None:
    event = await an_event()
    alex, account = (await registered(event, "Alex Example")).registration, await some_account()
    await present(event, code=ticket(alex))
    later = NOW + timedelta(minutes=10)
    await record_attendance(alex.id, attended=False, now=later, account_id=account)
    old = await present(event, code=ticket(alex), scanned_at=NOW, now=later + timedelta(minutes=1))
    assert (old.verdict, await attendance()) == (Verdict.TAKEN_BACK, [])
    new = await present(
        event, code=ticket(alex), scanned_at=later + timedelta(minutes=1), now=later + timedelta(minutes=2)
    )
    assert new.verdict is Verdict.PRESENT


async def test_an_event_with_a_head_count_takes_no_ticket_no_report_and_no_click() -> None:
    event = await an_event()
    alex, account = (await registered(event, "Alex Example")).registration, await some_account()
    await record_head_count(event, NewHeadCount(3, 3, 0, 0, 0, "counted"), now=NOW, account_id=account)
    with pytest.raises(NotStanding):
        await present(event, code=ticket(alex))
    with pytest.raises(NotStanding):
        await imported(event, "Alex Example,,60")
    with pytest.raises(NotStanding):
        await mark_who_clicked(event, now=NOW, account_id=account)
    assert await attendance() == []


async def test_the_list_for_a_phone_holds_short_codes_and_names_of_those_with_a_seat_only() -> None:
    event = await an_event(capacity=1)
    alex = (await registered(event, "Alex Example")).registration
    await registered(event, "Bo Waiting")
    assert await door_list(event.id) == [(short_code(ticket(alex)), "Alex Example")]


# Participant reports


def people(*rows: str) -> list[Participant]:
    return read_report("\n".join(["Name,Email,Duration", *rows]).encode(), "report.csv")


async def imported(event: Any, *rows: str, least: int = 10, now: datetime = NOW) -> Any:
    named = people(*rows)
    plan = await plan_of_report(event, named, least)
    return await import_report(
        event, named, file_name="report.csv", minimum_minutes=least, fingerprint=plan.fingerprint, now=now,
        account_id=await some_account(),
    )  # fmt: skip


async def minutes() -> dict[str, tuple[str, str, int | None]]:
    rows = await sql(
        "SELECT r.name AS name, a.mode AS mode, a.source AS source, a.minutes AS minutes FROM attendance a "
        "JOIN registration r ON r.id = a.registration"
    )
    return {row["name"]: (row["mode"], row["source"], row["minutes"]) for row in rows}


async def test_a_report_marks_who_is_found_with_minutes_and_lists_the_others() -> None:
    event = await an_event()
    await registered(event, "Alex Example")
    await registered(event, "Bo Sample")
    done = await imported(event, "Phone,alex-example@example.org,30", "BO SAMPLE,,12", "Nobody Known,,45", "Short,,2")
    assert len(done.news) == 2
    assert await minutes() == {"Alex Example": ("online", "report", 30), "Bo Sample": ("online", "report", 12)}
    (report,) = await reports_of(event.id)
    assert (report.minimum_minutes, report.matched) == (10, 2)
    assert [(row["name"], row["minutes"]) for row in report.waiting] == [("Nobody Known", 45)]


async def test_the_same_report_again_changes_nothing_and_a_longer_one_makes_minutes_more() -> None:
    event = await an_event()
    await registered(event, "Alex Example")
    rows = ("Alex Example,,30", "Nobody Known,,45")
    await imported(event, *rows)
    assert (await imported(event, *rows)).is_empty
    assert len(await reports_of(event.id)) == 1
    assert len((await imported(event, "Alex Example,,50", "Nobody Known,,45")).news) == 1
    assert (await imported(event, "Alex Example,,20")).is_empty
    assert (await minutes())["Alex Example"] == ("online", "report", 50)
    assert sum(len(report.rows) for report in await reports_of(event.id)) == 1


async def test_who_is_known_from_the_door_stays_on_site_and_gets_minutes() -> None:
    event = await an_event(mode="hybrid", place="Barcelona", country="ES")
    alex = (await registered(event, "Alex Example", attends="on_site")).registration
    await present(event, code=ticket(alex))
    await imported(event, "Alex Example,,30")
    assert await minutes() == {"Alex Example": ("on_site", "door", 30)}


async def test_what_changed_since_it_was_shown_is_not_written() -> None:
    event = await an_event()
    await registered(event, "Alex Example")
    named = people("Alex Example,,30", "Bo Sample,,30")
    shown = await plan_of_report(event, named, 10)
    await registered(event, "Bo Sample")
    done = await import_report(
        event, named, file_name="a.csv", minimum_minutes=10, fingerprint=shown.fingerprint, now=NOW,
        account_id=await some_account(),
    )  # fmt: skip
    assert (done, await minutes(), await reports_of(event.id)) == (None, {}, [])


async def test_a_row_is_decided_once_and_its_name_is_gone_afterwards() -> None:
    event, account = await an_event(), await some_account()
    alex = (await registered(event, "Alex Example")).registration
    await imported(event, "Mobile 7,home@example.net,45", "Mobile 8,,30", "Mobile 9,,20")
    (report,) = await reports_of(event.id)
    first, second, third = (row["key"] for row in report.waiting)
    await decide_row(event, report.id, first, "matched", registration_id=alex.id, now=NOW, account_id=account)
    await decide_row(event, report.id, second, "unknown", now=NOW, account_id=account)
    await decide_row(event, report.id, third, "dropped", now=NOW, account_id=account)
    (report,) = await reports_of(event.id)
    assert (report.waiting, report.unknown) == ([], 1)
    kept = (await sql("SELECT unmatched FROM participant_report"))[0]["unmatched"]
    assert "Mobile" not in kept
    assert "home@" not in kept
    assert await minutes() == {"Alex Example": ("online", "report", 45)}
    with pytest.raises(NotFound):
        await decide_row(event, report.id, first, "dropped", now=NOW, account_id=account)
    assert (await imported(event, "Mobile 8,,30", "Mobile 9,,20")).is_empty


async def test_nobody_without_a_seat_and_nobody_of_another_event_can_be_chosen() -> None:
    event, other, account = await an_event(capacity=1), await an_event(title="Another event"), await some_account()
    await registered(event, "Alex Example")
    waiting = (await registered(event, "Bo Waiting")).registration
    elsewhere = (await registered(other, "Cy Elsewhere")).registration
    await imported(event, "Mobile 7,,45")
    (report,) = await reports_of(event.id)
    key = report.waiting[0]["key"]
    for chosen in (waiting.id, elsewhere.id, None, uuid4()):
        with pytest.raises(Problems):
            await decide_row(event, report.id, key, "matched", registration_id=chosen, now=NOW, account_id=account)
    with pytest.raises(Problems):
        await decide_row(event, report.id, key, "eaten", now=NOW, account_id=account)
    with pytest.raises(NotFound):
        await decide_row(other, report.id, key, "dropped", now=NOW, account_id=account)
    assert (await minutes(), len((await reports_of(event.id))[0].waiting)) == ({}, 1)


async def test_staff_choose_by_name_or_address() -> None:
    event = await an_event()
    alex = (await registered(event, "Alex Example")).registration
    await registered(event, "Bo Sample")
    await registered(event, "Bo Sample", email="second@example.org")
    for text in ("Alex Example · alex-example@example.org", "ALEX-EXAMPLE@example.org", "álex example"):
        assert await seated_by_text(event.id, text) == alex.id
    for text in ("", "Bo Sample", "Nobody", "x" * 900, "a\x00"):
        assert await seated_by_text(event.id, text) is None


@pytest.mark.parametrize("least", [-1, 1441, 10**9])
async def test_the_minimum_is_a_number_of_minutes_within_a_day(least: int) -> None:
    with pytest.raises(Problems) as refused:
        await plan_of_report(await an_event(), people("Alex Example,,30"), least)
    assert list(refused.value.fields) == ["minimum_minutes"]


async def test_an_event_in_person_has_no_report() -> None:
    event = await an_event(mode="in_person", place="Barcelona", country="ES", online_url="")
    with pytest.raises(Problems):
        await plan_of_report(event, people("Alex Example,,30"), 10)


# Personal links to join


START = datetime(2099, 3, 1, 9, 0, tzinfo=UTC)


def token(registration: Any) -> str:
    return join_url(registration.id, registration.link_version).rpartition("/")[2]


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        (START - timedelta(minutes=31), False), (START - timedelta(minutes=30), True), (START, True),
        (START + timedelta(hours=2), True), (START + timedelta(hours=2, seconds=1), False),
    ],
)  # fmt: skip
async def test_a_link_leads_to_the_conference_from_half_an_hour_before_until_the_end(at: datetime, opens: bool) -> None:
    event = await an_event()
    alex = (await registered(event, "Alex Example")).registration
    found = await open_join_link(token(alex), counts=True, now=at)
    assert found.address == (event.online_url if opens else "")
    assert len(await clicks_of(event.id)) == opens


async def test_clicks_are_counted_and_are_no_attendance_until_staff_say_so() -> None:
    event = await an_event()
    alex = (await registered(event, "Alex Example")).registration
    await registered(event, "Bo Sample")
    for moment in (0, 5, 9):
        await open_join_link(token(alex), counts=True, now=START + timedelta(minutes=moment))
    await open_join_link(token(alex), counts=False, now=START + timedelta(minutes=20))
    (click,) = await clicks_of(event.id)
    assert (click["name"], click["clicks"], bool(click["attended"])) == ("Alex Example", 3, False)
    assert (click["first_at"], click["last_at"]) == (START, START + timedelta(minutes=9))
    assert await attendance() == []
    account = await some_account()
    assert await mark_who_clicked(event, now=START + timedelta(hours=3), account_id=account) == 1
    assert await mark_who_clicked(event, now=START + timedelta(hours=3), account_id=account) == 0
    assert await attendance() == [("Alex Example", None, "online", "click", START)]


async def test_who_clicked_and_cancelled_afterwards_is_not_marked() -> None:
    event, account = await an_event(), await some_account()
    alex = (await registered(event, "Alex Example")).registration
    await open_join_link(token(alex), counts=True, now=START)
    await cancel_registration(alex.id, now=NOW, account_id=account)
    assert await mark_who_clicked(event, now=START, account_id=account) == 0
    assert await attendance() == []


async def test_a_personal_link_of_a_letter_opens_the_conference_as_well() -> None:
    event = await an_event()
    done = await registered(event, "Alex Example")
    found = await open_join_link(done.manage_url.rpartition("/")[2], counts=True, now=START)
    assert found.address == event.online_url


async def test_who_waits_cancelled_or_comes_in_person_is_not_let_in() -> None:
    event = await an_event(capacity=1, mode="hybrid", place="Barcelona", country="ES")
    alex = (await registered(event, "Alex Example", attends="on_site")).registration
    bo = (await registered(event, "Bo Waiting", attends="online")).registration
    for one in (alex, bo):
        assert (await open_join_link(token(one), counts=True, now=START)).address == ""
    await sql("UPDATE registration SET attends = 'online' WHERE id = {}", alex.id)
    assert (await open_join_link(token(alex), counts=True, now=START)).address == event.online_url
    await sql("UPDATE event SET status = 'cancelled', cancelled_at = {} WHERE id = {}", NOW, event.id)
    assert (await open_join_link(token(alex), counts=True, now=START)).address == ""
    assert [row["clicks"] for row in await clicks_of(event.id)] == [1]


async def test_a_link_that_is_not_ours_or_was_replaced_opens_nothing() -> None:
    event = await an_event()
    alex = (await registered(event, "Alex Example")).registration
    old = token(alex)
    await sql("UPDATE registration SET link_version = 2 WHERE id = {}", alex.id)
    for wrong in (old, "nonsense", "", "é", ticket(await registration_by_id(alex.id))):
        with pytest.raises(NotFound):
            await open_join_link(wrong, counts=True, now=START)


async def test_an_event_without_an_end_stays_open_for_half_a_day() -> None:
    event = await an_event(ends_on=None, ends_time=None, starts_time=time(10))
    alex = (await registered(event, "Alex Example")).registration
    assert (await open_join_link(token(alex), counts=True, now=START + timedelta(hours=11))).address
    assert not (await open_join_link(token(alex), counts=True, now=START + timedelta(hours=13))).address
