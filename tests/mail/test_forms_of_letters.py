"""What a form letter becomes for one person is what the whole text would have become."""

import quopri

import pytest

from eventhub.mail.forms_of_letters import PERSONAL, TOKENS, FormText, quoted_printable

TEXTS = (
    "Hello {recipient_name},\n\nSee {manage_url} or {manage_url}\n.\nThe end = ü \n",
    "{recipient_name}!",
    "",
    "\n\nno gaps at all\n{join_url}{opt_out_url}\n" + "ü" * 200 + "{certificate_url} \n\n",
)
VALUES = (
    dict.fromkeys(PERSONAL, ""),
    dict.fromkeys(PERSONAL, "https://example.org/" + "a=b&" * 60),
    dict.fromkeys(PERSONAL, "Zoë Ω " * 30 + TOKENS["manage_url"]),
)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("values", VALUES)
def test_the_lines_of_a_form_letter_are_those_of_the_filled_text(text: str, values: dict[str, str]) -> None:
    form = FormText(text.format_map(TOKENS))
    whole = text.format_map(values)

    assert form.filled(values) == whole
    assert form.quoted(values) == quoted_printable(whole)
    assert quopri.decodestring(form.quoted(values)).decode().splitlines() == whole.splitlines()
    assert all(len(line) <= 76 for line in form.quoted(values).split(b"\r\n"))
