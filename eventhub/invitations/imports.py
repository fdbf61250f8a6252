"""Files of people to invite to an event, all or nothing."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from eventhub.accounts.commands import record
from eventhub.database import sql
from eventhub.directory.addresses import email_problem
from eventhub.directory.imports import known_members
from eventhub.directory.planning.members import Member, MemberNames, ambiguous
from eventhub.directory.planning.shared import Cells, ImportPlan, plan_of, same_rows
from eventhub.directory.rules import email_key
from eventhub.events.locking import locked_event, refuse_cancelled
from eventhub.events.queries import EventRow
from eventhub.importing import all_or_nothing
from eventhub.invitations.commands import NewInvitation, write_invitation
from eventhub.invitations.queries import InvitationRow, all_invitations
from eventhub.invitations.rules import InvitationState
from eventhub.settings import current_settings
from eventhub.spreadsheets import BadFile, ImportReport, Sheet, read_sheet
from eventhub.words import Sentence

INVITATION_REQUIRED = ("name", "email")
INVITATION_OPTIONAL = ("member", "language")


@dataclass(frozen=True)
class InvitationEntry:
    """What is known, or said by a file, of one invitation; `member` is a key. The address finds it again."""

    name: str
    email: str
    member: str = ""
    language: str = "en"


async def import_invitations(
    event: EventRow, content: bytes, filename: str, *, dry_run: bool, now: datetime, account_id: UUID | None = None
) -> ImportReport:
    """
    Read a file of people to invite and write what is new or different, all of it or nothing; no letter is sent.

    Raises:
        BadFile: with every row, column and reason.
        ImportCollision: somebody else wrote the same rows at the same time.

    """
    sheet = await asyncio.to_thread(
        read_sheet, content, filename, required=INVITATION_REQUIRED, optional=INVITATION_OPTIONAL
    )
    if dry_run:
        return _report(await _plan(event, sheet, await all_invitations(event.id)), written=False)
    async with all_or_nothing():
        refuse_cancelled(await locked_event(event.id))
        known = await all_invitations(event.id)
        plan = await _plan(event, sheet, known)
        _, members = await known_members()
        for entry in plan.new:
            new = NewInvitation(entry.name, entry.email, entry.member, entry.language)
            before, member = known.get(email_key(entry.email)), members.get(entry.member)
            await write_invitation(event.id, before, new, member, now=now, account_id=account_id)
        for _, after in plan.changed:
            await sql(
                "UPDATE registration_invitation SET name = {}, member = {}, language = {} "
                "WHERE event = {} AND email_key = {}",
                after.name, members.get(after.member), after.language, event.id, email_key(after.email),
            )  # fmt: skip
        if plan.new or plan.changed:
            detail = f"{len(plan.new)} new, {len(plan.changed)} changed"
            await record("import_invitations", "event", event.id, account_id=account_id, now=now, detail=detail)
    return _report(plan, written=True)


async def _plan(event: EventRow, sheet: Sheet, known: Mapping[str, InvitationRow]) -> ImportPlan[InvitationEntry]:
    members, _ = await known_members()
    codes = current_settings().language_codes
    usual = event.language if event.language in codes else codes[0]
    plan = await asyncio.to_thread(plan_invitations, sheet, known, members.members, codes, usual)
    if plan.problems:
        raise BadFile(*plan.problems)
    return plan


def plan_invitations(
    sheet: Sheet,
    known: Mapping[str, InvitationRow],
    members: Sequence[Member],
    languages: Sequence[str],
    usual: str,
) -> ImportPlan[InvitationEntry]:
    """
    Compare a file of people to invite with those invited; whoever was withdrawn counts as new.

    Args:
        known: Invitations by the key of their address.
        languages: Codes of the languages that letters are written in.
        usual: The language for whom the file names none.

    """
    problems: list[Sentence] = []
    names, keys = MemberNames(members), {member.key for member in members}
    planned: list[tuple[int, InvitationEntry | None, InvitationEntry]] = []
    for row in sheet.rows:
        faults: list[Sentence] = []
        cells = Cells(row, faults)
        after = _entry_of(cells, names, keys, languages, usual)
        if not faults:
            before = _known_entry(known.get(email_key(after.email)))
            if before:
                after = replace(after, email=before.email)
                after = after if cells.has("member") else replace(after, member=before.member)
                after = after if cells.has("language") else replace(after, language=before.language)
            planned.append((row.line, before, after))
        problems += faults
    problems += same_rows([(line, email_key(after.email)) for line, _, after in planned], "email")
    return plan_of([(before, after) for _, before, after in planned], problems)


def _entry_of(
    cells: Cells, names: MemberNames, keys: set[str], languages: Sequence[str], usual: str
) -> InvitationEntry:
    """One row; what is wrong with it is noted in `cells`."""
    name, email = cells.text("name", 200, needed=True), cells.text("email", 254)
    if wrong := email_problem(email):
        cells.wrong("email", wrong)
    given = cells.text("member", 200)
    key = given
    if given and given not in keys:
        found = names.of(given)
        if len(found) > 1:
            cells.wrong("member", ambiguous(given, found))
        elif not found:
            cells.wrong("member", Sentence("there is no member “%(given)s”.", given=given[:80]))
        else:
            key = found[0]
    return InvitationEntry(name, email, key, cells.one_of("language", languages, usual))


def _known_entry(row: InvitationRow | None) -> InvitationEntry | None:
    if row is None or row.state is InvitationState.WITHDRAWN:
        return None
    return InvitationEntry(row.name, row.email, row.member_key or "", row.language)


def _report(plan: ImportPlan[InvitationEntry], *, written: bool) -> ImportReport:
    new = tuple(f"{entry.name}, {entry.email}" for entry in plan.new)
    return ImportReport("invitations", new, plan.changes, len(plan.changed), plan.unchanged, written)
