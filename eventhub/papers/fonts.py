"""The fonts that come with the product, and which characters they have."""

import struct
from collections.abc import Iterator
from functools import cache
from pathlib import Path

FONTS = Path(__file__).parent.parent / "data" / "fonts"
#: In this order the typesetter looks for a letter.
FAMILIES = (
    "Noto Sans", "Noto Sans Arabic", "Noto Sans Hebrew", "Noto Sans Devanagari", "Noto Sans Bengali", "Noto Sans Thai",
    "Noto Sans Armenian", "Noto Sans Georgian", "Droid Sans Fallback",
)  # fmt: skip


def has_letter(character: str) -> bool:
    """Whether one of the fonts has a character."""
    return ord(character) in _all_characters()


@cache
def _all_characters() -> frozenset[int]:
    found: set[int] = set()
    for path in sorted(FONTS.glob("*.ttf")):
        if not path.stem.endswith("-Bold"):
            found.update(_characters(path.read_bytes()))
    return frozenset(found)


def _characters(font: bytes) -> Iterator[int]:
    """
    The characters of a TrueType font: segments of its table `cmap` in format 4 (OpenType 1.9, cmap).

    A segment is left out where it names the glyph 0, the empty box. Format 12
    adds nothing here: our fonts have no letters beyond U+FFFF that people's
    names are written with.
    """
    (tables,) = struct.unpack_from(">H", font, 4)
    offsets = {font[12 + 16 * n : 16 + 16 * n]: struct.unpack_from(">I", font, 20 + 16 * n)[0] for n in range(tables)}
    cmap = offsets[b"cmap"]
    (subtables,) = struct.unpack_from(">H", font, cmap + 2)
    for number in range(subtables):
        platform, encoding, offset = struct.unpack_from(">HHI", font, cmap + 4 + 8 * number)
        if (platform, encoding) == (3, 1):
            yield from _segments(font, cmap + offset)


def _segments(font: bytes, start: int) -> Iterator[int]:
    form, _, _, twice = struct.unpack_from(">4H", font, start)
    assert form == 4
    count = twice // 2
    ends = struct.unpack_from(f">{count}H", font, start + 14)
    starts = struct.unpack_from(f">{count}H", font, start + 16 + twice)
    deltas = struct.unpack_from(f">{count}H", font, start + 16 + 2 * twice)
    ranges_at = start + 16 + 3 * twice
    ranges = struct.unpack_from(f">{count}H", font, ranges_at)
    for number in range(count):
        for code in range(starts[number], ends[number] + 1):
            if ranges[number] == 0:
                glyph = (code + deltas[number]) & 0xFFFF
            else:
                at = ranges_at + 2 * number + ranges[number] + 2 * (code - starts[number])
                (glyph,) = struct.unpack_from(">H", font, at)
            if glyph and code != 0xFFFF:
                yield code
