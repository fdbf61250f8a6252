"""Events from the command line: the parity check, and files of events and their people."""

from typing import TYPE_CHECKING

import click

from eventhub.cli import main, run, show
from eventhub.cli.files import EXPORTS, IMPORTS, NARROWED_BY, OF_ONE_EVENT, ExportRequest, ImportRequest, Table

if TYPE_CHECKING:
    from eventhub.spreadsheets import ImportReport


@main.command()
@click.option("--event", metavar="SLUG", help="One event.")
@click.option(
    "--year", type=click.IntRange(1985, 2100), help="All own events of a year; without either: those to come."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def parity(event: str | None, year: int | None, as_json: bool) -> None:
    """
    Check the balance of panels; exit 1 when one is not balanced.

    Example: eventhub parity --year 2026
    """
    from eventhub.database import utc_now
    from eventhub.speakers.overview import parity_overview

    checked = run(lambda: parity_overview(slug=event, year=year, now=utc_now()))
    lines = [f"{one['title']}: {one['result']}" + "".join(f"\n  {s}" for s in one["sentences"]) for one in checked]
    show({"events": checked}, as_json, "\n".join(lines) or "There is no event to check.")
    raise SystemExit(1 if any(one["sentences"] for one in checked) else 0)


async def _events_out(asked: ExportRequest) -> Table:
    from eventhub.events.exports import events_table

    return Table("Events", *await events_table(year=asked.year))


async def _registrations_out(asked: ExportRequest) -> Table:
    from eventhub.registrations.exports import registrations_table

    return Table("Registrations", *await registrations_table(slug=asked.event, year=asked.year))


async def _attendance_out(asked: ExportRequest) -> Table:
    from eventhub.registrations.exports import attendance_table

    return Table("Attendance", *await attendance_table(slug=asked.event, year=asked.year))


async def _speakers_out(asked: ExportRequest) -> Table:
    from eventhub.speakers.overview import speakers_table

    return Table("Speakers", *await speakers_table(slug=asked.event, year=asked.year))


async def _registrations_in(asked: ImportRequest) -> "ImportReport":
    from eventhub.database import utc_now
    from eventhub.registrations.imports import import_registrations

    return await import_registrations(
        asked.content, asked.filename, event=asked.event, dry_run=asked.dry_run, now=utc_now()
    )


async def _attendance_in(asked: ImportRequest) -> "ImportReport":
    from eventhub.database import utc_now
    from eventhub.registrations.imports import import_attendance

    return await import_attendance(
        asked.content, asked.filename, event=asked.event, dry_run=asked.dry_run, now=utc_now()
    )


IMPORTS |= {"registrations": _registrations_in, "attendance": _attendance_in}
OF_ONE_EVENT |= {"registrations", "attendance"}
EXPORTS |= {
    "events": _events_out,
    "registrations": _registrations_out,
    "attendance": _attendance_out,
    "speakers": _speakers_out,
}
NARROWED_BY |= {
    "events": frozenset({"--year"}),
    "registrations": frozenset({"--event", "--year"}),
    "attendance": frozenset({"--event", "--year"}),
    "speakers": frozenset({"--event", "--year"}),
}
