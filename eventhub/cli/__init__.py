"""The `eventhub` command; each command calls one function of a package."""

import asyncio
import importlib
import importlib.util
import json
import socket
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import click

from eventhub import __version__


def run(work: Callable[[], Awaitable[Any]]) -> Any:
    """
    Do the work with the database open; say refusals in one sentence and exit with 2.

    Wrong settings, missing databases and rules that say no all end here, so
    that no command ever shows a traceback for bad input.
    """
    from eventhub.errors import Refusal
    from eventhub.settings import WrongSetting

    async def with_database() -> Any:
        from eventhub.database import close_pool, start_pool
        from eventhub.migrations import migrate

        await migrate()
        await start_pool()
        try:
            return await work()
        finally:
            await close_pool()

    try:
        return asyncio.run(with_database())
    except WrongSetting as wrong:
        fail(str(wrong))
    except Refusal as refusal:
        fail("\n".join(refusal.sentences))
    except OSError as error:
        fail(f"The database or a file cannot be reached: {error.strerror or error}.")


def fail(sentence: str, code: int = 2) -> Any:
    """Say what is wrong on standard error, and exit."""
    click.echo(sentence, err=True)
    sys.exit(code)


def refuse_used_port(host: str, port: int) -> None:
    """End in one sentence when something listens there already, before any work is begun."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            fail(
                f"Port {port} of {host} cannot be used: {error.strerror}. Choose another with --port or EVENTHUB_BASE_URL."
            )


def show(value: Any, as_json: bool, text: str) -> None:
    """Print for a script or for a person."""
    click.echo(json.dumps(value, ensure_ascii=False, default=str) if as_json else text)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="eventhub")
def main() -> None:
    """EventHub: events, Solutions Labs, panel parity, invitations and annual figures."""


#: Each module registers its commands when it is imported.
for _module in (
    "accounts", "operations", "files", "report", "engagement", "indicators", "answers", "events", "people", "mail",
):  # fmt: skip
    if importlib.util.find_spec(f"eventhub.cli.{_module}"):
        importlib.import_module(f"eventhub.cli.{_module}")
