"""Plans: the facts as loaded, the order of codes, and events as evidence."""

from typing import Any

import pytest

from eventhub.database import sql
from eventhub.directory.imports import load_facts
from eventhub.errors import NotFound
from eventhub.events.queries import deliverables
from eventhub.plans.queries import plan_by_code, plans
from eventhub.plans.rules import DeliverableStatus, code_order
from tests.make import NOW, an_event, signed_in

PLAN = "2018-2020"


def test_codes_are_ordered_by_their_numbers() -> None:
    codes = ["L2M10", "L2M1", "L10M1", "", "L2M9", "Ł", "9" * 600]
    assert sorted(["L2M10", "L2M1", "L10M1", "L2M9"], key=code_order) == ["L2M1", "L2M9", "L2M10", "L10M1"]
    assert len(sorted(codes, key=code_order)) == len(codes)


async def test_the_plan_is_loaded_once_as_the_report_prints_it(database: None) -> None:
    await load_facts(now=NOW)
    await load_facts(now=NOW)
    plan = await plan_by_code(PLAN)
    assert [len(line.measures) for line in plan.lines] == [8, 11, 8]
    assert (len(plan.measures), len(plan.deliverables)) == (27, 65)
    assert plan.by_status == [("done", 50), ("under_way", 0), ("not_done", 6), ("unresolved", 9)]
    assert [measure.code for measure in plan.lines[1].measures][-2:] == ["L2M10", "L2M11"]
    parity = plan.lines[0].measures[2].deliverables[1]
    assert (parity.code, parity.name, parity.status, parity.events) == (
        "L1M3D2", "Gender parity at events and debates, speakers above all", "unresolved", (),
    )  # fmt: skip
    assert "2018-2020/L1M3/L1M3D2" in [row["code"] for row in await deliverables()]


async def test_what_staff_have_changed_stays(database: None) -> None:
    await load_facts(now=NOW)
    await sql("UPDATE deliverable SET status = 'under_way' WHERE code = 'L1M3D2'")
    assert await load_facts(now=NOW) == 0
    assert dict((await plan_by_code(PLAN)).by_status)["under_way"] == 1


async def test_every_status_can_be_kept(database: None) -> None:
    await load_facts(now=NOW)
    for status in DeliverableStatus:
        await sql("UPDATE deliverable SET status = {} WHERE code = 'L1M3D2'", status)


async def test_events_are_evidence_until_they_are_cancelled(database: None) -> None:
    await load_facts(now=NOW)
    code = "2018-2020/L2M3/L2M3D3"
    for title, publish in (("Observatory", True), ("Draft", False), ("Called off", True)):
        await an_event(title=title, deliverables=(code,), publish=publish)
    await sql("UPDATE event SET status = 'cancelled', sequence = 1 WHERE title = 'Called off'")
    plan = await plan_by_code(PLAN)
    (one,) = [one for one in plan.deliverables if one.events]
    assert (one.code, one.evidence, plan.with_evidence) == ("L2M3D3", 2, 1)
    assert [event["title"] for event in one.events] == ["Observatory", "Draft", "Called off"] or [
        event["title"] for event in one.events
    ] == ["Draft", "Observatory", "Called off"]
    assert [(plan.code, plan.with_evidence) for plan in await plans()][-1] == (PLAN, 1)


async def test_there_are_the_plans_of_the_action_lines_the_newest_first(database: None) -> None:
    assert await plans() == []
    await load_facts(now=NOW)
    codes = [plan.code for plan in await plans()]
    assert codes == sorted(codes, reverse=True) and codes[-1] == PLAN


@pytest.mark.parametrize("code", ["1999-2001", "", "2018-2020\x00", "x" * 600, "L1"])
async def test_an_unknown_plan_is_not_found(database: None, code: str) -> None:
    await load_facts(now=NOW)
    with pytest.raises(NotFound):
        await plan_by_code(code)


async def test_all_staff_read_the_plans(app: Any, database: None) -> None:
    async with await signed_in(app, "reader") as browser:
        assert "There are no plans yet" in (await browser.get("/staff/plans")).text
        await load_facts(now=NOW)
        await an_event(title="<b>Observatory</b>", deliverables=("2018-2020/L2M3/L2M3D3",))
        listed = await browser.get("/staff/plans")
        assert 'href="/staff/plans/2018-2020"' in listed.text
        page = await browser.get("/staff/plans/2018-2020")
        assert page.status_code == 200
        row = page.text[page.text.index('id="L2M3D3"') :]
        row = row[: row.index("</tr>")]
        assert "&lt;b&gt;Observatory" in row and "Done" in row and "<p>1 event</p>" in row
        assert "No measures are known of this line." in (await browser.get("/staff/plans/2024-2026")).text
        assert (await browser.get("/staff/plans/nothing")).status_code == 404
