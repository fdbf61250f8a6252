"""Printing: the typesetter runs in a child process."""

import asyncio
import contextlib
import logging
import sys
from typing import Any

import msgspec

from eventhub.errors import Refusal
from eventhub.words import Sentence

_logger = logging.getLogger(__name__)
#: Each takes a core, and about 150 MB for 1,400 badges.
_AT_ONCE = 2
_SECONDS = 120.0
_places = asyncio.Semaphore(_AT_ONCE)


class CannotPrint(Refusal):
    """The typesetter made no PDF."""

    status_code = 503


async def printed(kind: str, facts: dict[str, Any]) -> bytes:
    """
    A PDF.

    Args:
        kind: One of `typeset.KINDS`.
        facts: JSON values for the template of that kind.

    Raises:
        CannotPrint: there is none; the reason is in the log.

    """
    async with _places:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "eventhub.papers.typeset", kind,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            async with asyncio.timeout(_SECONDS):
                made, complaint = await child.communicate(await asyncio.to_thread(msgspec.json.encode, facts))
        except TimeoutError:
            made, complaint = b"", b"it took too long"
        finally:
            if child.returncode is None:  # the reader has gone, or time is up
                with contextlib.suppress(ProcessLookupError):
                    child.kill()
                await child.wait()
    if child.returncode or not made:
        _logger.error("Typesetting %s failed: %s", kind, complaint.decode(errors="replace")[-2000:])
        raise CannotPrint(Sentence("The file could not be made. Please try again in a minute."))
    return made
