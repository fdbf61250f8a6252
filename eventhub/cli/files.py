"""
Files in and out: `eventhub import …` and `eventhub export …`.

A further kind is one function in IMPORTS or EXPORTS; NARROWED_BY names the options that an
export heeds.
"""

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from eventhub.cli import fail, main, run, show

if TYPE_CHECKING:
    from eventhub.spreadsheets import ImportReport

FORMATS = ("csv", "xlsx", "json")


@dataclass(frozen=True)
class ImportRequest:
    """A file to import, with what the command line says about it."""

    content: bytes
    filename: str
    dry_run: bool
    source: str = ""
    year: int | None = None
    create_missing: bool = False
    event: str = ""


@dataclass(frozen=True)
class ExportRequest:
    """What an export is narrowed to."""

    event: str | None = None
    year: int | None = None


@dataclass(frozen=True)
class Table:
    """Rows to write: the same columns in every format."""

    title: str
    columns: Sequence[str]
    rows: Iterable[Sequence[object]]


async def _members_in(asked: ImportRequest) -> "ImportReport":
    from eventhub.database import utc_now
    from eventhub.directory.imports import import_members

    return await import_members(asked.content, asked.filename, dry_run=asked.dry_run, now=utc_now())


async def _partners_in(asked: ImportRequest) -> "ImportReport":
    from eventhub.database import utc_now
    from eventhub.directory.imports import import_partners

    return await import_partners(asked.content, asked.filename, dry_run=asked.dry_run, now=utc_now())


async def _people_in(asked: ImportRequest) -> "ImportReport":
    from eventhub.database import utc_now
    from eventhub.directory.imports import import_people

    return await import_people(asked.content, asked.filename, dry_run=asked.dry_run, now=utc_now())


async def _events_in(asked: ImportRequest) -> "ImportReport":
    from eventhub.database import utc_now
    from eventhub.events.imports import import_events

    return await import_events(asked.content, asked.filename, source=asked.source, dry_run=asked.dry_run, now=utc_now())


async def _seats_in(asked: ImportRequest) -> "ImportReport":
    from eventhub.bodies.imports import import_seats
    from eventhub.database import utc_now

    return await import_seats(asked.content, asked.filename, dry_run=asked.dry_run, now=utc_now())


async def _members_out(_: ExportRequest) -> Table:
    from eventhub.directory.queries import MemberFilter, members_table

    return Table("Members", *await members_table(MemberFilter()))


async def _partners_out(_: ExportRequest) -> Table:
    from eventhub.directory.queries import partners_table

    return Table("Partners", *await partners_table())


async def _people_out(_: ExportRequest) -> Table:
    from eventhub.directory.queries import persons_table

    return Table("People", *await persons_table())


#: What can be imported. Each function reads the whole file, and writes all of it or nothing.
IMPORTS: dict[str, Callable[[ImportRequest], Awaitable["ImportReport"]]] = {
    "members": _members_in,
    "partners": _partners_in,
    "people": _people_in,
    "events": _events_in,
    "seats": _seats_in,
}

#: The options that some imports take, by their kind.
IMPORT_OPTIONS: dict[str, frozenset[str]] = {}

#: What can be exported.
EXPORTS: dict[str, Callable[[ExportRequest], Awaitable[Table]]] = {
    "members": _members_out,
    "partners": _partners_out,
    "people": _people_out,
}

#: The options that narrow an export, by its kind; those that are not here are whole.
NARROWED_BY: dict[str, frozenset[str]] = {}

#: The imports that --event is for; the others have no rows of one event.
OF_ONE_EVENT: set[str] = set()


def _known(kind: str, kinds: Iterable[str]) -> None:
    if kind not in (known := list(kinds)):
        fail(f"“{kind}” is none of: {', '.join(known)}.")


@main.command("import")
@click.argument("kind")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--source", default="", help="Name of the calendar, when it is not the association's own of its year.")
@click.option("--year", type=click.IntRange(1985, 2100), help="The year of a printed engagement matrix.")
@click.option("--create-missing", is_flag=True, help="Make former members of unknown names: only for engagement.")
@click.option("--event", default="", metavar="SLUG", help="Event of all rows: registrations, attendance.")
@click.option("--dry-run", is_flag=True, help="Only show the differences.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def import_file(
    kind: str,
    file: Path,
    source: str,
    year: int | None,
    create_missing: bool,
    event: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    """
    Import FILE, a CSV or XLSX that holds KIND: members, partners, people, events
    (a printed calendar), seats (in statutory bodies), registrations, attendance, indicators (printed
    figures) or engagement (a printed matrix of --year).

    The differences are shown; all of the file is written, or nothing when any row is wrong.

    Example: eventhub import members members.csv --dry-run
    """
    _known(kind, IMPORTS)
    for option, given in (("--year", year is not None), ("--create-missing", create_missing)):
        if given and option not in IMPORT_OPTIONS.get(kind, ()):
            fail(f"{option} is not for {kind}; please leave it out.")
    if event and kind not in OF_ONE_EVENT:
        fail(f"--event is not for {kind}; please leave it out.")
    asked = ImportRequest(_content(file), file.name, dry_run, source, year, create_missing, event)
    report: ImportReport = run(lambda: IMPORTS[kind](asked))
    show(
        asdict(report),
        as_json,
        "\n".join(
            [
                *(f"New: {name}" for name in report.new),
                *(f"{c.subject}: {c.field} “{c.before}” → “{c.after}”" for c in report.changes),
                f"{len(report.new)} new, {report.changed} changed, {report.unchanged} as before.",
                *report.remarks,
                *([] if report.written else ["Nothing was written: this was a dry run."]),
            ]
        ),
    )


def _content(file: Path) -> bytes:
    from eventhub.spreadsheets import LARGEST_FILE_BYTES

    try:
        if file.stat().st_size > LARGEST_FILE_BYTES:
            fail(f"{file} is larger than 5 MB.")
        return file.read_bytes()
    except (OSError, ValueError) as error:
        fail(f"{file} cannot be read: {getattr(error, 'strerror', None) or error}.")
        raise


@main.command("export")
@click.argument("kind")
@click.option("--event", metavar="SLUG", help="Only rows of this event: registrations, attendance, speakers.")
@click.option(
    "--year", type=click.IntRange(1985, 2100), help="Only rows of this year; not for members, partners and people."
)
@click.option("--format", "form", type=click.Choice(FORMATS), help="csv unless the name of the file says otherwise.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File to write; standard output without it.")
def export_file(kind: str, event: str | None, year: int | None, form: str | None, output: Path | None) -> None:
    """
    Export KIND: members, partners, people, events, registrations, attendance, speakers, engagement,
    sent-nobody, indicators or calendar-annex. A CSV file begins with the mark by which spreadsheets know UTF-8;
    standard output does not.

    Example: eventhub export members --format xlsx -o members.xlsx
    """
    _known(kind, EXPORTS)
    for option, given in (("--event", event), ("--year", year)):
        if given is not None and option not in NARROWED_BY.get(kind, ()):
            fail(f"{option} does not narrow {kind}; please leave it out.")
    if event is not None and year is not None:
        fail("Please give --event or --year; an event has its own year.")
    if form is None:
        ending = output.suffix.lower().removeprefix(".") if output else ""
        form = ending if ending in FORMATS else "csv"
    if form == "xlsx" and output is None and sys.stdout.isatty():
        fail("An XLSX is no text for a terminal; please name a file with -o.")

    async def export() -> None:
        table = await EXPORTS[kind](ExportRequest(event, year))
        await asyncio.to_thread(_write, form, table, output)  # long tables are read while they are written

    run(export)


def _write(form: str, table: Table, output: Path | None) -> None:
    """Write in parts, to a file or to standard output."""
    from eventhub.spreadsheets import table_bytes

    parts = table_bytes(form, table.title, table.columns, table.rows, mark=output is not None)
    if output is None:
        for part in parts:
            sys.stdout.buffer.write(part)
        sys.stdout.buffer.flush()
        return
    keep(output, parts)
    click.echo(f"{output} has been written.", err=True)


def keep(output: Path, parts: Iterable[bytes], *, folders: bool = False) -> None:
    """Write a file whole or not at all; only its owner can read it. With `folders` those it stands in are made."""
    try:
        if folders:
            output.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=output.parent, prefix=f".{output.name}.", delete=False) as file:
            try:
                for part in parts:
                    file.write(part)
                file.close()
                Path(file.name).replace(output)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        fail(f"{output} cannot be written: {error.strerror or error}.")
