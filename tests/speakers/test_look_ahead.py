"""The page of coming panels: the most urgent first, numbers only for those who work on events."""

from datetime import date, time, timedelta
from typing import Any

import httpx
import pytest

from eventhub.database import engine, sql, utc_now
from eventhub.speakers.look_ahead import coming_panels
from tests.make import an_event, an_item, signed_in, speaking

FIRST, BEFORE = date(2099, 3, 1), date(2099, 6, 1)


async def a_panel(title: str, *genders: str, day: date = FIRST, status: str = "confirmed", **changes: Any) -> Any:
    event = await an_event(title=f"Event of {title}", publish=False, starts_on=day, ends_on=day, **changes)
    item = await an_item(event, title, starts_on=day, ends_on=day)
    await speaking(item, *genders, status=status)
    return event


async def test_what_lacks_most_comes_first_then_what_cannot_be_told_then_the_rest(database: None) -> None:
    await a_panel("Balanced", "woman", "man", day=FIRST)
    await a_panel("Nobody knows", "", "", day=FIRST)
    await a_panel("One short", "man", "man", day=FIRST)
    await a_panel("Two short, later", *["man"] * 4, day=date(2099, 5, 1))
    await a_panel("Two short, sooner", *["woman"] * 4, day=date(2099, 4, 1))
    found = await coming_panels(FIRST, BEFORE)
    assert [(panel.line_up.title, panel.finding.missing, panel.finding.missing_group) for panel in found] == [
        ("Two short, sooner", 2, "men"),
        ("Two short, later", 2, "women"),
        ("One short", 1, "women"),
        ("Nobody knows", 0, ""),
        ("Balanced", 0, ""),
    ]
    assert [(panel.change.swaps, panel.change.additions) for panel in found[:3] if panel.change] == [
        (2, 3), (2, 3), (1, 1),
    ]  # fmt: skip


async def test_only_panels_that_somebody_can_still_mend_are_listed(database: None) -> None:
    await a_panel("Too late", "man", "man", day=date(2099, 2, 28))
    await a_panel("Too early to look", "man", "man", day=BEFORE)
    await a_panel("Of others", "man", "man", involvement="spoke_at")
    await a_panel("Not checked", "woman", "woman", parity_exempt_reason="A programme for women who lead")
    cancelled = await a_panel("Called off", "man", "man")
    await sql("UPDATE event SET status = 'cancelled', sequence = 1 WHERE id = {}", cancelled.id)
    one = await an_event(title="One speaker", publish=False)
    await speaking(await an_item(one), "man")
    await a_panel("This one", "man", "man")
    assert [panel.line_up.title for panel in await coming_panels(FIRST, BEFORE)] == ["This one"]


async def test_who_has_not_answered_is_named(database: None) -> None:
    event = await a_panel("Panel", "man")
    item = (await sql("SELECT id FROM programme_item WHERE event = {}", event.id))[0]
    from eventhub.events.queries import item_by_id

    await speaking(await item_by_id(item["id"]), "woman", name="Zoe Example", status="invited")
    await speaking(await item_by_id(item["id"]), "woman", name="Amal Example", status="declined")
    (panel,) = await coming_panels(FIRST, BEFORE)
    assert panel.invited == ("Zoe Example",)


async def test_sixty_panels_cost_as_many_queries_as_two(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    kind: Any = type(engine())
    plain, seen = kind.run_querystring, []

    async def counting(self: Any, querystring: Any, *rest: Any, **more: Any) -> Any:
        seen.append(querystring)
        return await plain(self, querystring, *rest, **more)

    async def queries() -> int:
        with monkeypatch.context() as patched:
            patched.setattr(kind, "run_querystring", counting)
            seen.clear()
            await coming_panels(FIRST, BEFORE)
            return len(seen)

    await a_panel("First", "man", "man")
    await a_panel("Second", "man", "man")
    few = await queries()
    for number in range(58):
        event = await an_event(title=f"Event {number}", publish=False)
        item = await an_item(event, f"Panel {number}", starts_time=time(10), ends_time=time(11))
        await speaking(item, "man", "man")
    assert len(await coming_panels(FIRST, BEFORE)) == 60
    assert await queries() == few


async def test_readers_of_reports_see_results_but_no_numbers_of_single_panels(
    client: httpx.AsyncClient, app: Any
) -> None:
    soon = utc_now().date() + timedelta(days=30)
    await a_panel("All men", "man", "man", "man", day=soon)
    async with await signed_in(app, "organiser") as staff:
        page = (await staff.get("/staff/parity")).text
        assert ("All men" in page, "Not balanced" in page, "1 woman" in page) == (True, True, True)
    async with await signed_in(app, "reader") as reader:
        page = (await reader.get("/staff/parity")).text
        assert ("All men" in page, "Not balanced" in page, "1 woman" in page, "Non-binary" in page) == (
            True, True, False, False,
        )  # fmt: skip
    assert (await client.get("/staff/parity")).status_code in (303, 401)


async def test_an_empty_quarter_says_so(client: httpx.AsyncClient, app: Any) -> None:
    async with await signed_in(app, "programme") as staff:
        assert "No panel is coming" in (await staff.get("/staff/parity")).text
