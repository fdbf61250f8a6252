"""The pages of the directory and of imports, as a person sees them."""

import html
import re
from typing import Any

import httpx
import pytest

from eventhub.database import sql
from eventhub.directory.imports import import_members
from eventhub.directory.queries import member_by_key, other_names_of
from eventhub.resources import DATA
from eventhub.spreadsheets import csv_bytes, read_sheet
from tests.conftest import BASE_URL
from tests.make import NOW, a_member, a_token, bearer, field, post_form, signed_in

FACTS = (DATA / "members.csv").read_bytes()
HEAD = "member_id,name,region_code,kind,country,time_zone,language"
PARIS = "paris,Paris,europe,member,FR,Europe/Paris,fr"


async def loaded() -> None:
    await import_members(FACTS, "members.csv", dry_run=False, now=NOW)


def words(page: str) -> str:
    """The text of a page as a person reads it."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


async def upload(
    client: httpx.AsyncClient, content: bytes, kind: str = "members", name: str = "file.csv", **more: str
) -> httpx.Response:
    shown = await client.get("/staff/import")
    data = {"_csrf_token": field(shown.text, "_csrf_token"), "kind": kind, **more}
    return await client.post("/staff/import", data=data, files={"file": (name, content)}, headers={"Origin": BASE_URL})


async def confirm(client: httpx.AsyncClient, preview: str) -> httpx.Response:
    data = {"_csrf_token": field(preview, "_csrf_token"), "parcel": field(preview, "parcel")}
    return await client.post("/staff/import/confirm", data=data, headers={"Origin": BASE_URL})


@pytest.mark.parametrize("path", ["/staff/members", "/staff/members/paris", "/staff/members.csv", "/staff/import"])
async def test_the_directory_is_for_staff(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?next={path}")


async def test_the_list_is_counted_in_words_and_narrowed_by_name_region_and_kind(app: Any, client: Any) -> None:
    async with await signed_in(app, "reader") as browser:
        empty = await browser.get("/staff/members")
        assert "There are no members yet" in empty.text
        assert "/staff/import" not in empty.text
        await loaded()
        everybody = await browser.get("/staff/members")
        assert "160 members match." in words(everybody.text)
        assert everybody.text.count('<th scope="row"') == 160
        one = await browser.get("/staff/members", params={"q": "chisinau"})
        assert "One member matches." in words(one.text)
        assert re.search(r"Chisinau .*Europe Moldova \w{3} \d\d:\d\d Europe/Chisinau English Member", words(one.text))
        associates = await browser.get("/staff/members", params={"region": "asia", "kind": "associate"})
        assert "One member matches." in words(associates.text)
        none = await browser.get("/staff/members", params={"q": "Atlantis <b>"})
        assert none.status_code == 200
        assert "No member matches" in none.text
        assert 'value="Atlantis &lt;b&gt;"' in none.text
        odd = await browser.get(
            "/staff/members", params={"q": "x🏙 " * 600, "region": "%", "kind": "'", "page_number": "999999999"}
        )
        assert odd.status_code == 200


@pytest.mark.parametrize("form", ["csv", "xlsx", "json"])
async def test_the_file_holds_the_rows_of_the_same_filter(app: Any, client: Any, form: str) -> None:
    await loaded()
    async with await signed_in(app, "reader") as browser:
        answer = await browser.get(f"/staff/members.{form}", params={"region": "north_america"})
    assert answer.headers["content-disposition"] == f'attachment; filename="members.{form}"'
    if form == "json":
        assert len(answer.json()) == 7
    else:
        sheet = read_sheet(answer.content, f"members.{form}", required=("member_id", "name"), optional=None)
        assert [row["region_code"] for row in sheet.rows] == ["north_america"] * 7


async def test_a_reader_sees_a_member_and_no_form(app: Any, client: Any) -> None:
    await loaded()
    async with await signed_in(app, "reader") as browser:
        page = await browser.get("/staff/members/canton-of-geneva")
        assert "Canton de Genève" in page.text
        assert "Change this member" not in page.text
        assert (await browser.get("/staff/members/atlantis")).status_code == 404
        assert (await browser.get("/staff/import")).status_code == 403
        shown = await browser.get("/staff/members")
        token = field(shown.text, "_csrf_token")
        answer = await browser.post(
            "/staff/members/canton-of-geneva", data={"_csrf_token": token, "name": "X"}, headers={"Origin": BASE_URL}
        )
        assert answer.status_code == 403
    assert (await member_by_key("canton-of-geneva")).name == "Canton of Geneva"


EDITED = {
    "name": "Barcelona",
    "other_names": "Barna\nBarcelone",
    "kind": "member",
    "time_zone": "Europe/Madrid",
    "language": "es",
    "left_on": "",
}


async def test_a_member_is_edited_by_form(app: Any, client: Any) -> None:
    await a_member("Barcelona")
    async with await signed_in(app, "programme") as browser:
        answer = await post_form(browser, "/staff/members/barcelona", EDITED)
        assert (answer.status_code, answer.headers["location"]) == (303, "/staff/members/barcelona")
        assert "Barcelona has been changed." in (await browser.get("/staff/members/barcelona")).text
    member = await member_by_key("barcelona")
    assert (member.language, await other_names_of(member.id)) == ("es", ["Barcelone", "Barna"])


async def test_a_mistake_shows_the_form_again_as_typed(app: Any, client: Any) -> None:
    await a_member("Barcelona")
    await a_member("Madrid")
    async with await signed_in(app, "programme") as browser:
        typed = {**EDITED, "name": "MADRID", "other_names": "Barna <i>"}
        answer = await post_form(browser, "/staff/members/barcelona", typed)
        assert answer.status_code == 422
        assert "“MADRID” is a name of Madrid already." in words(answer.text)
        assert "Barna &lt;i&gt;" in answer.text
        assert 'value="MADRID"' in answer.text
        for wrong in (
            {"name": ""},
            {"name": "x" * 600},
            {"kind": "friend"},
            {"time_zone": "Mars/Base"},
            {"left_on": "31/02/2020"},
            {"language": "de"},
            {"other_names": "x" * 201},
        ):
            answer = await post_form(browser, "/staff/members/barcelona", {**EDITED, **wrong})
            assert answer.status_code == 422, wrong
        answer = await browser.post(
            "/staff/members/barcelona",
            data={"_csrf_token": field(answer.text, "_csrf_token")},
            headers={"Origin": BASE_URL},
        )
        assert answer.status_code == 422
    assert await sql("SELECT name FROM member ORDER BY name") == [{"name": "Barcelona"}, {"name": "Madrid"}]


async def test_an_import_shows_the_differences_and_writes_when_confirmed(app: Any, client: Any) -> None:
    await a_member("Barcelona")
    content = f"{HEAD}\n{PARIS}\nbarcelona,Barcelona,europe,member,ES,Europe/Paris,en\n".encode()
    async with await signed_in(app, "programme") as browser:
        preview = await upload(browser, content)
        assert preview.status_code == 200
        assert "Barcelona time zone Europe/Madrid Europe/Paris" in words(preview.text)
        assert "One is new Paris" in words(preview.text)
        assert len(await sql("SELECT id FROM member")) == 1
        done = await confirm(browser, preview.text)
        assert (done.status_code, done.headers["location"]) == (303, "/staff/import")
        after = await browser.get("/staff/import")
        assert "The file has been imported: 1 new, 1 changed, 0 as before." in words(after.text)
        again = await upload(browser, content)
        assert "There is nothing to import." in words(again.text)
    assert (await member_by_key("barcelona")).time_zone == "Europe/Paris"
    entries = await sql("SELECT account FROM audit_entry WHERE action = 'import_members'")
    assert [entry["account"] is not None for entry in entries] == [True]


@pytest.mark.parametrize(
    ("kind", "content", "sentence"),
    [
        ("members", b"\xff", "Line 1 is not UTF-8."),
        ("members", f"{HEAD}\nparis,Paris,europe,member,FR,Europe/Atlantis,fr".encode(), "Line 2, column “time_zone”: “Europe/Atlantis” is no time zone."),
        ("people", b"name,email,gender\nA,a@example.org,man", "The column “gender” is not taken"),
        ("events", b"start,end,title,location\n31/2/2020,,A,Online", "Line 2, column “start”: there is no day 31/2/2020."),
        ("partners", b"PK\x03\x04junk", "This file is not an XLSX."),
        ("members", b"", "The file is empty."),
        ("members", b"x" * 3_000_001, "The file is larger than 3 MB."),
        ("friends", b"a,b\n1,2", "Not a valid choice"),
    ],
)  # fmt: skip
async def test_a_bad_file_is_answered_with_every_reason(
    app: Any, client: Any, kind: str, content: bytes, sentence: str
) -> None:
    await a_member("Barcelona")
    async with await signed_in(app, "programme") as browser:
        answer = await upload(browser, content, kind)
    assert answer.status_code == 422
    assert sentence in words(answer.text)


async def test_no_file_or_too_much_of_it_is_refused(app: Any, client: Any) -> None:
    async with await signed_in(app, "programme") as browser:
        answer = await post_form(browser, "/staff/import", {"kind": "members", "file": "text"})
        assert (answer.status_code, "Please choose a file." in answer.text) == (422, True)
        assert (await post_form(browser, "/staff/import", {})).status_code == 422
        assert (await upload(browser, b"x" * 5_100_000)).status_code == 413


async def test_a_parcel_that_is_not_ours_imports_nothing(app: Any, client: Any) -> None:
    content = f"{HEAD},region\n{PARIS},Europe\n".encode()
    async with await signed_in(app, "programme") as browser:
        preview = (await upload(browser, content)).text
        token = field(preview, "_csrf_token")
        for parcel in ("", "x", "é" * 500, "A" + field(preview, "parcel")):
            answer = await browser.post(
                "/staff/import/confirm", data={"_csrf_token": token, "parcel": parcel}, headers={"Origin": BASE_URL}
            )
            assert answer.status_code == 409
        async with await signed_in(app, "administrator") as other:
            shown = await other.get("/staff/import")
            data = {"_csrf_token": field(shown.text, "_csrf_token"), "parcel": field(preview, "parcel")}
            answer = await other.post("/staff/import/confirm", data=data, headers={"Origin": BASE_URL})
            assert answer.status_code == 409
    assert await sql("SELECT id FROM member") == []


async def test_what_changed_between_the_two_steps_is_shown_first(app: Any, client: Any) -> None:
    await a_member("Barcelona")
    content = f"{HEAD}\nbarcelona,Barcelona,europe,member,ES,Europe/Paris,en\n".encode()
    async with await signed_in(app, "programme") as browser:
        preview = await upload(browser, content)
        await sql("UPDATE member SET language = 'es'")
        second = await confirm(browser, preview.text)
        assert second.status_code == 409
        assert "Nothing was written; please look at them again." in words(second.text)
        assert (await member_by_key("barcelona")).time_zone == "Europe/Madrid"
        assert (await confirm(browser, second.text)).status_code == 303
    assert (await member_by_key("barcelona")).time_zone == "Europe/Paris"


async def test_a_calendar_and_people_are_imported_by_page_too(app: Any, client: Any) -> None:
    calendar = (DATA / "calendar_2020_public.csv").read_bytes()
    people = b"".join(csv_bytes(["name", "email"], [[f"Person {n}", f"p{n}@example.org"] for n in range(1000)]))
    async with await signed_in(app, "programme") as browser:
        for kind, content in (("events", calendar), ("people", people)):
            preview = await upload(browser, content, kind)
            assert (await confirm(browser, preview.text)).status_code == 303
    assert len(await sql("SELECT id FROM event")) == 52
    assert len(await sql("SELECT id FROM person")) == 1000


@pytest.mark.parametrize("language", ["es", "fr"])
async def test_the_pages_speak_the_readers_language_without_breaking(app: Any, client: Any, language: str) -> None:
    await loaded()
    async with await signed_in(app, "programme") as browser:
        for path in ("/staff/members", "/staff/members/paris", "/staff/members/montreal", "/staff/import"):
            page = await browser.get(path, params={"lang": language})
            assert page.status_code in (200, 404)
            assert f'<html lang="{language}"' in page.text


# The JSON interface


async def test_the_members_are_listed_for_a_token_in_parts(app: Any, client: httpx.AsyncClient) -> None:
    await loaded()
    assert (await client.get("/api/v1/members")).status_code == 401
    head = bearer(await a_token("reader"))
    keys, cursor = [], None
    while True:
        part = (
            await client.get(
                "/api/v1/members", params={"limit": 70, **({"cursor": cursor} if cursor else {})}, headers=head
            )
        ).json()
        assert part["total"] == 160
        keys += [item["key"] for item in part["items"]]
        if not (cursor := part["next"]):
            break
    assert (len(keys), len(set(keys))) == (160, 160)
    found = (await client.get("/api/v1/members", params={"q": "Chișinău"}, headers=head)).json()
    assert found["items"] == [
        {
            "key": "chisinau", "name": "Chisinau", "other_names": ["Chișinău"], "kind": "member", "region": "europe",
            "country": "MD", "time_zone": "Europe/Chisinau", "language": "en", "joined_year": 2023, "left_on": None,
            "outside_key": None,
        }
    ]  # fmt: skip
    one = await client.get("/api/v1/members/chisinau", headers=head)
    assert one.json() == found["items"][0]
    assert (await client.get("/api/v1/members", params={"region": "europe"}, headers=head)).json()["total"] == 18


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/members/atlantis", 404),
        ("/api/v1/members/%00", 404),
        ("/api/v1/members?limit=0", 422),
        ("/api/v1/members?limit=99999999999999999999", 422),
        ("/api/v1/members?cursor=x", 422),
        ("/api/v1/members?q=%F0%9F%8F%99&region=%27", 422),
        ("/api/v1/members?q=%00", 200),
    ],
)
async def test_odd_questions_are_answered_properly(app: Any, client: httpx.AsyncClient, path: str, status: int) -> None:
    answer = await client.get(path, headers=bearer(await a_token("reader")))
    assert answer.status_code == status


@pytest.mark.parametrize("name", ["region", "kind", "misspelt"])
async def test_members_as_json_are_not_narrowed_to_what_is_not_known(client: httpx.AsyncClient, name: str) -> None:
    from tests.make import a_token, bearer

    answer = await client.get("/api/v1/members", params={name: "xyz"}, headers=bearer(await a_token("reader")))
    assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (422, [name])
