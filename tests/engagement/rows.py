"""What members did in 2023 beside the year of tests/statistics/rows.py, to be counted by hand; see `an_engaged_year`."""

from datetime import date
from uuid import uuid4

from eventhub.database import sql
from tests.make import NOW, a_person
from tests.statistics.rows import a_lab_participant, a_registration, a_slot, a_year, an_event, an_item


async def ids():
    return {row["key"]: row["id"] for row in await sql("SELECT id, key FROM member")}


async def a_campaign(title="World Metropolitan Day 2023", slug="world-metropolitan-day-2023", start=date(2023, 10, 1)):
    new = uuid4()
    await sql(
        "INSERT INTO campaign (id, slug, title, theme, description, starts_on, ends_on, created_at) "
        "VALUES ({}, {}, {}, '', '', {}, {}, {})",
        new, slug, title, start, start.replace(day=31), NOW,
    )  # fmt: skip
    return new


async def a_submission(campaign, event, member):
    await sql(
        "INSERT INTO campaign_submission (id, campaign, organiser_kind, organiser_name, member, contact_name, "
        "contact_email, title, mode, starts_on, starts_time, time_zone, place, country, description, language, status, "
        "reason, event, submitted_at) VALUES ({}, {}, 'member', 'x', {}, 'x', 'x@example.org', 'x', 'online', {}, {}, "
        "'UTC', '', '', '', 'en', 'accepted', '', {}, {})",
        uuid4(), campaign, member, date(2023, 10, 7), NOW.time().replace(tzinfo=None), event, NOW,
    )  # fmt: skip


async def a_pilot_round(year=2023):
    new = uuid4()
    await sql(
        "INSERT INTO lab_round (id, year, title, lessons, kind) VALUES ({}, {}, 'Pilots', '', 'pilot')", new, year
    )
    return new


async def a_project(lab_round, number, name):
    new = uuid4()
    await sql(
        "INSERT INTO lab (id, lab_round, slug, number, name, full_title, description, place, country, status, "
        "created_at, kind) VALUES ({}, {}, {}, {}, {}, '', '', '', '', 'running', {}, 'pilot')",
        new, lab_round, name.lower(), number, name, NOW,
    )  # fmt: skip
    return new


async def an_accepted_application(project, member):
    person = await a_person("Contact")
    await sql(
        "INSERT INTO application (id, lab, member, contact, contact_name, motivation, offers, needs, status, reason, "
        "language, submitted_at, status_at, entry) VALUES ({}, {}, {}, {}, 'x', '', '', '', 'accepted', '', 'en', "
        "{}, {}, 1)",
        uuid4(), project, member, person, NOW, NOW,
    )  # fmt: skip


async def a_seat(member, starts_on, ends_on=None):
    rows = await sql("SELECT id FROM statutory_body WHERE code = 'board_of_directors'")
    body = rows[0]["id"] if rows else uuid4()
    if not rows:
        await sql(
            "INSERT INTO statutory_body (id, code, name, position) VALUES ({}, 'board_of_directors', 'Board', 1)", body
        )
    await sql(
        "INSERT INTO seat (id, body, member, starts_on, ends_on) VALUES ({}, {}, {}, {}, {})",
        uuid4(), body, member, starts_on, ends_on,
    )  # fmt: skip


async def an_engaged_year():
    """
    The year of `a_year` (Barcelona, Lima, Montréal, Quito, Rome), and beside it:

    Board 1 (20 February): Ana for Barcelona, two people for Rome. Board 2 (20 November): Rome.
    Congress (5 July): Lima.
    World Metropolitan Day: an own event of 7 October, hosted by Quito, with a panel of Ana (Barcelona, speaker) and Gus
    (Rome, moderator), attended for Lima and Rome; a supported event of 9 October proposed by Lima and attended for
    Montréal; an umbrella with everybody of Lima on its list. A campaign on care in the same month has an event
    of others, attended for Quito: neither its campaign nor its involvement counts.
    Pilot projects: Trams (Lima leads; Rome takes part), Canals (Lima leads), Parks (Rome takes part), Wells (Rome
    takes part).
    A member that left in March, Old Town, was at Board 1, and at Board 2 as a guest in its former name.
    A member that joined in 2023, Newtown, did nothing. Rome sits on the board.

    So the matrix has, besides what stands in `a_year`:
      Barcelona  board 1, wmd role 1, events 4 + Board 1 = 5, speakers 1 (Ana again).
      Lima       congress, wmd role 1 (its proposal), wmd events 1, L (2), events 1 + congress + wmd = 3.
      Montréal   wmd events 1.
      Newtown    nothing; new.
      Old Town   board 1, events 1.
      Quito      wmd role 1 (host).
      Rome       board 2, wmd role 1 (Gus moderated), wmd events 1, P (3), events 1 + 2 + 1 = 4.
    """
    await a_year()
    known = await ids()
    people = {row["name"]: row["id"] for row in await sql("SELECT id, name FROM person")}
    from tests.make import a_member

    old, new = await a_member("Old Town"), await a_member("Newtown")
    await sql("UPDATE member SET left_on = {} WHERE id = {}", date(2023, 3, 31), old)
    await sql("UPDATE member SET joined_year = 2023 WHERE id = {}", new)
    await a_seat(known["rome"], date(2022, 1, 1))
    await a_seat(known["lima"], date(2020, 1, 1), date(2022, 12, 31))

    board = await an_event("Board", date(2023, 2, 20), kind="board_of_directors")
    await a_registration(board, people["Ana"], known["barcelona"])
    await a_registration(board, people["Gus"], known["rome"])
    await a_registration(board, people["Kim"], known["rome"])
    await a_registration(board, people["Hal"], old)
    second = await an_event("Board", date(2023, 11, 20), kind="board_of_directors")
    await a_registration(second, people["Gus"], known["rome"])
    await a_registration(second, people["Hal"], old)
    congress = await an_event("Congress", date(2023, 7, 5), kind="congress")
    await a_registration(congress, people["Bo"], known["lima"])

    day = await a_campaign()
    own = await an_event("Landmark", date(2023, 10, 7), kind="campaign_event", campaign=day, host_member=known["quito"])
    panel = await an_item(own)
    await a_slot(panel, people["Ana"], known["barcelona"])
    await a_slot(panel, people["Gus"], known["rome"], role="moderator")
    await a_registration(own, people["Bo"], known["lima"])
    await a_registration(own, people["Kim"], known["rome"])
    theirs = await an_event("Walk", date(2023, 10, 9), kind="campaign_event", campaign=day, involvement="supported")
    await a_submission(day, theirs, known["lima"])
    await a_registration(theirs, people["Fay"], known["montreal"])
    month = await an_event("Month", date(2023, 10, 1), campaign=day, counts_in_statistics=False)
    await a_registration(month, people["Bo"], known["lima"])
    care = await a_campaign("Care", "care")
    walk = await an_event("Care walk", date(2023, 10, 8), campaign=care, involvement="supported")
    await a_registration(walk, people["Eli"], known["quito"])

    pilots = await a_pilot_round()
    trams, canals, parks, wells = [
        await a_project(pilots, number, name) for number, name in enumerate(("Trams", "Canals", "Parks", "Wells"), 1)
    ]
    await an_accepted_application(trams, known["lima"])
    await an_accepted_application(canals, known["lima"])
    await a_lab_participant(trams, people["Bo"], known["lima"])
    for project in (trams, parks, wells):
        await a_lab_participant(project, people["Gus"], known["rome"])


#: What `an_engaged_year` says, without empty cells.
COUNTED = {
    "Barcelona": {"activated": "yes", "board_meetings": 1, "wmd_organiser_or_speaker": 1, "events_attended": 5, "speakers": 1, "labs": 2},
    "Lima": {
        "activated": "yes", "annual_meeting": "yes", "bilateral_meetings": 1, "pilot_projects": "L (2)",
        "wmd_organiser_or_speaker": 1, "wmd_participant": 1, "events_attended": 3, "speakers": 1,
    },
    "Montréal": {"activated": "yes", "wmd_participant": 1},
    "Newtown": {},
    "Old Town": {"activated": "yes", "board_meetings": 1, "events_attended": 1},
    "Quito": {"activated": "yes", "wmd_organiser_or_speaker": 1, "speakers": 1},
    "Rome": {
        "activated": "yes", "board_meetings": 2, "pilot_projects": "P (3)", "wmd_organiser_or_speaker": 1,
        "wmd_participant": 1, "events_attended": 4,
    },
}  # fmt: skip
