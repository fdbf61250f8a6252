"""Texts that many letters share but for the words of one person, kept as the mail line has them (RFC 2045 6.7)."""

import binascii
import re
from collections.abc import Mapping
from secrets import token_hex

#: Facts that differ from letter to letter; templates print them and do nothing else with them.
PERSONAL = ("recipient_name", "manage_url", "join_url", "certificate_url", "opt_out_url")
#: They stand in a form letter until it is one person's; no fact can hold them, since nobody can guess them.
TOKENS = {name: f"{name}-{token_hex(16)}" for name in PERSONAL}
_NAMES = {token: name for name, token in TOKENS.items()}
_ANY_TOKEN = re.compile(f"({'|'.join(TOKENS.values())})")


class FormText:
    """A text in which the words of one person are missing. They are one line each; the rest is encoded once."""

    def __init__(self, text: str) -> None:
        self._words, self._gaps = _pieces(text)
        #: Encoded lines, and pieces of lines with gaps of which the encoding is not known yet.
        self._lines: list[bytes | tuple[list[str], list[tuple[int, str]]]] = []
        same: list[str] = []
        for line in text.splitlines():
            words, gaps = _pieces(line)
            if gaps:
                self._lines += [*_encoded(same), (words, gaps)]
                same = []
            else:
                same.append(line)
        self._lines += _encoded(same)

    def filled(self, values: Mapping[str, str]) -> str:
        """
        The text of one person.

        Args:
            values: The words that are missing, by name.

        """
        return _joined(self._words, self._gaps, values)

    def quoted(self, values: Mapping[str, str]) -> bytes:
        """What `quoted_printable` makes of the text of one person, in a tenth of the time."""
        return b"".join(
            [
                line if isinstance(line, bytes) else _quoted_line(_joined(*line, values)) + b"\r\n"
                for line in self._lines
            ]
        )


def quoted_printable(text: str) -> bytes:
    """A text in quoted-printable, every line with its end."""
    return b"".join(_encoded(text.splitlines()))


def _encoded(lines: list[str]) -> list[bytes]:
    return [b"\r\n".join([*map(_quoted_line, lines), b""])] if lines else []


def _quoted_line(line: str) -> bytes:
    return binascii.b2a_qp(line.encode(), istext=True).replace(b"=\n", b"=\r\n")


def _pieces(text: str) -> tuple[list[str], list[tuple[int, str]]]:
    """A text cut at its gaps, and which piece is which gap."""
    words = _ANY_TOKEN.split(text)
    return words, [(place, _NAMES[words[place]]) for place in range(1, len(words), 2)]


def _joined(words: list[str], gaps: list[tuple[int, str]], values: Mapping[str, str]) -> str:
    if not gaps:
        return words[0]
    words = words.copy()
    for place, name in gaps:
        words[place] = values[name]
    return "".join(words)
