"""Files and links for the cohort of a lab only."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import msgspec

from eventhub.accounts.commands import record
from eventhub.database import Row, lock_clause, sql, transaction
from eventhub.directory.rules import clean_line
from eventhub.errors import NotFound, Problems
from eventhub.events.rules import is_web_address
from eventhub.labs.queries import lab_by_slug
from eventhub.questions.rules import KeptFile, SentFile, checked_file
from eventhub.words import Sentence

LONGEST_TITLE = 200
LONGEST_URL = 500
#: Files and links of one lab.
MOST_MATERIALS = 200


class MaterialRow(msgspec.Struct, frozen=True):
    """A file or a link, without the octets."""

    id: UUID
    lab: UUID
    event: UUID | None
    title: str
    url: str
    file_name: str
    content_type: str
    size: int
    visible_from: datetime | None
    added_at: datetime
    session: str

    def is_visible(self, now: datetime) -> bool:
        """Whether the cohort sees it."""
        return self.visible_from is None or self.visible_from <= now


@dataclass(frozen=True)
class NewMaterial:
    """What staff put before the cohort: either a link or a file; `event` is the key of a session that it belongs to."""

    title: str
    url: str = ""
    file: SentFile | None = None
    event: UUID | None = None
    visible_from: datetime | None = None


def no_such_material() -> NotFound:
    """The same words whether it never existed, is another lab's, or is not to be seen yet."""
    return NotFound(Sentence("There is no such file or link."))


async def materials_of(lab_id: UUID, *, visible_at: datetime | None = None) -> list[MaterialRow]:
    """
    Files and links of a lab: those of the whole lab first, then by session.

    Args:
        visible_at: Only what the cohort sees at an instant; None: all.

    """
    seen, values = (
        ("", []) if visible_at is None else (" AND (m.visible_from IS NULL OR m.visible_from <= {})", [visible_at])
    )
    rows = await sql(
        "SELECT m.id AS id, m.lab AS lab, m.event AS event, m.title AS title, m.url AS url, m.file_name AS file_name, "
        "m.content_type AS content_type, COALESCE(LENGTH(m.content), 0) AS size, m.visible_from AS visible_from, "
        "m.added_at AS added_at, COALESCE(e.title, '') AS session FROM lab_material m "
        f"LEFT JOIN event e ON e.id = m.event WHERE m.lab = {{}}{seen} "
        "ORDER BY CASE WHEN m.event IS NULL THEN 0 ELSE 1 END, e.starts_on, e.id, m.added_at, m.id",
        lab_id,
        *values,
    )
    return [MaterialRow(**row) for row in rows]


async def material_file(lab_id: UUID, material_id: UUID, *, visible_at: datetime | None = None) -> Row:
    """
    The octets of a file with its name and type.

    Raises:
        NotFound: there is none in this lab, or not for the cohort yet.

    """
    rows = await sql(
        "SELECT file_name, content_type, content, visible_from FROM lab_material "
        "WHERE id = {} AND lab = {} AND content IS NOT NULL",
        material_id,
        lab_id,
    )
    if not rows or (visible_at and rows[0]["visible_from"] and rows[0]["visible_from"] > visible_at):
        raise no_such_material()
    return rows[0]


async def add_material(slug: str, new: NewMaterial, *, now: datetime, account_id: UUID) -> UUID:
    """
    Put a file or a link before the cohort of a lab.

    Raises:
        NotFound: there is no such lab.
        Problems: something is missing or wrong; every fault at once.

    """
    lab = await lab_by_slug(slug)
    title, url = clean_line(new.title), new.url.strip()
    problems: dict[str, list[str]] = {}
    kept: KeptFile | None = None
    if new.file:
        kept, wrong = checked_file(new.file)
        if wrong:
            problems["file"] = [wrong]
    if url and not (is_web_address(url) and urlsplit(url).scheme == "https"):
        problems["url"] = [Sentence("This is no web address. It begins with https://.")]
    elif len(url) > LONGEST_URL:
        problems["url"] = [Sentence("This is too long; %(most)s characters is the most.", most=LONGEST_URL)]
    if bool(url) == bool(new.file):
        problems["file"] = [Sentence("Please choose a file or give an address, one of the two.")]
    title = title or (kept.name if kept else "")
    if not title:
        problems["title"] = [Sentence("Please give a title.")]
    elif len(title) > LONGEST_TITLE:
        problems["title"] = [Sentence("This is too long; %(most)s characters is the most.", most=LONGEST_TITLE)]
    if problems:
        raise Problems(problems)
    key = uuid4()
    async with transaction():
        await sql(f"SELECT id FROM lab WHERE id = {{}}{lock_clause()}", lab.id)
        if new.event and not await sql(
            "SELECT event FROM lab_session WHERE event = {} AND lab = {}", new.event, lab.id
        ):
            raise Problems({"event": [Sentence("This is no session of the group.")]})
        there = await sql("SELECT COUNT(*) AS n FROM lab_material WHERE lab = {}", lab.id)
        if int(there[0]["n"]) >= MOST_MATERIALS:
            full = Sentence(
                "There are %(most)s files and links at most. Please delete some first.", most=MOST_MATERIALS
            )
            raise Problems({"title": [full]})
        await sql(
            "INSERT INTO lab_material (id, lab, event, title, url, file_name, content_type, content, visible_from, "
            "account, added_at) VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})",
            key, lab.id, new.event, title, url, kept.name if kept else "", kept.content_type if kept else "",
            kept.content if kept else None, new.visible_from, account_id, now,
        )  # fmt: skip
        await record("add_material", "lab", lab.id, account_id=account_id, now=now, detail=title)
    return key


async def delete_material(slug: str, material_id: UUID, *, now: datetime, account_id: UUID) -> None:
    """
    Delete a file or a link of a lab. Doing it twice is doing it once.

    Raises:
        NotFound: there is no such lab.

    """
    lab = await lab_by_slug(slug)
    async with transaction():
        gone = await sql("DELETE FROM lab_material WHERE id = {} AND lab = {} RETURNING title", material_id, lab.id)
        if gone:
            await record("delete_material", "lab", lab.id, account_id=account_id, now=now, detail=gone[0]["title"])
