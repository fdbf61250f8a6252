"""A member that changes its kind or region keeps the former one in the figures of its time."""

from dataclasses import replace
from datetime import date

import pytest

from eventhub.database import sql
from eventhub.directory.commands import MemberFacts, edit_member
from eventhub.directory.queries import former_memberships, member_by_key
from eventhub.errors import Problems
from eventhub.statistics.queries import figures_of
from tests.make import NOW, a_member, an_account, post_form, signed_in
from tests.statistics.rows import an_event

ROME = MemberFacts("Rome", (), "associate", "Europe/Madrid", "en", None)


async def rome(**changed):
    """The facts of Rome as they stand, with something changed."""
    found = await member_by_key("rome")
    return replace(ROME, time_zone=found.time_zone, language=found.language, **changed)


async def test_figures_go_by_what_a_member_was_on_the_day_of_the_event(database):
    member, account = await a_member("Rome", kind="associate"), await an_account()
    for day in (date(2023, 3, 1), date(2023, 9, 1), date(2024, 3, 1)):
        await an_event("Forum", day, host_member=member)
    await edit_member("rome", await rome(kind="member", changed_on=date(2023, 6, 1)), now=NOW, account_id=account)
    of_2023, of_2024 = await figures_of(2023), await figures_of(2024)
    assert [of_2023[code].value for code in ("members_involved", "associates_involved", "members")] == [1, 1, 1]
    assert [of_2024[code].value for code in ("members_involved", "associates_involved", "members")] == [1, 0, 1]
    before = await figures_of(2022)
    assert before["members"].value == 0
    (kept,) = await former_memberships(member)
    assert (kept["kind"], kept["ends_on"]) == ("associate", date(2023, 5, 31))
    (entry,) = await sql("SELECT detail FROM audit_entry WHERE action = 'edit_member'")
    assert entry["detail"] == "kind, changed_on"


async def test_without_a_day_it_is_a_correction_for_all_time(database):
    member, account = await a_member("Rome", kind="associate"), await an_account()
    await an_event("Forum", date(2023, 3, 1), host_member=member)
    await edit_member("rome", await rome(kind="member"), now=NOW, account_id=account)
    found = await figures_of(2023)
    assert [found[code].value for code in ("members_involved", "associates_involved")] == [1, 0]
    assert await former_memberships(member) == []


async def test_a_day_without_a_change_and_a_region_that_is_not_there_are_refused_and_nothing_is_kept(database):
    member, account = await a_member("Rome", kind="associate"), await an_account()
    with pytest.raises(Problems) as refusal:
        await edit_member("rome", await rome(changed_on=date(2023, 6, 1)), now=NOW, account_id=account)
    assert refusal.value.fields == {"changed_on": ["This day is for another kind or region; neither has changed."]}
    with pytest.raises(Problems) as refusal:
        await edit_member("rome", await rome(region="atlantis"), now=NOW, account_id=account)
    assert refusal.value.fields == {"region": ["There is no region “atlantis”."]}
    assert await former_memberships(member) == []


async def test_the_form_moves_a_member_to_another_region_from_a_day_on(app, database):
    await a_member("Rome")
    await a_member("Dakar", region="africa")
    async with await signed_in(app, "programme") as staff:
        page = (await staff.get("/staff/members/rome")).text
        assert 'value="africa"' in page
        answer = await post_form(
            staff, "/staff/members/rome",
            {
                "name": "Rome", "kind": "member", "region": "africa", "changed_on": "2023-06-01", "left_on": "",
                "time_zone": (await member_by_key("rome")).time_zone, "language": "en", "other_names": "",
            },
        )  # fmt: skip
        assert answer.status_code == 303
        page = (await staff.get("/staff/members/rome")).text
    assert "until 31 May 2023" in page
    assert (await member_by_key("rome")).region_code == "africa"
