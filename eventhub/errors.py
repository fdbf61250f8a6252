"""How we say no when a rule refuses. One handler, in `app.py`, shows it."""

from typing import ClassVar


class Refusal(Exception):
    """
    A rule says no, in sentences for the person who asked.

    Each subclass is named for the fact and states its own `status_code`.
    """

    status_code: ClassVar[int]

    def __init__(self, *sentences: str) -> None:
        super().__init__(*sentences)
        self.sentences = sentences


class NotFound(Refusal):
    """What was asked for is not there, or not for you: both look the same."""

    status_code = 404


class Problems(Refusal):
    """What was sent is incomplete or wrong; `fields` says where."""

    status_code = 422

    def __init__(self, fields: dict[str, list[str]]) -> None:
        super().__init__(*(sentence for sentences in fields.values() for sentence in sentences))
        self.fields = fields
