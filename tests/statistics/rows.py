"""A year small enough to be counted by hand; what is in it stands in `a_year`."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from eventhub.database import sql
from eventhub.directory.folding import fold, slugify
from tests.make import NOW, a_member, a_person, an_account

YEAR = 2023


async def an_event(title: str, day: date, **changed: Any) -> UUID:
    """A published own forum in person; what is given differs."""
    new = uuid4()
    row = {
        "id": new, "slug": slugify(f"{title}-{day}"), "title": title, "title_folded": fold(title), "kind": "forum",
        "mode": "in_person", "involvement": "organised", "status": "published", "starts_on": day, "ends_on": day,
        "place": "Barcelona", "country": "ES", "online_url": "", "description": "", "counts_in_statistics": True,
        "parity_exempt_reason": "", "printed_start": "", "printed_end": "", "printed_title": "",
        "printed_location": "", "calendar_uid": str(new), "cancel_reason": "", "created_at": NOW, "updated_at": NOW,
    } | changed  # fmt: skip
    marks = ", ".join("{}" for _ in row)
    await sql(f"INSERT INTO event ({', '.join(row)}) VALUES ({marks})", *row.values())
    await sql("INSERT INTO seat_pool (id, event, is_open) VALUES ({}, {}, {})", uuid4(), new, True)
    return new


async def an_item(event: UUID, title: str = "Panel") -> UUID:
    """A programme item; its hours do not matter here."""
    new = uuid4()
    starts = NOW.replace(year=YEAR)
    await sql(
        "INSERT INTO programme_item (id, event, title, kind, starts_on, starts_time, ends_on, ends_time, starts_at, "
        "ends_at, room, description, parity_exempt_reason) VALUES ({}, {}, {}, 'panel', {}, {}, {}, {}, {}, {}, '', '', '')",
        new, event, title, starts.date(), starts.time(), starts.date(), starts.replace(hour=10).time(), starts,
        starts.replace(hour=10),
    )  # fmt: skip
    return new


async def a_slot(item: UUID, person: UUID, member: UUID | None = None, *, role: str = "speaker", status: str = "confirmed", level: str = "technical") -> None:  # fmt: skip
    """A person's part in a programme item."""
    await sql(
        "INSERT INTO speaker_slot (id, programme_item, person, role, level, status, member, created_at) "
        "VALUES ({}, {}, {}, {}, {}, {}, {}, {})",
        uuid4(), item, person, role, level, status, member, NOW,
    )  # fmt: skip


async def a_registration(event: UUID, person: UUID, member: UUID | None = None, *, attended: bool = True, items: tuple[UUID, ...] = ()) -> None:  # fmt: skip
    """A confirmed registration with attendance at the event, and perhaps at some of its items as well."""
    new = uuid4()
    pool = (await sql("SELECT id FROM seat_pool WHERE event = {}", event))[0]["id"]
    await sql(
        "INSERT INTO registration (id, event, pool, person, name, status, attends, member, organisation, city, country, "
        "language, time_zone, answers, registered_at, status_at) "
        "VALUES ({}, {}, {}, {}, 'x', 'confirmed', 'on_site', {}, '', '', '', 'en', '', {}, {}, {})",
        new, event, pool, person, member, "{}", NOW, NOW,
    )  # fmt: skip
    for item in (*([None] if attended else []), *items):
        await sql(
            "INSERT INTO attendance (id, registration, programme_item, mode, source, recorded_at) "
            "VALUES ({}, {}, {}, 'on_site', 'staff', {})",
            uuid4(), new, item, NOW,
        )  # fmt: skip


async def a_head_count(event: UUID, women: int, men: int, others: int = 0, undisclosed: int = 0) -> None:
    """Numbers without names."""
    await sql(
        "INSERT INTO head_count (event, women, men, others, undisclosed, political, source, recorded_at) "
        "VALUES ({}, {}, {}, {}, {}, 0, 'counted', {})",
        event, women, men, others, undisclosed, NOW,
    )  # fmt: skip


async def the_themes() -> dict[str, UUID]:
    """The five thematic priorities."""
    codes = ("futures", "ecosystems", "cohesion", "institutions", "gender")
    found = {}
    for position, code in enumerate(codes, start=1):
        found[code] = uuid4()
        await sql(
            "INSERT INTO theme (id, code, name, tag, position) VALUES ({}, {}, {}, {}, {})",
            found[code], code, code.title(), code, position,
        )  # fmt: skip
    return found


async def a_round(year: int) -> UUID:
    """The labs of one call period."""
    new = uuid4()
    await sql("INSERT INTO lab_round (id, year, title, lessons) VALUES ({}, {}, 'Round', '')", new, year)
    return new


async def a_lab(lab_round: UUID, number: int, name: str, *themes: UUID) -> UUID:
    """A finished lab with its themes."""
    new = uuid4()
    await sql(
        "INSERT INTO lab (id, lab_round, slug, number, name, full_title, description, place, country, status, created_at) "
        "VALUES ({}, {}, {}, {}, {}, '', '', '', '', 'finished', {})",
        new, lab_round, slugify(name), number, name, NOW,
    )  # fmt: skip
    for theme in themes:
        await sql("INSERT INTO lab_theme (id, lab, theme) VALUES ({}, {}, {})", uuid4(), new, theme)
    return new


async def a_partner(name: str, event: UUID) -> None:
    """A partner that hosts an event."""
    partner = uuid4()
    await sql(
        "INSERT INTO partner (id, key, name, name_folded, country, updated_at) VALUES ({}, {}, {}, {}, '', {})",
        partner, name, name, name, NOW,
    )  # fmt: skip
    await sql(
        "INSERT INTO event_partner (id, event, partner, role) VALUES ({}, {}, {}, 'host')", uuid4(), event, partner
    )


async def a_session(lab: UUID, day: date, number: int = 1) -> UUID:
    """An online session of a lab."""
    event = await an_event(f"Session {day:%d}", day, kind="lab_session", mode="online", place="", country="")
    await sql("INSERT INTO lab_session (event, lab, number) VALUES ({}, {}, {})", event, lab, number)
    return event


async def a_lab_participant(lab: UUID, person: UUID, member: UUID, role: str = "participant") -> None:
    """An accepted person."""
    await sql(
        "INSERT INTO lab_participant (id, lab, person, member, role, joined_at) VALUES ({}, {}, {}, {}, {}, {})",
        uuid4(), lab, person, member, role, NOW,
    )  # fmt: skip


async def a_year() -> None:
    """
    The year 2023, to be counted by hand.

    People: Ana (woman), Bo, Dee, Eli, Gus, Hal (men), Fay, Kim (women), Jo (non-binary), Chi (prefers not to say),
    Ian (never asked).

    Own events that count: five.
      Forum       list: Ana (also at the panel), Bo, Chi; Dee registered and stayed away; a head count of 100 + 100
                  beside the list. Panel: Ana (speaker), Eli (panellist), Fay (invited), Gus (moderator), Hal (declined).
                  Hosted by Barcelona. There: Ana, Bo, Chi, Eli, Gus = 1 woman, 3 men, 1 unknown.
      Webinar     no list, head count 3 women, 2 men, 1 other, 4 undisclosed. Panel: Ana (political level), Ian.
                  There: 3 + 1 women, 2 men, 1 other, 4 + 1 unknown = 12.
      Debate      list: Ana, Jo. Panel: Bo (political level), Eli; published with an exception.
                  There: 1 woman, 2 men, 1 other = 4.
      Session 15  list: Ana, Chi. There: 1 woman, 1 unknown.
      Session 16  list: Ana, Gus. There: 1 woman, 1 man.
    Not counted: the umbrella (Kim attended), a cancelled event, a draft, an internal meeting, a bilateral one.
    Events of others: a congress where the association spoke, an imported row; one more is supported.
    Labs: Water (futures, gender) with Ana for Barcelona, Chi for the associate, Bo for Lima, who never came;
    Care (gender) with Ana for Barcelona and the expert Gus for Rome.
    The year before: one own forum (Ana), no lab.
    """
    barcelona = await a_member("Barcelona")
    lima, quito, rome, montreal = [await a_member(name) for name in ("Lima", "Quito", "Rome", "Montréal")]
    academy = await a_member("Academy", kind="associate")
    gone, later = await a_member("Gone"), await a_member("Later")
    await sql("UPDATE member SET left_on = {} WHERE id = {}", date(2022, 12, 31), gone)
    await sql("UPDATE member SET joined_year = 2024 WHERE id = {}", later)
    ana, fay, kim = [await a_person(name, gender="woman") for name in ("Ana", "Fay", "Kim")]
    bo, dee, eli, gus, hal = [await a_person(name, gender="man") for name in ("Bo", "Dee", "Eli", "Gus", "Hal")]
    jo, chi = await a_person("Jo", gender="non_binary"), await a_person("Chi", gender="undisclosed")
    ian = await a_person("Ian")

    forum = await an_event("Forum", date(2023, 5, 10), ends_on=date(2023, 5, 11), host_member=barcelona)
    panel = await an_item(forum)
    await a_registration(forum, ana, barcelona, items=(panel,))
    await a_registration(forum, bo, lima)
    await a_registration(forum, chi, academy)
    await a_registration(forum, dee, montreal, attended=False)
    await a_head_count(forum, 100, 100)
    await a_slot(panel, ana, barcelona)
    await a_slot(panel, eli, quito, role="panellist")
    await a_slot(panel, fay, montreal, status="invited")
    await a_slot(panel, gus, role="moderator")
    await a_slot(panel, hal, montreal, status="declined")

    webinar = await an_event(
        "Webinar", date(2023, 3, 3), kind="webinar", mode="online", involvement="co_organised", place="", country=""
    )  # fmt: skip
    await a_head_count(webinar, 3, 2, 1, 4)
    panel = await an_item(webinar)
    await a_slot(panel, ana, barcelona, level="political")
    await a_slot(panel, ian, role="keynote")

    debate = await an_event(
        "Debate", date(2023, 10, 1), kind="policy_debate", mode="hybrid", place="Quito", country="EC", ends_on=None
    )  # fmt: skip
    await a_registration(debate, ana, barcelona)
    await a_registration(debate, jo)
    panel = await an_item(debate)
    await a_slot(panel, bo, lima, level="political")
    await a_slot(panel, eli, quito)
    account = await an_account("organiser")
    await sql(
        "INSERT INTO parity_exception (id, event, account, reason, findings, granted_at) VALUES ({}, {}, {}, {}, {}, {})",
        uuid4(), debate, account, "Two women had to cancel.", "“Panel” has one gender only.", NOW,
    )  # fmt: skip

    umbrella = await an_event("Umbrella", date(2023, 6, 1), counts_in_statistics=False)
    await a_registration(umbrella, kim, rome)
    cancelled = await an_event("Cancelled", date(2023, 6, 2), status="cancelled")
    await a_head_count(cancelled, 50, 50)
    await an_event("Draft", date(2023, 6, 3), status="draft")
    await an_event("Internal", date(2023, 6, 4), kind="internal")
    await an_event("Bilateral", date(2023, 6, 5), kind="bilateral", host_member=lima)
    await an_event("Summit of others", date(2023, 7, 1), involvement="spoke_at", place="Singapore", country="SG")
    await an_event("Supported", date(2023, 7, 2), involvement="supported")
    await an_event(
        "Cities are listening", date(2023, 4, 3), involvement="participated", mode="online", ends_on=None,
        printed_start="3/4/2023", printed_title="“Cities are listening", printed_location="online",
        import_key="calendar:7",
    )  # fmt: skip

    themes = await the_themes()
    lab_round = await a_round(2023)
    water = await a_lab(lab_round, 1, "Water", themes["futures"], themes["gender"])
    care = await a_lab(lab_round, 2, "Care", themes["gender"])
    first, second = await a_session(water, date(2023, 6, 15)), await a_session(care, date(2023, 6, 16))
    await a_lab_participant(water, ana, barcelona)
    await a_lab_participant(water, chi, academy)
    await a_lab_participant(water, bo, lima)
    await a_lab_participant(care, ana, barcelona)
    await a_lab_participant(care, gus, rome, role="expert")
    await a_registration(first, ana, barcelona)
    await a_registration(first, chi, academy)
    await a_registration(second, ana, barcelona)
    await a_registration(second, gus, rome)

    before = await an_event("Forum", date(2022, 5, 10))
    await a_registration(before, ana, barcelona)


async def a_year_of_meetings() -> None:
    """
    The year 2021, to be counted by hand: a congress, an assembly, the board, a campaign, learning, partners, scores.

    Members: Lima (left on 30 June 2021), Quito, Rome (an associate until 31 May 2021), Oslo joined in 2021.
      Congress    1 May. Ana of Lima (political level, city Callao), Bo of Quito (no city), Cy of Rome, still an
                  associate (city Roma, IT), Di of nobody (city Paris, FR), Ed of nobody (city quito, EC).
                  5 people; representatives Ana and Bo of Lima and Quito; cities Callao, Quito, Roma, Paris;
                  countries PE, EC, IT, FR. On gender.
      Assembly    1 July. Ana of Lima, which has left; Bo of Quito, political; Cy of Rome, a member by now.
                  3 people, members Quito and Rome, political Ana and Bo.
      Board       2 July and 3 July, seats of Lima (until 30 June), Quito, Rome. On 2 July Bo of Quito came;
                  on 3 July nobody's attendance is recorded: 1 of 2 seats, 50 %.
      Webinar     of the campaign: Ana and Di came; Fay spoke for Oslo as a panellist.
                  Bilateral with Quito: Bo, Ana. An umbrella of the campaign with Di.
      Others      a forum on gender where the association spoke, of the federation (partner uclg) and a foundation;
                  a seminar in which it took part, on gender; a bilateral meeting of others.
    Scores of the webinar: 5, 4, 4, 5, 5.
    """
    lima, quito, rome, oslo = [await a_member(name) for name in ("Lima", "Quito", "Rome", "Oslo")]
    await sql("UPDATE member SET left_on = {} WHERE id = {}", date(2021, 6, 30), lima)
    await sql("UPDATE member SET joined_year = 2021 WHERE id = {}", oslo)
    region = (await sql("SELECT region FROM member WHERE id = {}", rome))[0]["region"]
    await sql(
        "INSERT INTO former_membership (id, member, kind, region, ends_on) VALUES ({}, {}, 'associate', {}, {})",
        uuid4(), rome, region, date(2021, 5, 31),
    )  # fmt: skip
    ana, di, fay = [await a_person(name, gender="woman") for name in ("Ana", "Di", "Fay")]
    bo, cy = [await a_person(name, gender="man") for name in ("Bo", "Cy")]
    ed = await a_person("Ed")
    themes = await the_themes()

    async def of(event: UUID, person: UUID, member: UUID | None, city: str = "", country: str = "", level: str | None = None) -> None:  # fmt: skip
        await a_registration(event, person, member)
        await sql(
            "UPDATE registration SET city = {}, country = {}, level = {} WHERE event = {} AND person = {}",
            city, country, level, event, person,
        )  # fmt: skip

    async def on_gender(event: UUID) -> None:
        await sql("INSERT INTO event_theme (id, event, theme) VALUES ({}, {}, {})", uuid4(), event, themes["gender"])

    congress = await an_event("Congress", date(2021, 5, 1), kind="congress")
    await on_gender(congress)
    await of(congress, ana, lima, "Callao", "PE", "political")
    await of(congress, bo, quito, "", "EC", "technical")
    await of(congress, cy, rome, "Roma", "IT")
    await of(congress, di, None, "Paris", "FR")
    await of(congress, ed, None, "quito", "EC")
    assembly = await an_event("Assembly", date(2021, 7, 1), kind="general_assembly")
    await of(assembly, ana, lima, level="political")
    await of(assembly, bo, quito, level="political")
    await of(assembly, cy, rome)

    body = uuid4()
    await sql("DELETE FROM statutory_body WHERE code = 'board_of_directors'")
    await sql("INSERT INTO statutory_body (id, code, name) VALUES ({}, 'board_of_directors', 'Board')", body)
    for member, last in ((lima, date(2021, 6, 30)), (quito, None), (rome, None)):
        await sql(
            "INSERT INTO seat (id, body, member, starts_on, ends_on) VALUES ({}, {}, {}, {}, {})",
            uuid4(), body, member, date(2020, 1, 1), last,
        )  # fmt: skip
    board = await an_event("Board", date(2021, 7, 2), kind="board_of_directors", mode="online")
    await of(board, bo, quito)
    await an_event("Board", date(2021, 7, 3), kind="board_of_directors", mode="online")

    campaign = uuid4()
    await sql(
        "INSERT INTO campaign (id, slug, title, theme, description, starts_on, ends_on, is_public, created_at) "
        "VALUES ({}, 'world-metropolitan-day-2021', 'World Metropolitan Day', '', '', {}, {}, {}, {})",
        campaign, date(2021, 10, 1), date(2021, 10, 31), True, NOW,
    )  # fmt: skip
    webinar = await an_event("Webinar", date(2021, 10, 7), kind="webinar", mode="online", campaign=campaign)
    await of(webinar, ana, None, "Callao", "PE")
    await of(webinar, di, None, "Paris", "FR")
    await a_slot(await an_item(webinar), fay, oslo, role="panellist")
    umbrella = await an_event("The day", date(2021, 10, 7), campaign=campaign, counts_in_statistics=False)
    await of(umbrella, di, None)
    bilateral = await an_event("Bilateral", date(2021, 8, 1), kind="bilateral", host_member=quito)
    await of(bilateral, bo, quito)
    await of(bilateral, ana, None)

    forum = await an_event("Forum of others", date(2021, 9, 1), kind="global_event", involvement="spoke_at")
    seminar = await an_event("Seminar of others", date(2021, 9, 2), kind="seminar", involvement="participated")
    for event in (forum, seminar):
        await on_gender(event)
    await an_event("Bilateral of others", date(2021, 9, 3), kind="bilateral", involvement="participated")
    for name in ("uclg", "foundation"):
        await a_partner(name, forum)
    for person, score in ((ana, 5), (di, 4), (fay, 4), (bo, 5), (cy, 5)):
        await sql(
            "INSERT INTO feedback (id, event, person, language, asked_at, usefulness, overall, answered_at) "
            "VALUES ({}, {}, {}, 'en', {}, 5, {}, {})",
            uuid4(), webinar, person, NOW, score, NOW,
        )  # fmt: skip
