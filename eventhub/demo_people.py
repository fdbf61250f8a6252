"""People of the demonstration: all invented, their names put together from syllables, their addresses at example.org."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from eventhub.directory.rules import Gender
from eventhub.registrations.commands import NewRegistration

_FIRST = [
    "Ilun", "Tavo", "Maren", "Sanoa", "Keli", "Orin", "Yumei", "Dalu", "Asha", "Noor",
    "Rumi", "Elio", "Zuri", "Kian", "Mika", "Tolu", "Luma", "Sefi", "Amai", "Juno",
]  # fmt: skip
_LAST = [
    "Velandi", "Okrat", "Tesmor", "Lindavar", "Quelho", "Marasti", "Ubeki", "Doranje", "Pellova", "Kintaro",
    "Sabrel", "Nuvasa", "Torbek", "Ralindo", "Azembo", "Fintala", "Gorvani", "Hesmira", "Ilkano", "Jorvette",
]  # fmt: skip
WOMAN, MAN, NON_BINARY = Gender.WOMAN, Gender.MAN, Gender.NON_BINARY


@dataclass(frozen=True)
class City:
    """A member as the demonstration uses it; `language` is that in which its people write."""

    key: str
    language: str
    region: str


def spread(cities: Sequence[City], number: int) -> list[City]:
    """So many of them, at even distances."""
    return [cities[i * len(cities) // number] for i in range(number)]


@dataclass
class People:
    """
    Invented people, one after the other, always the same ones.

    Args:
        mark: Stands in their addresses, so that those of two rows of people differ.

    """

    mark: str = ""
    dice: random.Random = field(default_factory=lambda: random.Random(2024))  # noqa: S311  no secret is made
    made: int = 0

    def name(self) -> str:
        """The next name."""
        self.made += 1
        first, last = _FIRST[self.made % len(_FIRST)], _LAST[(self.made * 7 + self.made // 20) % len(_LAST)]
        return f"{first} {last}"

    def address(self, name: str) -> str:
        """The address of whoever has just been named."""
        return f"{name.lower().replace(' ', '.')}.{self.mark}{self.made}@example.org"

    def new(self, member: str, language: str, gender: str, *, online: bool) -> NewRegistration:
        """The next person, as they register."""
        name = self.name()
        return NewRegistration(
            name=name,
            email=self.address(name),
            attends="online" if online else "on_site",
            gender=gender,
            level="political" if self.made % 9 == 0 else "technical",
            member=member,
            language=language,
        )
