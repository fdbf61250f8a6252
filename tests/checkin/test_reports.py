"""Participant reports of the common tools; every name is invented."""

import contextlib
import io
import random
from uuid import UUID, uuid4

import pytest
import xlsxwriter

from eventhub.checkin.queries import Seated
from eventhub.checkin.reports import Participant, plan_report, read_duration, read_report, seconds_of
from eventhub.spreadsheets import BadFile

ZOOM_EN = """Meeting ID,Topic,Start Time,End Time,User Email,Duration (Minutes),Participants
123 4567 8901,Care in the metropolis,11/25/2026 09:55:00 AM,11/25/2026 12:05:00 PM,host@example.org,130,3

Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest,Recording Consent,In Waiting Room
Alex Example,alex@example.org,11/25/2026 10:00:00 AM,11/25/2026 10:30:00 AM,30,Yes,,No
Alex Example,alex@example.org,11/25/2026 10:40:00 AM,11/25/2026 11:10:00 AM,30,Yes,,No
Bo (Bo Sample),,11/25/2026 10:00:00 AM,11/25/2026 10:05:00 AM,5,Yes,,No
Bo (Bo Sample),,11/25/2026 09:50:00 AM,11/25/2026 10:00:00 AM,10,Yes,,Yes
"""
ZOOM_ES = """Nombre (nombre original),Correo electrónico,Hora de entrada,Hora de salida,Duración (minutos),Invitado
Álex Ejemplo,alex@example.org,25/11/2026 10:00:00,25/11/2026 10:45:00,45,Sí
"""
ZOOM_FR = """Nom (nom d'origine);Adresse e-mail;Heure d'arrivée;Heure de départ;Durée (minutes);Invité
Élodie Exemple;elodie@example.org;25/11/2026 10:00:00;25/11/2026 10:45:00;45;Oui
"""
TEAMS = """1. Summary
Meeting title\tCare in the metropolis
Attended participants\t2
Start time\t11/25/26, 9:58:00 AM
End time\t11/25/26, 12:01:00 PM
Meeting duration\t2h 3m
Average attendance time\t55m 3s

2. Participants
Name\tFirst Join\tLast Leave\tIn-Meeting Duration\tEmail\tParticipant ID (UPN)\tRole
Alex Example\t11/25/26, 10:00:00 AM\t11/25/26, 12:00:00 PM\t1h 5m 3s\talex@example.org\talex@example.org\tPresenter
Bo Sample (Guest)\t11/25/26, 10:00:00 AM\t11/25/26, 10:45:00 AM\t45m\t\t\tAttendee

3. In-Meeting Activities
Name\tJoin Time\tLeave Time\tDuration\tEmail\tRole
Alex Example\t11/25/26, 10:00:00 AM\t11/25/26, 11:00:00 AM\t1h\talex@example.org\tPresenter
Alex Example\t11/25/26, 11:54:57 AM\t11/25/26, 12:00:00 PM\t5m 3s\talex@example.org\tPresenter
Bo Sample (Guest)\t11/25/26, 10:00:00 AM\t11/25/26, 10:45:00 AM\t45m\t\tAttendee
"""
TEAMS_ES = """2. Participantes
Nombre\tPrimera entrada\tÚltima salida\tDuración de la reunión\tCorreo electrónico\tRol
Álex Ejemplo\t25/11/26 10:00:00\t25/11/26 11:00:00\t1 h 0 min 0 s\talex@example.org\tModerador
"""
TEAMS_FR = """2. Participants
Nom\tPremière connexion\tDernier départ\tDurée de la réunion\tAdresse e-mail\tRôle
Élodie Exemple\t25/11/26 10:00:00\t25/11/26 11:00:00\t1 h et 2 s\telodie@example.org\tOrganisateur
"""
WEBEX = '''Meeting Name,Meeting Start Time,Meeting End Time,Display Name,First Name,Last Name,Attendee Email,Join Time,Leave Time,Attendance Duration,Connection Type
"=""Care""","=""2026-11-25 09:55:00""","=""2026-11-25 12:00:00""","=""Alex E.""","=""Alex""","=""Example""","=""alex@example.org""","=""2026-11-25 10:00:00""","=""2026-11-25 10:45:00""","=""45 mins""","=""Desktop app"""
'''
MEET = """First name,Last name,Email,Duration,Time joined,Time exited
Alex,Example,alex@example.org,1 hr 5 min,10:00 AM,11:05 AM
Bo,,,57 min,11:30 PM,12:27 AM
"""


def minutes(content: bytes, filename: str = "report.csv") -> list[tuple[str, str, float]]:
    return [(one.name, one.email, round(seconds_of(one.sessions) / 60, 2)) for one in read_report(content, filename)]


@pytest.mark.parametrize(
    ("content", "people"),
    [
        (ZOOM_EN.encode(), [("Alex Example", "alex@example.org", 60), ("Bo (Bo Sample)", "", 5)]),
        (ZOOM_EN.replace("\n", "\r\n").encode("utf-8-sig"), [("Alex Example", "alex@example.org", 60), ("Bo (Bo Sample)", "", 5)]),
        (ZOOM_ES.encode(), [("Álex Ejemplo", "alex@example.org", 45)]),
        (ZOOM_FR.encode(), [("Élodie Exemple", "elodie@example.org", 45)]),
        (TEAMS.encode("utf-16"), [("Alex Example", "alex@example.org", 65.05), ("Bo Sample (Guest)", "", 45)]),
        (TEAMS.partition("3. In-Meeting")[0].encode("utf-16"), [("Alex Example", "alex@example.org", 65.05), ("Bo Sample (Guest)", "", 45)]),
        (TEAMS_ES.encode("utf-16"), [("Álex Ejemplo", "alex@example.org", 60)]),
        (TEAMS_FR.encode("utf-16"), [("Élodie Exemple", "elodie@example.org", 60)]),
        (WEBEX.encode("utf-8"), [("Alex Example", "alex@example.org", 45)]),
        (MEET.encode(), [("Alex Example", "alex@example.org", 65), ("Bo", "", 57)]),
        (b"Name,Duration (seconds)\nAlex Example,600\n", [("Alex Example", "", 10)]),
        (b"Email,Duration\nalex@example.org,0:45:30\n", [("", "alex@example.org", 45.5)]),
        (b"Participant;Join time;Leave time\nAlex Example;2026-11-25T10:00:00Z;2026-11-25T10:20:00Z\n", [("Alex Example", "", 20)]),
        ("Nombre,Hora de entrada,Hora de salida\nÁlex Ejemplo,10:00:00 a. m.,1:00:00 p. m.\n".encode(), [("Álex Ejemplo", "", 180)]),
    ],
    ids=[
        "Zoom", "Zoom saved by Excel", "Zoom in Spanish", "Zoom in French", "Teams", "Teams without activities",
        "Teams in Spanish", "Teams in French", "Webex", "Meet", "seconds", "clock duration", "times only", "a. m.",
    ],
)  # fmt: skip
def test_reports_of_the_common_tools_are_read(content: bytes, people: list[tuple[str, str, float]]) -> None:
    assert minutes(content) == people


def test_an_xlsx_is_read_like_a_csv() -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["Care in the metropolis"])
        page.write_row(2, 0, ["Name", "E-mail", "Duration (Minutes)"])
        page.write_row(3, 0, ["Alex Example", "alex@example.org", 30])
        page.write_row(4, 0, ["Alex Example", "alex@example.org", 12.5])
    assert minutes(file.getvalue(), "report.xlsx") == [("Alex Example", "alex@example.org", 42.5)]


@pytest.mark.parametrize(
    ("text", "unit", "seconds"),
    [
        ("45", "Duration (Minutes)", 2700), ("45", "Duration (Seconds)", 45), ("45", "Duración (segundos)", 45),
        ("45", "Durée (secondes)", 45), ("45.5", "", 2730), ("45,5", "", 2730), ("1:05:03", "", 3903),
        ("0:45", "", 2700), ("1 day, 1:00:00", "", 90000), ("1h 5m 3s", "", 3903), ("1 hr 5 min", "", 3900),
        ("57 mins", "", 3420), ("1 h 5 min 3 s", "", 3903), ("2 horas y 5 minutos", "", 7500),
        ("1 heure et 2 secondes", "", 3602), ("12 s", "", 12), ("1.5 hours", "", 5400), ("0", "", 0),
        ("soon", "", None), ("", "", None), ("-5", "", None), ("1:75", "", None), ("5 min ago", "", None),
        ("99999999999 h", "", None), ("9" * 500, "", None), ("=1+1", "", None),
    ],
)  # fmt: skip
def test_durations_are_read_as_the_tools_write_them(text: str, unit: str, seconds: float | None) -> None:
    assert read_duration(text, unit) == seconds


def test_sessions_that_overlap_count_once_and_rejoins_are_added_up() -> None:
    content = (
        b"Name,Join time,Leave time,Duration\n"
        b"Alex Example,10:00,10:40,40\nAlex Example,10:20,10:50,30\nALEX  EXAMPLE,11:00,11:10,10\n"
    )
    assert minutes(content) == [("Alex Example", "", 60)]


@pytest.mark.parametrize(
    ("content", "filename", "sentence"),
    [
        (b"", "a.csv", "No line of this file names the columns of a participant report: a name or an e-mail address, and a duration or the times of joining and leaving."),
        (b"Name,Colour\nAlex,blue\n", "a.csv", "No line of this file names the columns of a participant report: a name or an e-mail address, and a duration or the times of joining and leaving."),
        (b"Name,Duration\n", "a.csv", "The file has a line of column names and nothing else."),
        (b"Name,Duration\nAlex,soon\nBo,5\n", "a.csv", "Line 2, column “Duration”: “soon” is no length of time that is understood."),
        (b"Name,Duration\nAl\x00ex,5\n", "a.csv", "Line 2 holds a character that cannot be kept."),
        (b"Name,Duration\nAl\xff,5\n", "a.csv", "This file is neither UTF-8 nor UTF-16. Please save it as “CSV UTF-8” or as XLSX."),
        (b"\xff\xfeN", "a.csv", "This file is neither UTF-8 nor UTF-16. Please save it as “CSV UTF-8” or as XLSX."),
        (b"no workbook", "a.xlsx", "This file is not an XLSX. Please save it as XLSX or as CSV."),
        (b"PK\x03\x04 no archive", "a.xlsx", "This file is not an XLSX. Please save it as XLSX or as CSV."),
        (b"x" * 5_000_001, "a.csv", "The file is larger than 5 MB."),
        (b"Name,Duration\n" + b"Alex,5\n" * 20_001, "a.csv", "The file has more than 20000 rows."),
        (b"Name,Duration" + b",x" * 200, "a.csv", "The file has more than 200 columns."),
        (b"Name,Duration\n" + b"x" * 200_000 + b",5\n", "a.csv", "Line 2: a cell is too long."),
    ],
    ids=["empty", "no columns", "nobody", "no duration", "NUL", "Latin", "half UTF-16", "no XLSX", "no archive", "huge", "rows", "columns", "cell"],
)  # fmt: skip
def test_what_is_no_report_is_refused_with_a_sentence(content: bytes, filename: str, sentence: str) -> None:
    with pytest.raises(BadFile) as refused:
        read_report(content, filename)
    assert refused.value.sentences == (sentence,)


def test_formulas_and_long_names_stay_text() -> None:
    long = "x" * 600
    content = f"Name,Email,Duration\n=HYPERLINK(1),@x,5\n{long},{long}@example.org,5\n'=1+1,,5\n".encode()
    assert minutes(content) == [("=HYPERLINK(1)", "@x", 5), ("x" * 200, "", 5), ("'=1+1", "", 5)]


def test_noise_never_does_worse_than_a_refusal() -> None:
    noise = random.Random(7)  # noqa: S311  no secret is made
    whole = TEAMS.encode("utf-16") + ZOOM_EN.encode()
    for _ in range(300):
        part = bytearray(whole[noise.randrange(len(whole)) :][: noise.randrange(1, 900)])
        for _ in range(noise.randrange(8)):
            part[noise.randrange(len(part))] = noise.randrange(256)
        with contextlib.suppress(BadFile):
            read_report(bytes(part), noise.choice(["a.csv", "a.xlsx", ""]))


def seated(name: str, email: str = "", minutes: int | None = None, is_present: bool = False) -> Seated:
    return Seated(uuid4(), name, email, minutes, is_present)


def person(name: str, email: str = "", minutes: int = 60) -> Participant:
    (one,) = read_report(f'Name,Email,Duration\n"{name}",{email},{minutes}\n'.encode(), "a.csv")
    return one


def found(people: list[Participant], seats: list[Seated], least: int = 10) -> list[tuple[UUID, int, bool]]:
    plan = plan_report(people, seats, frozenset(), least)
    return [(one.registration, one.minutes, one.by_address) for one in plan.present]


def test_people_are_found_by_address_whatever_they_call_themselves() -> None:
    alex = seated("Alex Example", "alex@example.org")
    assert found([person("Mobile 7", "ALEX@example.org")], [alex]) == [(alex.id, 60, True)]


@pytest.mark.parametrize("name", ["alex example", "ÁLEX  EXAMPLE", "Alex Example (Barcelona)", "Al (Alex Example)"])
def test_people_are_found_by_a_name_that_only_one_has(name: str) -> None:
    alex, bo = seated("Alex Example", "alex@example.org"), seated("Bo Sample")
    assert found([person(name, "home@example.net")], [alex, bo]) == [(alex.id, 60, False)]


def test_a_name_that_two_have_matches_nobody() -> None:
    plan = plan_report([person("Alex Example")], [seated("Alex Example"), seated("Álex Example")], frozenset(), 10)
    assert (plan.present, [one.name for one in plan.unmatched]) == ((), ["Alex Example"])


def test_two_rows_of_one_person_are_one_attendance() -> None:
    alex = seated("Alex Example", "alex@example.org")
    people = [person("Alex Example", minutes=6), person("Phone", "alex@example.org", minutes=6)]
    assert found(people, [alex]) == [(alex.id, 12, True)]


def test_who_was_there_for_less_than_the_minimum_is_not_present_and_waits_for_no_decision() -> None:
    alex = seated("Alex Example")
    plan = plan_report([person("Alex Example", minutes=9), person("Nobody", minutes=9)], [alex], frozenset(), 10)
    assert (plan.present, len(plan.short), plan.unmatched, plan.short_unmatched) == ((), 1, (), 1)
    assert found([person("Alex Example", minutes=9)], [alex], least=9) == [(alex.id, 9, False)]


def test_a_row_that_was_decided_is_not_asked_again() -> None:
    stranger = person("Nobody Known")
    assert plan_report([stranger], [], frozenset({stranger.key}), 10).is_empty


def test_what_is_known_already_is_no_news_but_more_minutes_are() -> None:
    alex = seated("Alex Example", minutes=60, is_present=True)
    assert plan_report([person("Alex Example", minutes=60)], [alex], frozenset(), 10).is_empty
    assert len(plan_report([person("Alex Example", minutes=61)], [alex], frozenset(), 10).news) == 1
