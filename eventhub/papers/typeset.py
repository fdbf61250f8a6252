"""
The typesetter, in a process of its own: `python -m eventhub.papers.typeset KIND`, facts in, PDF out.

A process of its own gives its memory back when it is done: Typst keeps what it
has set for the next time, which a server that runs for weeks would never give
up. See docs/decisions/0014-paper.md.
"""

import io
import multiprocessing
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from anyascii import anyascii

from eventhub.papers.fonts import FAMILIES, FONTS, has_letter
from eventhub.papers.rules import printable

FOLDER = Path(__file__).parent
KINDS = ("certificates", "badges", "attendance", "charts")
#: Dots per inch of pictures: sharp in print, and small enough for twenty in one document.
_PPI = 200
_AS_THEY_ARE = ("qr", "url", "lang", "colour", "day")
#: The quiet zone that readers of QR codes ask for (ISO/IEC 18004, 5.3.8), in modules.
_QUIET_ZONE = 4


def qr_code(text: str) -> list[int]:
    """
    A QR code as the bytes of a PNG, one pixel a module.

    The pattern that is laid over it is fixed: choosing the best of eight takes
    four times as long, and readers see no difference in print.
    """
    import segno

    kept = io.BytesIO()
    segno.make_qr(text, error="m", mask=3, boost_error=False).save(kept, kind="png", border=_QUIET_ZONE)
    return list(kept.getvalue())


#: Fewer codes are made sooner than processes are started for them.
_MANY = 200


def qr_codes(texts: Sequence[str]) -> list[list[int]]:
    """QR codes of many papers, which take a third of the time: by a process for each core, as they have no part in each other."""
    if len(texts) < _MANY or (cores := len(os.sched_getaffinity(0))) == 1 or multiprocessing.current_process().daemon:
        return [qr_code(text) for text in texts]
    # The child has no other threads yet: Typst is loaded afterwards.
    with multiprocessing.get_context("fork").Pool(min(cores, 4)) as pool:
        return pool.map(qr_code, texts, chunksize=50)


def on_paper(value: Any) -> Any:
    """All texts in facts as they can be printed; codes and addresses stay as they are."""
    if isinstance(value, str):
        return printable(value, has_letter, anyascii)
    if isinstance(value, list | tuple):
        return [on_paper(one) for one in value]
    if isinstance(value, dict):
        return {name: one if name in _AS_THEY_ARE else on_paper(one) for name, one in value.items()}
    return value


def typeset(kind: str, facts: dict[str, Any]) -> bytes:
    """
    A PDF of one of KINDS, the same bytes for the same facts; of charts one PNG each, as a JSON list in base64.

    A PDF is tagged and meets PDF/UA-1 (ISO 14289-1). That standard refuses a
    letter which no font has; such a paper is set without the promise.
    """
    facts = {**on_paper(facts), "families": FAMILIES}
    coded = [one for one in facts["papers"] if "qr" in one]
    for one, code in zip(coded, qr_codes([one["qr"] for one in coded]), strict=True):
        one["qr"] = code
    import typst

    inputs = {"facts": msgspec.json.encode(facts).decode()}
    compiler = typst.Compiler(FOLDER / f"{kind}.typ", font_paths=[FONTS], ignore_system_fonts=True, sys_inputs=inputs)
    if kind == "charts":
        pictures = compiler.compile(format="png", ppi=_PPI)
        return msgspec.json.encode(pictures if isinstance(pictures, list) else [pictures])
    try:
        made = compiler.compile(format="pdf", pdf_standards=["ua-1"], timestamp=0)
    except typst.TypstError as error:
        if "PDF/UA-1" not in str(error):
            raise
        made = compiler.compile(format="pdf", timestamp=0)
    assert isinstance(made, bytes)
    return made


if __name__ == "__main__":
    asked = sys.argv[1]
    assert asked in KINDS
    sys.stdout.buffer.write(typeset(asked, msgspec.json.decode(sys.stdin.buffer.read())))
