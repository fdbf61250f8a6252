"""The page of the glossary, and the hints on the desk's pages of events and labs."""

import html
from typing import Any

import httpx
import pytest

from eventhub.database import sql
from eventhub.wording.queries import terms
from tests.make import an_event, an_item, post_form, signed_in

PAGE = "/staff/wording"
HINT = "Some words may leave people out."


async def send(client: httpx.AsyncClient, path: str = PAGE, **data: Any) -> httpx.Response:
    return await post_form(client, path, data, page=PAGE)


def shown(answer: httpx.Response) -> str:
    return html.unescape(answer.text)


async def rows() -> list[tuple[str, str, str]]:
    found = await sql("SELECT language, term, alternative FROM wording_term ORDER BY term")
    return [(row["language"], row["term"], row["alternative"]) for row in found]


@pytest.mark.parametrize("role", ["administrator", "programme", "organiser", "reader", "check-in"])
async def test_every_role_of_staff_reads_the_glossary_and_programme_staff_change_it(
    app: Any, database: None, role: str
) -> None:
    may = role in ("administrator", "programme")
    async with await signed_in(app, role) as client:
        answer = await client.get(PAGE)
        assert answer.status_code == 200
        assert "chairman" in answer.text
        assert ('action="/staff/wording"' in answer.text) == may
        change = await client.get(f"{PAGE}/change?language=en&term=chairman")
        assert change.status_code == (200 if may else 403)
        assert (f"{PAGE}/change?language=en" in answer.text) == may


async def test_nobody_else_reads_it(client: httpx.AsyncClient) -> None:
    answer = await client.get(PAGE)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")


async def test_readers_change_nothing(app: Any, database: None) -> None:
    async with await signed_in(app, "reader") as client:
        token = (await client.get(PAGE)).text.split('name="_csrf_token" value="')[1].split('"')[0]
        for path in (PAGE, f"{PAGE}/change", f"{PAGE}/remove"):
            data = {"_csrf_token": token, "language": "en", "term": "chairman", "alternative": "x"}
            assert (await client.post(path, data=data)).status_code == 403
    assert await rows() == []


async def test_the_list_is_that_of_the_language_asked_for_or_the_readers(app: Any, database: None) -> None:
    async with await signed_in(app, "reader") as client:
        assert "los alcaldes" in (await client.get(f"{PAGE}?language=es")).text
        assert "les élus" in (await client.get(f"{PAGE}?language=fr")).text
        assert "chairman" not in (await client.get(f"{PAGE}?language=fr")).text
        for odd in ("xx", "%00", "e" * 600, "en&language=fr"):
            answer = await client.get(f"{PAGE}?language={odd}")
            assert answer.status_code == 200
        assert "les élus" in (await client.get(f"{PAGE}?lang=fr")).text


async def test_a_term_is_added_changed_and_removed(app: Any, database: None) -> None:
    async with await signed_in(app, "programme") as client:
        added = await send(client, language="fr", term="L’ingénieur", alternative="l’équipe <technique>")
        assert added.status_code == 303
        assert added.headers["location"] == f"{PAGE}?language=fr"
        page = await client.get(added.headers["location"])
        assert "“l'ingénieur” is pointed out from now on." in shown(page)
        assert "l’équipe &lt;technique&gt;" in page.text
        assert "Added by staff" in page.text
        form = await client.get(f"{PAGE}/change", params={"language": "fr", "term": "l'ingénieur"})
        assert 'value="l’équipe &lt;technique&gt;"' in form.text
        changed = await send(client, f"{PAGE}/change", language="fr", term="l'ingénieur", alternative="l’équipe")
        assert changed.status_code == 303
        assert await rows() == [("fr", "l'ingénieur", "l’équipe")]
        removed = await send(client, f"{PAGE}/remove", language="fr", term="l'ingénieur")
        assert (removed.status_code, removed.headers["location"]) == (303, f"{PAGE}?language=fr")
        assert await rows() == []
        assert (await send(client, f"{PAGE}/remove", language="fr", term="l'ingénieur")).status_code == 404


async def test_a_term_of_the_file_gets_another_alternative_and_its_own_again(app: Any, database: None) -> None:
    async with await signed_in(app, "programme") as client:
        assert "Changed by staff" not in (await client.get(PAGE)).text
        assert (
            await send(client, f"{PAGE}/change", language="en", term="chairman", alternative="head")
        ).status_code == 303
        assert "Changed by staff" in (await client.get(PAGE)).text
        await send(client, f"{PAGE}/change", language="en", term="mankind", alternative="Mankind")
        assert "Left alone" in (await client.get(PAGE)).text
        assert (await send(client, f"{PAGE}/remove", language="en", term="chairman")).status_code == 303
        assert (await terms("en"))["chairman"] == "chair"
        assert (await send(client, f"{PAGE}/remove", language="en", term="chairmen")).status_code == 404


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"language": "en", "term": "chairman", "alternative": "head"}, "The glossary has this term already"),
        ({"language": "en", "term": "he", "alternative": "they"}, "A term has at least 3 characters"),
        ({"language": "en", "term": "x" * 600, "alternative": "they"}, "120"),
        ({"language": "en", "term": "gunmen", "alternative": "x" * 600}, "200"),
        ({"language": "en", "term": "gunmen", "alternative": "\x00"}, "There is a problem"),
        ({"language": "en", "term": "", "alternative": ""}, "There is a problem"),
        ({"language": "de", "term": "gunmen", "alternative": "people"}, "There is a problem"),
        ({}, "There is a problem"),
    ],
)
async def test_a_mistake_is_said_where_it_was_made_and_what_was_typed_is_kept(
    app: Any, database: None, data: dict[str, str], sentence: str
) -> None:
    async with await signed_in(app, "programme") as client:
        answer = await send(client, **data)
        assert answer.status_code == 422
        assert sentence in shown(answer)
        assert 'aria-invalid="true"' in answer.text
        if data.get("term"):
            assert f'value="{data["term"]}"' in answer.text
    assert await rows() == []


async def test_an_empty_or_long_alternative_is_refused_on_the_page_of_the_term(app: Any, database: None) -> None:
    async with await signed_in(app, "programme") as client:
        for wrong in ("", "x" * 600, "\x00"):
            answer = await send(client, f"{PAGE}/change", language="en", term="chairman", alternative=wrong)
            assert answer.status_code == 422
            assert 'id="wording-change"' in answer.text
    assert await rows() == []


@pytest.mark.parametrize("term", ["nothing", "", "\x00", "x" * 600, "\ud800"])
async def test_a_term_that_is_not_there_is_not_found(app: Any, database: None, term: str) -> None:
    sent = term.encode("utf-8", "surrogatepass")
    async with await signed_in(app, "programme") as client:
        shown = await client.get(f"{PAGE}/change", params={"language": "en", "term": term if term != "\ud800" else "?"})
        assert shown.status_code == 404
        for path in (f"{PAGE}/change", f"{PAGE}/remove"):
            answer = await send(client, path, language="en", term=sent, alternative="x")
            assert answer.status_code == 404


# Hints


async def test_the_desk_points_words_of_an_event_out_and_holds_nothing_back(app: Any, database: None) -> None:
    event = await an_event(title="A forum of Chairmen", description="For mankind.", publish=False)
    await an_item(event, "Words of the <chairman>", description="Manpower. For mankind.", kind="talk")
    async with await signed_in(app, "organiser") as client:
        page = shown(await client.get(f"/staff/events/{event.slug}"))
        assert HINT in page
        hints = page.split(HINT)[1].split("</ul>")[0]
        assert [part.split("</li>")[0] for part in hints.split('<li dir="auto">')[1:]] == [
            "“Chairmen”: “chairs” includes everybody.",
            "“mankind”: “humanity” includes everybody.",
            "“chairman”: “chair” includes everybody.",
            "“Manpower”: “workforce” includes everybody.",
        ]
        published = await post_form(
            client, f"/staff/events/{event.slug}/publish", {}, page=f"/staff/events/{event.slug}"
        )
        assert published.status_code == 303
        assert HINT not in (await client.get(event.href)).text
    async with await signed_in(app, "reader") as client:
        assert HINT not in (await client.get(f"/staff/events/{event.slug}")).text


async def test_an_event_is_held_to_the_glossary_of_its_own_language(app: Any, database: None) -> None:
    event = await an_event(title="Foro: chairman y los alcaldes", language="es", publish=False)
    async with await signed_in(app, "organiser") as client:
        page = shown(await client.get(f"/staff/events/{event.slug}"))
    assert "“los alcaldes”: “las alcaldesas y los alcaldes” includes everybody." in page
    assert "“chairman”" not in page


async def test_an_event_that_leaves_nobody_out_gets_no_hint(app: Any, database: None) -> None:
    event = await an_event(title="A forum of chairs", publish=False)
    async with await signed_in(app, "organiser") as client:
        assert HINT not in (await client.get(f"/staff/events/{event.slug}")).text


async def test_a_lab_is_held_to_every_language(app: Any, database: None) -> None:
    from tests.make import a_lab

    lab = await a_lab("Water for mankind and les citoyens")
    async with await signed_in(app, "programme") as client:
        page = shown(await client.get(f"/staff/labs/{lab.slug}"))
    assert "“mankind”: “humanity” includes everybody." in page
    assert "“les citoyens”: “les citoyennes et citoyens” includes everybody." in page
    async with await signed_in(app, "reader") as client:
        assert HINT not in (await client.get(f"/staff/labs/{lab.slug}")).text
