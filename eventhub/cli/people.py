"""The rights of the persons concerned."""

import click

from eventhub.cli import main, run, show


@main.group()
def person() -> None:
    """What is held about one person."""


@person.command("export")
@click.argument("email")
def person_export(email: str) -> None:
    """
    Print all that is held about the person with the address EMAIL, as JSON.

    Example: eventhub person export alex@example.org > alex.json
    """
    from eventhub.privacy.queries import everything_about

    show(run(lambda: everything_about(email)), True, "")


@person.command("erase")
@click.argument("email")
@click.option("--yes", is_flag=True, help="Erase without asking.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def person_erase(email: str, yes: bool, as_json: bool) -> None:
    """
    Forget the person with the address EMAIL; figures stay as they are.

    Name, addresses, answers, files, profile and letters go; seats at coming events go to those who wait.
    This cannot be undone.

    Example: eventhub person erase alex@example.org
    """
    from dataclasses import asdict

    from eventhub.database import utc_now
    from eventhub.privacy.commands import erase_person
    from eventhub.privacy.queries import records_of

    if not yes:
        run(lambda: records_of(email))
        typed = click.prompt(f"This cannot be undone. Type the address {email} again to go on", default="", err=True)
        if typed.strip().casefold() != email.strip().casefold():
            raise click.Abort
    done = run(lambda: erase_person(email, now=utc_now()))
    said = [
        f"The person is forgotten: {done.registrations} registrations, {done.cancelled} of them cancelled now, "
        f"{done.letters} letters and {done.files} files. Backups keep what they have until they are replaced."
    ]
    if done.coming_parts:
        said.append(f"{done.coming_parts} parts in coming programmes are without a name now; please ask somebody else.")
    if done.has_account:
        said.append("An account of staff has the same address; it stays.")
    show({**asdict(done), "person": str(done.person) if done.person else None}, as_json, "\n".join(said))
