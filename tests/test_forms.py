"""What browsers send to forms, whatever the form."""

import html
import re
from datetime import date
from typing import Any

import pytest

from eventhub.campaigns.commands import create_campaign
from eventhub.campaigns.rules import CampaignFacts
from tests.conftest import BASE_URL
from tests.make import NOW, an_event, field, post_form, registered, some_account
from tests.registrations.looking import letter_token_of

A_FILE = ("mandate.pdf", b"%PDF-1.4", "application/pdf")


async def sent_as_file(client: Any, page: str, to: str, names: tuple[str, ...]) -> Any:
    token = field((await client.get(page)).text, "_csrf_token")
    files = dict.fromkeys(names, A_FILE)
    return await client.post(to, data={"_csrf_token": token}, files=files, headers={"Origin": BASE_URL})


async def test_a_file_where_an_address_belongs_is_a_mistake(client: Any) -> None:
    answer = await sent_as_file(client, "/my-links", "/my-links", ("email",))
    assert answer.status_code == 422
    assert 'id="email-error"' in answer.text


@pytest.mark.parametrize("part", ["details", "replacement", "gender"])
async def test_files_in_the_forms_of_the_personal_page_are_mistakes(client: Any, part: str) -> None:
    mine = f"/registrations/{letter_token_of(await registered(await an_event(), 'Ada'))}"
    names = {"details": ("name", "organisation", "access_needs"), "gender": ("gender",)}
    sent = names.get(part, ("colleague-name", "colleague-email"))
    answer = await sent_as_file(client, mine, f"{mine}/{part}", sent)
    assert answer.status_code == (303 if part == "gender" else 422)  # no answer to how one is counted is an answer


async def test_a_day_left_empty_is_missing_and_a_day_that_is_none_is_wrong(client: Any) -> None:
    facts = CampaignFacts("Care Month", "Care", date(2098, 3, 1), date(2099, 3, 31), is_public=True, language="en")
    campaign = await create_campaign(facts, now=NOW, account_id=await some_account())
    answer = await post_form(client, f"/campaigns/{campaign.slug}/propose", {"starts_on": "", "ends_on": "2099-02-31"})
    assert answer.status_code == 422
    said = html.unescape(re.sub(r"<[^>]+>", " ", answer.text))
    assert re.search(r"First day *: +This field is required\.", said)
    assert re.search(r"Last day *: +Not a valid date value\.", said)
