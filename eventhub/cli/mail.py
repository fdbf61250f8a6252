"""Mail that comes in through a pipe."""

import sys

import click

from eventhub.cli import fail, main, run


@main.group()
def mail() -> None:
    """Mail that comes in: answers of calendars, and letters that came back."""


@mail.command()
@click.option(
    "--recipient", default=None, metavar="ADDRESS", help="Whom the envelope named, such as events+…@example.org."
)
def receive(recipient: str | None) -> None:
    """
    Take one message in from standard input; exit 2 when it cannot be read.

    Example: eventhub mail receive --recipient "$ORIGINAL_RECIPIENT" < message
    """
    from eventhub.database import utc_now
    from eventhub.replies.commands import receive as take_in
    from eventhub.replies.rules import LARGEST_MESSAGE, Status

    octets = sys.stdin.buffer.read(LARGEST_MESSAGE + 1)
    while sys.stdin.buffer.read(1 << 20):
        pass  # whoever pipes must not fail because we stop reading
    if not octets.strip():
        fail("There is no message on standard input.")
    if recipient is not None and ("@" not in recipient or len(recipient) > 320 or not recipient.isprintable()):
        fail("--recipient takes an e-mail address.")
    done = run(lambda: take_in(octets, source="pipe", envelope_recipient=recipient, now=utc_now()))
    again = "" if done.is_new else " It had come before."
    if done.status == Status.FAILED:
        fail(f"{done.reason}{again}")
    click.echo(f"{done.reason}{again}")
