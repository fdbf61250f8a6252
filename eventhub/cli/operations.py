"""Running the product: serve, postman, migrate, demo, check, backup, restore."""

import asyncio
import os
from pathlib import Path

import click

from eventhub.cli import fail, main, refuse_used_port, run, show


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on.")
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(1, 64),
    help="Processes; more than one needs PostgreSQL.",
)
@click.option("--no-postman", is_flag=True, help="Leave the outbox to `eventhub postman`.")
@click.option("--no-migrate", is_flag=True, help="Leave the schema to `eventhub migrate`.")
def serve(host: str, port: int, workers: int, no_postman: bool, no_migrate: bool) -> None:
    """
    Start the web server; by default it also empties the outbox.

    Example: eventhub serve --port 8080
    """
    import uvicorn

    from eventhub.settings import WrongSetting, current_settings

    try:
        settings = current_settings()
    except WrongSetting as wrong:
        fail(str(wrong))
    if workers > 1 and settings.database_url.startswith("sqlite:"):
        fail("The embedded database serves one process; --workers above 1 needs PostgreSQL.")
    refuse_used_port(host, port)
    os.environ["EVENTHUB_SERVE"] = ",".join(
        flag for flag, on in (("no-postman", no_postman), ("no-migrate", no_migrate)) if on
    )
    click.echo(f"EventHub is at {settings.base_url} (listening on {host}:{port}; stop it with Ctrl+C).")
    uvicorn.run(
        "eventhub.server:create",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=25,
        limit_concurrency=1000,
    )


@main.command()
@click.option("--once", is_flag=True, help="Send what is due now, then stop.")
def postman(once: bool) -> None:
    """
    Do the background work only: letters out, answers in, and what the clock changes for those who wait.

    Example: eventhub postman --once
    """
    from eventhub.background import work_always, work_once

    async def work() -> int:
        if once:
            return await work_once()
        await work_always()
        return 0

    try:
        sent = run(work)
    except (KeyboardInterrupt, asyncio.CancelledError):
        return
    click.echo(f"{sent} letters were taken from the outbox.")


@main.command()
def migrate() -> None:
    """
    Bring the database to the current schema.

    Example: eventhub migrate
    """
    from eventhub.migrations import migrate as apply

    run(apply)
    click.echo("The database has the current schema.")


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def facts(as_json: bool) -> None:
    """
    Load what ships: regions, members, themes, plans, printed figures, templates of labs; what is there stays.

    Example: eventhub facts
    """
    from eventhub.calls.commands import load_lab_templates
    from eventhub.database import utc_now
    from eventhub.directory.imports import load_facts
    from eventhub.indicators.imports import load_indicators

    async def load() -> int:
        now = utc_now()
        return await load_facts(now=now) + await load_lab_templates(now) + await load_indicators(now=now)

    written = run(load)
    show({"written": written}, as_json, f"{written} rows were missing and are there now.")


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def demo(as_json: bool) -> None:
    """
    Load the demonstration data; run twice it changes nothing.

    Example: eventhub demo
    """
    from eventhub.database import utc_now
    from eventhub.demo import ADMINISTRATOR, load_demo

    loaded = run(lambda: load_demo(utc_now()))
    text = "The demonstration data is loaded." if loaded else "The demonstration data was loaded before."
    show({"loaded": loaded, "administrator": ADMINISTRATOR}, as_json, text)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check(as_json: bool) -> None:
    """
    Say what is wrong with configuration, database, mail and schema; exit 1 if anything is.

    Example: eventhub check
    """
    from eventhub.checks import findings
    from eventhub.settings import WrongSetting, current_settings

    try:
        current_settings()
    except WrongSetting as wrong:
        show({"findings": [str(wrong)]}, as_json, str(wrong))
        raise SystemExit(1) from wrong
    found = asyncio.run(findings())
    show({"findings": found}, as_json, "\n".join(found) or "Everything is in order.")
    raise SystemExit(1 if found else 0)


@main.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path) -> None:
    """
    Copy the embedded database to FILE, safe while the server runs.

    Example: eventhub backup /backups/eventhub-2026-11-25.sqlite
    """
    from eventhub.backup import back_up

    _embedded(back_up, file)
    click.echo(f"The backup is in {file}.")


@main.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--yes", is_flag=True, help="Replace the present database without asking.")
def restore(file: Path, yes: bool) -> None:
    """
    Replace the embedded database with the backup in FILE; stop the server first.

    Example: eventhub restore /backups/eventhub-2026-11-25.sqlite --yes
    """
    from eventhub.backup import bring_back

    if not yes:
        click.confirm("This replaces the present database. Go on?", abort=True)
    _embedded(bring_back, file)
    click.echo(f"The database is as it was in {file}.")


def _embedded(work: object, file: Path) -> None:
    from eventhub.backup import BackupFailed
    from eventhub.settings import WrongSetting, current_settings

    try:
        if not current_settings().database_url.startswith("sqlite:"):
            fail("This is for the embedded database; use the tools of PostgreSQL (pg_dump, pg_restore).")
        work(current_settings().sqlite_path, file)  # type: ignore[operator]
    except (WrongSetting, BackupFailed) as wrong:
        fail(str(wrong))
