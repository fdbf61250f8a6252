"""
Participant reports of video conferences: tables of Zoom, Teams, Webex and Meet in three languages.

Columns are found by synonyms. A file may hold several tables, as Teams writes them; the longest is taken, and of
equal ones the last. Sessions of one person are united, so that two devices at once do not count twice.
"""

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from eventhub.checkin.queries import Seated
from eventhub.checkin.rules import LONGEST_ADDRESS, LONGEST_NAME
from eventhub.directory.folding import fold
from eventhub.directory.rules import clean_line, email_key
from eventhub.spreadsheets import LARGEST_FILE_BYTES, MOST_COLUMNS, MOST_ROWS, BadFile, cell_problem, workbook_lines
from eventhub.words import Sentence

#: Names of columns as `fold` writes them, without what stands in brackets.
SYNONYMS: dict[str, frozenset[str]] = {
    "first": frozenset({"first name", "given name", "nombre de pila", "nombres", "prenom"}),
    "last": frozenset({"last name", "family name", "surname", "apellido", "apellidos", "nom de famille"}),
    "name": frozenset(
        {
            "name", "full name", "display name", "participant", "participant name", "attendee", "attendee name",
            "user name", "username", "nombre", "nombre completo", "nombre para mostrar", "nombre del participante",
            "nombre de usuario", "participante", "asistente", "nom", "nom complet", "nom affiche", "nom d affichage",
            "nom du participant", "nom d utilisateur", "participant e",
        }
    ),
    "email": frozenset(
        {
            "email", "e mail", "mail", "email address", "e mail address", "user email", "attendee email",
            "participant email", "correo", "correo electronico", "direccion de correo electronico",
            "direccion de correo", "correo electronico del usuario", "correo del usuario", "email del participante",
            "adresse e mail", "adresse email", "adresse electronique", "courriel", "adresse de courriel",
            "adresse courriel", "e mail de l utilisateur", "adresse e mail de l utilisateur", "email du participant",
        }
    ),
    "join": frozenset(
        {
            "join time", "time joined", "joined", "joined at", "first join", "first join time", "start time",
            "hora de entrada", "hora de union", "hora de ingreso", "hora de incorporacion", "hora de conexion",
            "primera entrada", "primera union", "primera incorporacion", "se unio", "entrada",
            "heure d arrivee", "heure d entree", "heure de connexion", "heure de participation", "premiere arrivee",
            "premiere connexion", "premiere participation", "premiere entree", "arrivee", "rejoint a",
        }
    ),
    "leave": frozenset(
        {
            "leave time", "time left", "time exited", "left", "left at", "last leave", "last leave time", "end time",
            "hora de salida", "hora de desconexion", "ultima salida", "hora de abandono", "salida",
            "heure de depart", "heure de sortie", "heure de deconnexion", "dernier depart", "derniere sortie",
            "derniere deconnexion", "depart", "quitte a",
        }
    ),
    "duration": frozenset(
        {
            "duration", "time in meeting", "time in session", "in meeting duration", "meeting duration",
            "attendance duration", "total duration", "duracion", "duracion en la reunion", "duracion de la reunion",
            "duracion de la asistencia", "duracion total", "tiempo en la reunion", "tiempo en la sesion", "duree",
            "duree de la reunion", "duree dans la reunion", "duree de participation", "duree de presence",
            "duree totale", "temps dans la reunion", "temps en reunion",
        }
    ),
    "waiting": frozenset({"in waiting room", "waiting room", "en sala de espera", "en la sala de espera", "en salle d attente", "dans la salle d attente"}),
}  # fmt: skip
_SECONDS = ("second", "segundo", "seconde")
_HOURS = re.compile(r"\((?:hours|horas|heures)\)")
_YES = frozenset({"yes", "si", "oui", "true", "1"})
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_HALF = re.compile(r"\b([ap])\.?\s*m\b\.?", re.I)
_ZONE = re.compile(r"\s?(Z|[+-]\d{2}:?\d{2}|(UTC|GMT)\S*)$|(?<=\d)\.\d{3,6}(?!\d)")
_DAYS = ("%Y-%m-%d", "%m/%d/%Y", "%d/%m/%Y", "%m/%d/%y", "%d/%m/%y", "%d.%m.%Y", "%d-%m-%Y", "%Y/%m/%d", "")
_CLOCKS = ("%H:%M:%S", "%I:%M:%S %p", "%H:%M", "%I:%M %p")
_LONGEST_SESSION = timedelta(hours=24)
_MOST_CELL = 500
_MOST_FAULTS = 20
#: Longer texts are no time, no duration and no name of a column, and are not looked at: patterns would take long.
_MOST_TIME = 60
_MAY_NAME = re.compile(r"^[^\d@]+$")
#: Numbers with their unit, as in “1 hr 5 min” and “2 h 3 m 4 s”; the longest words first.
_PARTS = re.compile(
    r"(\d+(?:[.,]\d+)?)\s*(hours?|horas?|heures?|hrs?|h|minutes?|minutos?|mins?|min|m|seconds?|segundos?|secondes?"
    r"|secs?|seg|sec|s)\b\.?"
)


@dataclass
class Session:
    """One row of a report: from when to when, if it says so, and for how many seconds."""

    start: datetime | None
    end: datetime | None
    seconds: float


@dataclass
class Participant:
    """One person of a report, over all of their rows."""

    name: str
    email: str
    sessions: list[Session] = field(default_factory=list)

    @property
    def key(self) -> str:
        """A fingerprint that finds the same person again in a second import, and tells nobody who it is."""
        return hashlib.sha256((email_key(self.email) or fold(self.name) or self.name).encode()).hexdigest()[:24]


def seconds_of(sessions: Sequence[Session]) -> float:
    """How long somebody was there: overlapping sessions once, and never longer than the durations given add up to."""
    given = sum(session.seconds for session in sessions)
    spans = sorted((one.start, one.end) for one in sessions if one.start and one.end)
    if not spans or len(spans) < len(sessions):
        return given
    united, (begin, until) = timedelta(), spans[0]
    for start, end in spans[1:]:
        if start > until:
            united += until - begin
            begin, until = start, end
        until = max(until, end)
    return min(given, (united + until - begin).total_seconds())


def read_report(content: bytes, filename: str) -> list[Participant]:
    """
    The people of a report in the order of their first rows.

    Raises:
        BadFile: it is no table of participants that can be read; every fault is named.

    """
    if len(content) > LARGEST_FILE_BYTES:
        raise BadFile(Sentence("The file is larger than 5 MB."))
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        lines = workbook_lines(content)
    elif filename.lower().endswith((".xlsx", ".xls", ".ods")) or content.startswith(b"\xd0\xcf\x11\xe0"):
        raise BadFile(Sentence("This file is not an XLSX. Please save it as XLSX or as CSV."))
    else:
        lines = _text_lines(content)
    return _people(*_longest_table(lines))


def _text_lines(content: bytes) -> list[tuple[int, list[str]]]:
    """Lines of a CSV or of a file parted by tabs, in UTF-8 or, as Teams and Webex write it, UTF-16."""
    try:
        text = content.decode("utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadFile(
            Sentence("This file is neither UTF-8 nor UTF-16. Please save it as “CSV UTF-8” or as XLSX.")
        ) from error
    if bad := _NO_TEXT.search(text):
        line = text[: bad.start()].count("\n") + 1
        raise BadFile(Sentence("Line %(line)s holds a character that cannot be kept.", line=line))
    delimiter = max("\t;,", key=text.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    lines: list[tuple[int, list[str]]] = []
    before = 0
    try:
        for cells in reader:
            lines.append((before + 1, cells))
            before = reader.line_num
            if len(lines) > MOST_ROWS + 1:
                raise BadFile(Sentence("The file has more than %(most)s rows.", most=MOST_ROWS))
            if len(cells) > MOST_COLUMNS:
                raise BadFile(Sentence("The file has more than %(most)s columns.", most=MOST_COLUMNS))
    except csv.Error as error:
        raise BadFile(
            Sentence("Line %(line)s: %(reason)s", line=before + 1, reason=Sentence("a cell is too long."))
        ) from error
    return lines


def _plain(cell: str) -> str:
    """A cell as people see it; Webex writes ="45 mins" so that spreadsheets leave it alone."""
    text = cell.strip()
    if text.startswith('="') and text.endswith('"'):
        text = text[2:-1]
    return clean_line(text)


def _columns(cells: Sequence[str]) -> dict[str, int]:
    """Which column is what, by its name; the first one of each kind counts."""
    found: dict[str, int] = {}
    for position, cell in enumerate(cells):
        if len(cell) > _MOST_TIME or not _MAY_NAME.search(cell):
            continue
        name = fold(re.sub(r"\([^()]*\)", " ", cell))
        for kind, names in SYNONYMS.items():
            if name in names:
                found.setdefault(kind, position)
    return found


def _is_head(columns: dict[str, int]) -> bool:
    has_time = "duration" in columns or {"join", "leave"} <= set(columns)
    return has_time and bool(set(columns) & {"name", "email", "first"})


def _longest_table(lines: Sequence[tuple[int, list[str]]]) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """
    Line of column names and rows of the table of participants.

    Raises:
        BadFile: no line names a person and a time, or nobody is below it.

    """
    tables: list[tuple[list[str], list[tuple[int, list[str]]]]] = []
    for number, raw in lines:
        cells = [_plain(cell[:_MOST_CELL]) for cell in raw]
        if _is_head(_columns(cells)):
            tables.append((cells, []))
        elif tables and sum(map(bool, cells)) > 1:  # else a blank line, or the title of the next table
            tables[-1][1].append((number, cells))
    if not tables:
        raise BadFile(
            Sentence(
                "No line of this file names the columns of a participant report: a name or an e-mail address, and a "
                "duration or the times of joining and leaving."
            )
        )
    best = max(range(len(tables)), key=lambda position: (len(tables[position][1]), position))
    if not tables[best][1]:
        raise BadFile(Sentence("The file has a line of column names and nothing else."))
    return tables[best]


def _people(head: Sequence[str], rows: Sequence[tuple[int, list[str]]]) -> list[Participant]:
    columns = _columns(head)

    def cell(cells: Sequence[str], kind: str) -> str:
        position = columns.get(kind)
        return cells[position] if position is not None and position < len(cells) else ""

    rows = [row for row in rows if fold(cell(row[1], "waiting")) not in _YES]
    stamps = _stamps([text for _, cells in rows for text in (cell(cells, "join"), cell(cells, "leave")) if text])
    unit = head[columns["duration"]].lower() if "duration" in columns else ""
    faults: list[Sentence] = []
    found: dict[str, Participant] = {}
    for number, cells in rows:
        name = cell(cells, "name")
        if "first" in columns and (cell(cells, "first") or cell(cells, "last")):
            name = f"{cell(cells, 'first')} {cell(cells, 'last')}".strip()
        email = cell(cells, "email")
        email = email if "@" in email and len(email) <= LONGEST_ADDRESS else ""
        if not name and not email:
            continue
        session = _session(cell(cells, "join"), cell(cells, "leave"), cell(cells, "duration"), unit, stamps)
        if session is None:
            shown = cell(cells, "duration") or f"{cell(cells, 'join')} – {cell(cells, 'leave')}"
            faults.append(
                cell_problem(
                    number,
                    head[columns.get("duration", columns.get("join", 0))][:80],
                    Sentence("“%(given)s” is no length of time that is understood.", given=shown[:80]),
                )
            )
            if len(faults) == _MOST_FAULTS:
                break
            continue
        one = Participant(name[:LONGEST_NAME], email)
        found.setdefault(one.key, one).sessions.append(session)
    if faults:
        raise BadFile(*faults)
    if not found:
        raise BadFile(Sentence("The file has a line of column names and nothing else."))
    return list(found.values())


def _session(join: str, leave: str, duration: str, unit: str, stamps: dict[str, datetime]) -> Session | None:
    start, end = stamps.get(join), stamps.get(leave)
    if start and end and end < start and start.year == 1900:  # clock times without a day, past midnight
        end += timedelta(days=1)
    if start and end and not timedelta() <= end - start <= _LONGEST_SESSION:
        start = end = None
    seconds = read_duration(duration, unit) if duration else None
    if duration and seconds is None:
        return None
    if seconds is None:
        if not start or not end:
            return None
        seconds = (end - start).total_seconds()
    return Session(start, end, seconds)


def read_duration(text: str, unit: str = "") -> float | None:
    """
    Seconds of “45”, “0:45:10”, “1 hr 5 min”, “45 mins”, “1 h 5 min 3 s”; None when it is no duration.

    Args:
        text: The cell.
        unit: The name of its column, which may say “seconds”; a bare number is minutes otherwise.

    """
    text = text.strip().lower().replace("\u00a0", " ").replace("\u202f", " ")
    if len(text) > _MOST_TIME:
        return None
    if re.fullmatch(r"\d{1,7}([.,]\d{1,6})?", text):
        number = float(text.replace(",", "."))
        return number * (1 if any(word in fold(unit) for word in _SECONDS) else 3600 if _HOURS.search(unit) else 60)
    if clock := re.fullmatch(r"(?:(\d+) days?, )?(\d{1,3}):(\d{2})(?::(\d{2})(?:\.\d+)?)?", text):
        days, hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        return float(days * 86400 + hours * 3600 + minutes * 60 + seconds) if minutes < 60 and seconds < 60 else None
    if not _PARTS.search(text) or re.sub(r"[\s,]|\bet\b|\by\b|\band\b", "", _PARTS.sub("", text)):
        return None
    factors = {"h": 3600, "m": 60, "s": 1}
    total = sum(float(number.replace(",", ".")) * factors[word[0]] for number, word in _PARTS.findall(text))
    return total if total <= 10 * 86400 else None


def _stamps(texts: Iterable[str]) -> dict[str, datetime]:
    """
    Cells with times as instants of one clock.

    Days are written as 2/3 and 3/2, so the first way to read that fits the
    whole column is taken; for a length of time either would do.
    """
    cleaned = {
        text: _HALF.sub(lambda half: f"{half[1].upper()}M", text) for text in set(texts) if len(text) <= _MOST_TIME
    }
    cleaned = {text: re.sub(r"[\s,T]+", " ", value).strip() for text, value in cleaned.items()}
    cleaned = {text: re.sub(r"(?<=\d)(?=[AP]M$)", " ", re.sub(_ZONE, "", value)) for text, value in cleaned.items()}
    best: dict[str, datetime] = {}
    for day in _DAYS:
        for clock in _CLOCKS:
            form = f"{day} {clock}".strip()
            read: dict[str, datetime] = {}
            for tried, (text, value) in enumerate(cleaned.items()):
                try:
                    read[text] = datetime.strptime(value, form)  # noqa: DTZ007  only differences count
                except ValueError:
                    if tried >= 2 * len(read) + 20:  # this way does not fit; a file may have 40,000 times
                        break
            if len(read) == len(cleaned):
                return read
            if len(read) > len(best):
                best = read
    return best


# Matching


@dataclass(frozen=True)
class Match:
    """A person of a report who has a seat."""

    registration: UUID
    name: str
    given: str
    minutes: int
    by_address: bool
    before: int | None
    is_present: bool

    @property
    def is_news(self) -> bool:
        """Whether the report says something that is not known yet."""
        return not self.is_present or self.minutes > (self.before if self.before is not None else -1)


@dataclass(frozen=True)
class Stranger:
    """A person of a report who matches nobody."""

    key: str
    name: str
    email: str
    minutes: int


@dataclass(frozen=True)
class ReportPlan:
    """What a report says: who was there, who was there too shortly, and whom nobody knows."""

    present: tuple[Match, ...]
    short: tuple[Match, ...]
    unmatched: tuple[Stranger, ...]
    short_unmatched: int

    @property
    def news(self) -> tuple[Match, ...]:
        """Those that would be written."""
        return tuple(match for match in self.present if match.is_news)

    @property
    def known(self) -> int:
        """How many are marked as present with as many minutes already."""
        return len(self.present) - len(self.news)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write and nothing to decide."""
        return not self.news and not self.unmatched

    @property
    def fingerprint(self) -> str:
        """Changes when what would be written does."""
        return hashlib.sha256(repr((self.news, self.unmatched)).encode()).hexdigest()


def plan_report(
    people: Sequence[Participant], seated: Sequence[Seated], decided: frozenset[str], minimum_minutes: int
) -> ReportPlan:
    """
    Compare a report with those who have a seat: by address, else by a name that only one of them has.

    Args:
        people: The rows of the report, by person.
        seated: Everybody with a seat.
        decided: Fingerprints of rows of earlier reports; nobody is asked twice.
        minimum_minutes: Who was there for less was not there.

    """
    by_address = {one.email_key: one for one in seated if one.email_key}
    by_name: dict[str, list[Seated]] = {}
    for one in seated:
        by_name.setdefault(fold(one.name), []).append(one)
    sessions: dict[UUID, list[Session]] = {}
    matched: dict[UUID, tuple[Seated, Participant, bool]] = {}
    strangers, short_strangers = [], 0
    for person in people:
        seat = by_address.get(email_key(person.email)) if person.email else None
        is_sure = seat is not None
        seat = seat or _by_name(person.name, by_name)
        if seat is not None:
            sessions.setdefault(seat.id, []).extend(person.sessions)
            if seat.id not in matched or (is_sure and not matched[seat.id][2]):
                matched[seat.id] = (seat, person, is_sure)
            continue
        seconds = seconds_of(person.sessions)
        if seconds < minimum_minutes * 60:
            short_strangers += 1
        elif person.key not in decided:
            strangers.append(Stranger(person.key, person.name, person.email, int(seconds // 60)))
    present: list[Match] = []
    short: list[Match] = []
    for registration, (seat, person, is_sure) in matched.items():
        seconds = seconds_of(sessions[registration])
        match = Match(
            registration, seat.name, person.name or person.email, int(seconds // 60), is_sure, seat.minutes,
            seat.is_present,
        )  # fmt: skip
        (present if seconds >= minimum_minutes * 60 else short).append(match)
    return ReportPlan(tuple(present), tuple(short), tuple(strangers), short_strangers)


def _by_name(name: str, by_name: dict[str, list[Seated]]) -> Seated | None:
    """The only one of this name; people write “Alex Example (Barcelona)” and “Al (Alex Example)”."""
    inside = re.findall(r"\(([^()]*)\)", name)
    for spelling in (name, re.sub(r"\([^()]*\)", " ", name), *inside):
        if len(found := by_name.get(fold(spelling), []) if fold(spelling) else []) == 1:
            return found[0]
    return None
