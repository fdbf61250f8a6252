"""Files of members, partners and persons: matched, compared, and written whole or not at all."""

import asyncio
import csv
import io
from typing import Any
from uuid import uuid4

import pytest

from eventhub.database import sql, transaction, tuples
from eventhub.directory.commands import MemberFacts, edit_member
from eventhub.directory.imports import import_members, import_partners, import_people, load_facts
from eventhub.directory.queries import (
    MEMBER_COLUMNS,
    MemberFilter,
    member_by_key,
    members,
    members_table,
    other_names_of,
    partners_table,
    persons_table,
)
from eventhub.errors import Problems
from eventhub.importing import ImportCollision, insert_many
from eventhub.resources import DATA
from eventhub.spreadsheets import BadFile, Change, csv_bytes, table_bytes, xlsx_bytes
from tests.make import NOW, a_member, a_person, an_account

FACTS = (DATA / "members.csv").read_bytes()
HEAD = "member_id,name,region_code,kind,country,time_zone,language"
PARIS = "paris,Paris,europe,member,FR,Europe/Paris,fr"


def text(*lines: str) -> bytes:
    return "\n".join(lines).encode()


def rows(*given: dict[str, str]) -> bytes:
    """A file of members, each like Paris but for what is given."""
    usual = dict(zip(HEAD.split(","), PARIS.split(","), strict=True))
    columns = [*usual, *dict.fromkeys(name for row in given for name in row if name not in usual)]
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="")
    writer.writeheader()
    writer.writerows({**usual, **row} for row in given)
    return out.getvalue().encode()


async def refused(content: bytes, importer: Any = import_members) -> list[str]:
    """The sentences of a refusal, the same dry and wet, after which nothing was written."""
    before = await everything()
    for dry_run in (True, False):
        with pytest.raises(BadFile) as refusal:
            await importer(content, "file.csv", dry_run=dry_run, now=NOW)
    assert await everything() == before
    return [str(sentence) for sentence in refusal.value.sentences]


async def everything() -> list[Any]:
    tables = ("region", "member", "member_name", "partner", "person", "audit_entry")
    return [await sql(f"SELECT * FROM {table} ORDER BY id") for table in tables]


async def test_the_directory_is_imported_whole_and_a_second_time_changes_nothing(database: None) -> None:
    first = await import_members(FACTS, "members.csv", dry_run=False, now=NOW)
    assert (len(first.new), first.changed, first.unchanged, first.written) == (160, 0, 0, True)
    before = await everything()
    second = await import_members(FACTS, "members.csv", dry_run=False, now=NOW)
    assert (second.new, second.changes, second.unchanged) == ((), (), 160)
    assert await everything() == before
    counts = await sql(
        "SELECT r.code AS code, COUNT(*) AS n FROM member m JOIN region r ON r.id = m.region GROUP BY r.code ORDER BY r.code"
    )
    assert {row["code"]: row["n"] for row in counts} == {
        "africa": 26, "asia": 65, "eurasia_middle_east": 20, "europe": 18, "latin_america_caribbean": 24, "north_america": 7,
    }  # fmt: skip
    trail = await sql("SELECT action, object_kind, detail FROM audit_entry")
    assert trail == [{"action": "import_members", "object_kind": "file", "detail": "160 new, 0 changed"}]


async def test_a_dry_run_writes_nothing_and_shows_the_same(database: None) -> None:
    before = await everything()
    dry = await import_members(FACTS, "members.csv", dry_run=True, now=NOW)
    assert await everything() == before
    wet = await import_members(FACTS, "members.csv", dry_run=False, now=NOW)
    assert (dry.new, dry.changes, dry.fingerprint) == (wet.new, wet.changes, wet.fingerprint)


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_what_is_exported_can_be_imported_and_changes_nothing(database: None, form: str) -> None:
    await import_members(FACTS, "members.csv", dry_run=False, now=NOW)
    columns, found = await members_table(MemberFilter())
    assert tuple(columns) == MEMBER_COLUMNS
    content = b"".join(csv_bytes(columns, found) if form == "csv" else xlsx_bytes("Members", columns, found))
    again = await import_members(content, f"members.{form}", dry_run=False, now=NOW)
    assert (again.new, again.changes, again.unchanged) == ((), (), 160)


@pytest.mark.parametrize(
    ("q", "keys"),
    [
        ("chisinau", ["chisinau"]),
        ("Chișinău", ["chisinau"]),
        ("CANTON genève", ["canton-of-geneva"]),
        ("Ciudad de Mexico", []),
        ("mexico city", ["mexico-city"]),
        ("la habana", ["havana"]),
        ("barcelona", ["barcelona", "metropolitan-area-of-barcelona"]),
        ("xi'an", ["xian"]),
        ("%", []),
        ("_", []),
        ("!!!", []),
        ("' OR 1=1 --", []),
        ("x" * 600, []),
    ],
)
async def test_members_are_found_by_any_spelling(database: None, q: str, keys: list[str]) -> None:
    await import_members(FACTS, "members.csv", dry_run=False, now=NOW)
    found, total = await members(MemberFilter(q=q), limit=50)
    assert ([member.key for member in found], total) == (keys, len(keys))


async def test_members_are_found_by_a_name_in_another_language_once_it_is_known(database: None) -> None:
    await a_member("Mexico City", region="latin_america_caribbean", zone="America/Mexico_City", country="MX")
    city = await member_by_key("mexico-city")
    facts = MemberFacts("Mexico City", ("Ciudad de México",), "member", "America/Mexico_City", "es", None)
    await edit_member("mexico-city", facts, now=NOW, account_id=await an_account())
    for q in ("Ciudad de México", "ciudad de mexico", "mexico city"):
        assert [member.id for member in (await members(MemberFilter(q=q), limit=5))[0]] == [city.id]


async def test_every_bad_row_of_a_file_is_named_with_line_column_and_reason(database: None) -> None:
    await a_member("Barcelona")
    content = rows(
        {"member_id": "a", "name": "A", "time_zone": "Europe/Atlantis"},
        {"member_id": "b", "name": "B", "region_code": "atlantis"},
        {"member_id": "c", "name": "C", "country": "XX", "kind": "friend"},
        {"member_id": "d", "name": "", "language": "de"},
        {"member_id": "E e", "name": "E", "joined_year": "20", "listed_in_2020": "maybe"},
        {"member_id": "f", "name": "x" * 201, "left_on": "31/12/2020"},
        {"member_id": "g", "name": "!!!", "language_confidence": "sure"},
    )
    assert await refused(content) == [
        "Line 2, column “time_zone”: “Europe/Atlantis” is no time zone. Zones look like Europe/Madrid.",
        "Line 3, column “region_code”: “atlantis” is none of: europe. A new one needs a name in the column “region”.",
        "Line 4, column “kind”: “friend” is none of: member, associate, honorary.",
        "Line 4, column “country”: “XX” is no country code of ISO 3166. Codes look like FR.",
        "Line 5, column “name”: the cell is empty.",
        "Line 5, column “language”: “de” is none of: en, es, fr.",
        "Line 6, column “member_id”: “E e” is no key. Keys have letters a to z, digits and hyphens.",
        "Line 6, column “joined_year”: “20” is no year between 1985 and 2100.",
        "Line 6, column “listed_in_2020”: “maybe” is none of: yes, no.",
        "Line 7, column “name”: the text is longer than 200 characters.",
        "Line 7, column “left_on”: “31/12/2020” is no day. Days look like 2026-11-25.",
        "Line 8, column “language_confidence”: “sure” is none of: high, medium, low.",
        "Line 8, column “name”: “!!!” has no letters or digits.",
    ]


async def test_one_bad_row_keeps_all_others_out(database: None) -> None:
    await a_member("Barcelona")
    assert len(await refused(rows({"name": "Rome", "member_id": "rome"}, {"country": "XX"}))) == 1
    assert await sql("SELECT name FROM member") == [{"name": "Barcelona"}]


async def test_differences_are_shown_before_they_overwrite(database: None) -> None:
    await a_member("Barcelona")
    content = text(HEAD + ",other_names", "barcelona,Barcelona City,europe,member,ES,Europe/Paris,es,BCN")
    shown = (
        Change("Barcelona", "name", "Barcelona", "Barcelona City"),
        Change("Barcelona", "time_zone", "Europe/Madrid", "Europe/Paris"),
        Change("Barcelona", "language", "en", "es"),
        Change("Barcelona", "other_names", "", "Barcelona; BCN"),
    )
    assert (await import_members(content, "m.csv", dry_run=True, now=NOW)).changes == shown
    report = await import_members(content, "m.csv", dry_run=False, now=NOW)
    assert (report.changes, report.changed) == (shown, 1)
    after = await member_by_key("barcelona")
    assert (after.name, after.time_zone, after.language) == ("Barcelona City", "Europe/Paris", "es")
    assert await other_names_of(after.id) == ["Barcelona", "BCN"]
    assert (await import_members(content, "m.csv", dry_run=False, now=NOW)).is_empty


async def test_columns_that_a_file_lacks_stay_as_they_are(database: None) -> None:
    await a_region_file()
    full = rows({"joined_year": "2024", "joined_note": "the report", "outside_key": "Z-1", "listed_in_2020": "yes"})
    await import_members(full, "m.csv", dry_run=False, now=NOW)
    assert (await import_members(text(HEAD, PARIS), "m.csv", dry_run=False, now=NOW)).is_empty
    blank = rows({"joined_year": "", "outside_key": ""})
    report = await import_members(blank, "m.csv", dry_run=True, now=NOW)
    assert report.changes == (
        Change("Paris", "joined_year", "2024", ""),
        Change("Paris", "outside_key", "Z-1", ""),
    )


async def a_region_file() -> None:
    from tests.make import a_region

    await a_region()


@pytest.mark.parametrize(
    "row",
    [
        {"member_id": "barcelona", "name": "Barna"},
        {"member_id": "other-key", "name": "BARCELONA"},
        {"member_id": "", "name": "barcelona."},
        {"member_id": "", "name": "Barna", "other_names": "Barcelona"},
        {"member_id": "z", "name": "Barna", "outside_key": "Z-7"},
    ],
    ids=["our key", "the name", "the name without a key", "another name", "the outside key"],
)
async def test_a_member_is_found_again_by_key_and_by_name(database: None, row: dict[str, str]) -> None:
    member = await a_member("Barcelona")
    await sql("UPDATE member SET outside_key = 'Z-7' WHERE id = {}", member)
    report = await import_members(rows(row), "m.csv", dry_run=False, now=NOW)
    assert (report.new, report.changed) == ((), 1)
    assert [found["key"] for found in await sql("SELECT key FROM member")] == ["barcelona"]


@pytest.mark.parametrize(
    ("given", "sentences"),
    [
        (
            [{}, {"name": "Paname"}],
            ["Line 3, column “member_id”: “paris” is in line 2 too."],
        ),
        (
            [{}, {"member_id": "paris-2", "name": "PARIS"}],
            ["Line 3, column “name”: “PARIS” is in line 2 too."],
        ),
        (
            [{"other_names": "Paname"}, {"member_id": "rome", "name": "Rome", "other_names": "Roma; paname"}],
            ["Line 3, column “other_names”: “paname” is in line 2 too."],
        ),
        (
            [{"outside_key": "1"}, {"member_id": "rome", "name": "Rome", "outside_key": "1"}],
            ["Line 3, column “outside_key”: “1” is in line 2 too."],
        ),
        (
            [{"member_id": "barcelona", "name": "Barcelona"}, {"name": "Barcelona", "member_id": "other"}],
            ["Line 3, column “member_id”: “barcelona” is in line 2 too."],
        ),
    ],
    ids=["the same key", "the same name", "the same other name", "the same outside key", "the same known member"],
)
async def test_two_rows_that_are_the_same_member_are_refused(
    database: None, given: list[dict[str, str]], sentences: list[str]
) -> None:
    await a_member("Barcelona")
    assert await refused(rows(*given)) == sentences


async def test_a_name_that_may_be_two_members_is_refused(database: None) -> None:
    await a_member("Geneva", country="CH")
    await a_member("Canton of Geneva", country="CH")
    ids = {row["key"]: row["id"] for row in await sql("SELECT id, key FROM member")}
    from eventhub.directory.imports import write_other_names

    await write_other_names([(ids["geneva"], ["Genève"]), (ids["canton-of-geneva"], ["Genève"])])
    assert await refused(rows({"member_id": "", "name": "GENEVE"})) == [
        "Line 2, column “name”: “GENEVE” may be each of: canton-of-geneva, geneva."
    ]
    assert await refused(rows({"member_id": "geneva", "name": "Geneva", "other_names": "Canton of Geneva"})) == [
        "Line 2, column “other_names”: “Canton of Geneva” is a name of canton-of-geneva already.",
        "Line 2, column “other_names”: “Genève” is a name of canton-of-geneva already.",
    ]


async def test_a_new_region_needs_a_name_and_may_not_double_a_known_one(database: None) -> None:
    await a_member("Barcelona")
    report = await import_members(
        rows({"region_code": "oceania", "region": "Oceania"}), "m.csv", dry_run=False, now=NOW
    )
    assert report.changes == (Change("oceania", "region", "", "Oceania"),)
    assert (await member_by_key("paris")).region_name == "Oceania"
    twin = rows({"member_id": "rome", "name": "Rome", "region_code": "europa", "region": "EUROPE"})
    assert await refused(twin) == [
        "Line 2, column “region_code”: the region “EUROPE” has the code europe, not “europa”."
    ]


async def test_two_imports_at_once_do_not_make_members_twice(database: None) -> None:
    results = await asyncio.gather(
        *(import_members(FACTS, "members.csv", dry_run=False, now=NOW) for _ in range(3)), return_exceptions=True
    )
    assert all(not isinstance(result, BaseException) or isinstance(result, ImportCollision) for result in results)
    assert (await sql("SELECT COUNT(*) AS n FROM member"))[0]["n"] == 160


# Partners


async def test_partners_are_imported_and_found_again(database: None) -> None:
    content = text(
        "key,name,country,outside_key", "un-habitat,UN-Habitat,KE,P1", ",Åbo Akademi,FI,", "x,Without country,,"
    )
    first = await import_partners(content, "p.csv", dry_run=False, now=NOW)
    assert first.new == ("UN-Habitat", "Åbo Akademi", "Without country")
    before = await everything()
    assert (await import_partners(content, "p.csv", dry_run=False, now=NOW)).is_empty
    assert await everything() == before
    renamed = text("name,outside_key", "UN Habitat (Nairobi),P1", "abo akademi,")
    assert (await import_partners(renamed, "p.csv", dry_run=False, now=NOW)).changes == (
        Change("UN-Habitat", "name", "UN-Habitat", "UN Habitat (Nairobi)"),
        Change("Åbo Akademi", "name", "Åbo Akademi", "abo akademi"),
    )
    assert await sql("SELECT key, country FROM partner ORDER BY key") == [
        {"key": "abo-akademi", "country": "FI"},
        {"key": "un-habitat", "country": "KE"},
        {"key": "x", "country": ""},
    ]


async def test_bad_partners_are_named(database: None) -> None:
    content = text("name,country,outside_key", "A,ZZ,", ",FR,", "B,FR,1", "b,FR,", "C,,1")
    assert await refused(content, import_partners) == [
        "Line 2, column “country”: “ZZ” is no country code of ISO 3166. Codes look like FR.",
        "Line 3, column “name”: the cell is empty.",
        "Line 5, column “name”: “b” is in line 4 too.",
        "Line 6, column “outside_key”: “1” is in line 4 too.",
    ]


# Persons


PEOPLE = "outside_key,name,email,member,organisation,country,language"


async def test_persons_are_imported_and_found_again(database: None) -> None:
    await a_member("Barcelona")
    content = text(
        PEOPLE, "C1,Ana Pérez,Ana@Example.org,BARCELONA,City Council,ES,es", "C2,李雷,,,,,", ",Sam,sam@example.org,,,,"
    )
    first = await import_people(content, "p.csv", dry_run=False, now=NOW)
    assert first.new == ("Ana Pérez", "李雷", "Sam")
    before = await everything()
    second = await import_people(content, "p.csv", dry_run=False, now=NOW)
    assert (second.is_empty, second.unchanged) == (True, 3)
    assert await everything() == before
    changed = await import_people(
        text("name,email,outside_key", "Ana Pérez García,ana@example.org,"), "p.csv", dry_run=False, now=NOW
    )
    assert changed.changes == (
        Change("Ana Pérez", "outside_key", "C1", ""),
        Change("Ana Pérez", "name", "Ana Pérez", "Ana Pérez García"),
        Change("Ana Pérez", "email", "Ana@Example.org", "ana@example.org"),
    )
    columns, found = await persons_table()
    content = b"".join(csv_bytes(columns, await asyncio.to_thread(list, found)))
    assert "C2,李雷,,,,,en" in content.decode()
    assert (await import_people(content, "p.csv", dry_run=False, now=NOW)).is_empty


async def test_the_gender_of_a_person_is_never_taken_from_a_file(database: None) -> None:
    content = text("name,email,Gender", "Ana,ana@example.org,woman")
    assert await refused(content, import_people) == [
        "The column “gender” is not taken: how a person is counted is only what the person states, "
        "never what a file says. Please take the column out."
    ]


async def test_bad_persons_are_named(database: None) -> None:
    await a_person("Known One", "one@example.org")
    two = await a_person("Known Two", "two@example.org")
    await sql("UPDATE person SET outside_key = 'K2' WHERE id = {}", two)
    content = text(
        PEOPLE,
        ",Nobody,,,,,",
        "1,Wrong,not an address,,,,",
        "2,Lost,,Atlantis,,,",
        "K2,Mixed,one@example.org,,,,",
        "3,Twin,twin@example.org,,,,",
        "3,Twin,TWIN@example.org,,,,",
        "K2,Two,,,,,",
        ",Two,two@example.org,,,,",
    )
    assert await refused(content, import_people) == [
        "Line 2, column “email”: a person needs an e-mail address or an outside key, to be found again.",
        "Line 3, column “email”: “not an address” is no e-mail address. It looks like name@example.org.",
        "Line 4, column “member”: there is no member “Atlantis”.",
        "Line 5, column “email”: the address belongs to another person than the key “K2”.",
        "Line 7, column “outside_key”: “3” is in line 6 too.",
        "Line 7, column “email”: “twin@example.org” is in line 6 too.",
        "Line 9, column “name”: “Known Two” is in line 8 too.",
    ]
    assert await refused(text("name,team", "A,b"), import_people) == [
        "Line 1: the column “team” is unknown. Columns are: name, outside_key, email, member, organisation, country, language, person_id."
    ]


async def exported() -> list[dict[str, Any]]:
    columns, found = await persons_table()
    return [dict(zip(columns, row, strict=True)) for row in await asyncio.to_thread(list, found)]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_everybody_goes_out_and_in_again_without_a_difference(database: None, form: str) -> None:
    await import_people(
        text(PEOPLE, "C1,=Ana,ana@example.org,,+City,ES,es", "C2,'Bo,,,,,", ",Chi,chi@example.org,,,,"),
        "p.csv", dry_run=False, now=NOW,
    )  # fmt: skip
    await a_person("Only A Name")
    columns, found = await persons_table()
    rows = await asyncio.to_thread(list, found)
    assert [row[1] for row in rows] == ["'Bo", "=Ana", "Chi", "Only A Name"]
    content = b"".join(table_bytes(form, "People", columns, rows, mark=True))
    before = await everything()
    again = await import_people(content, f"p.{form}", dry_run=False, now=NOW)
    assert (again.is_empty, again.unchanged) == (True, 4)
    assert await everything() == before


async def test_a_person_is_found_by_outside_key_before_our_own_key_and_the_address(database: None) -> None:
    ana, bo = await a_person("Ana", "ana@example.org"), await a_person("Bo", "bo@example.org")
    await sql("UPDATE person SET outside_key = 'A' WHERE id = {}", ana)
    moved = await import_people(
        text("outside_key,name,email", "A,Ana,new@example.org"), "p.csv", dry_run=False, now=NOW
    )
    assert moved.changes == (Change("Ana", "email", "ana@example.org", "new@example.org"),)
    named = await import_people(text("name,person_id,organisation", f"Bo,{bo},City"), "p.csv", dry_run=False, now=NOW)
    assert named.changes == (Change("Bo", "organisation", "", "City"),)
    content = text(
        "outside_key,name,email,person_id",
        f"A,Mixed,,{bo}",
        f",Mixed,new@example.org,{bo}",
        ",Lost,,0e0e0e0e-0000-4000-8000-000000000000",
    )
    assert await refused(content, import_people) == [
        "Line 2, column “person_id”: this is another person than that of the key “A”.",
        f"Line 3, column “email”: the address belongs to another person than the key “{bo}”.",
        "Line 4, column “person_id”: there is no person “0e0e0e0e-0000-4000-8000-000000000000”; "
        "the record may have been merged.",
        "Line 4, column “email”: a person needs an e-mail address or an outside key, to be found again.",
    ]


async def test_the_address_of_a_merged_record_leads_to_the_person_and_changes_nothing(database: None) -> None:
    stays, goes = await a_person("Ana", "ana@example.org"), await a_person("A. Ana", "old@example.org")
    await sql("UPDATE person SET merged_into = {} WHERE id = {}", stays, goes)
    done = await import_people(text("name,email", "Ana,old@example.org"), "p.csv", dry_run=False, now=NOW)
    assert (done.is_empty, done.unchanged) == (True, 1)
    assert [row["name"] for row in await exported()] == ["Ana"]


async def test_who_was_forgotten_is_in_no_file_and_comes_back_by_none(database: None) -> None:
    gone = await a_person("Erased 1234")
    key = f"erased:{gone}"
    await sql("UPDATE person SET outside_key = {} WHERE id = {}", key, gone)
    assert await exported() == []
    assert await refused(text("outside_key,name,email", f"{key},Ana,ana@example.org"), import_people) == [
        "Line 2, column “outside_key”: this key is of somebody who was forgotten, and stays so."
    ]


async def test_partners_go_out_and_in_again_without_a_difference(database: None) -> None:
    await import_partners(
        text("key,name,country,outside_key", "un-habitat,UN-Habitat,KE,1", "ofpa,=Fund,,"),
        "p.csv",
        dry_run=False,
        now=NOW,
    )
    columns, found = await partners_table()
    content = b"".join(csv_bytes(columns, found, mark=True))
    before = await everything()
    again = await import_partners(content, "p.csv", dry_run=False, now=NOW)
    assert (again.is_empty, again.unchanged) == (True, 2)
    assert await everything() == before


async def test_an_outside_key_goes_before_the_key_of_a_member_or_partner(database: None) -> None:
    await a_member("Barcelona")
    content = text("key,name,outside_key", "one,One,1", "two,Two,2")
    await import_partners(content, "p.csv", dry_run=False, now=NOW)
    renamed = await import_partners(text("name,outside_key", "First,1"), "p.csv", dry_run=False, now=NOW)
    assert renamed.changes == (Change("One", "name", "One", "First"),)
    assert await refused(text("key,name,outside_key", "two,Two,1"), import_partners) == [
        "Line 2, column “key”: the outside key of this row is that of one, not of “two”."
    ]
    await import_members(
        rows({"outside_key": "P"}, {"member_id": "lyon", "name": "Lyon"}), "m.csv", dry_run=False, now=NOW
    )
    assert await refused(rows({"member_id": "lyon", "name": "Lyon", "outside_key": "P"})) == [
        "Line 2, column “member_id”: the outside key of this row is that of paris, not of “lyon”."
    ]


async def test_people_are_read_part_by_part_while_they_are_written(
    database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = 1500
    async with transaction():
        await insert_many(
            "person", ("id", "name", "organisation", "country", "language", "created_at"),
            [(uuid4(), f"P {n:04}", "", "", "en", NOW) for n in range(number)],
        )  # fmt: skip
    largest: list[int] = []

    async def measured(statement: str, *values: Any) -> Any:
        read = await tuples(statement, *values)
        if "p.organisation" in statement:
            largest.append(len(read))
        return read

    monkeypatch.setattr("eventhub.directory.queries.tuples", measured)
    _, found = await persons_table()
    first = await asyncio.to_thread(next, found)
    assert (first[1], largest) == ("P 0000", [1000])  # nothing behind the first part was read
    rest = await asyncio.to_thread(list, found)
    assert (len(rest), largest) == (number - 1, [1000, 500])


async def test_the_audit_trail_of_an_import_names_nobody(database: None) -> None:
    await import_people(text(PEOPLE, "1,Ana Pérez,ana@example.org,,,,"), "ana.csv", dry_run=False, now=NOW)
    entries = await sql("SELECT action, object_id, detail FROM audit_entry")
    assert entries == [{"action": "import_people", "object_id": "people", "detail": "1 new, 0 changed"}]


# Facts


async def test_the_facts_are_loaded_once_and_leave_what_staff_have_changed(database: None) -> None:
    assert await load_facts(now=NOW) == 160 + 6 + 11 + 5 + 27 + 65
    facts = MemberFacts("Chișinău", (), "member", "Europe/Chisinau", "en", None)
    await edit_member("chisinau", facts, now=NOW, account_id=await an_account())
    before = await everything()
    assert await load_facts(now=NOW) == 0
    assert await everything() == before
    assert await sql("SELECT code, first_year, last_year, number FROM action_line WHERE code = '2024-2026/AL5'") == [
        {"code": "2024-2026/AL5", "first_year": 2024, "last_year": 2026, "number": 5}
    ]
    assert [row["code"] for row in await sql("SELECT code FROM theme ORDER BY position")] == [
        "futures", "ecosystems", "cohesion", "institutions", "gender",
    ]  # fmt: skip


async def test_facts_are_loaded_beside_members_that_are_there_already(database: None) -> None:
    await a_member("Ajuntament de Barcelona", region="europe")
    await load_facts(now=NOW)
    keys = [row["key"] for row in await sql("SELECT key FROM member WHERE key LIKE '%barcelona%' ORDER BY key")]
    assert keys == ["ajuntament-de-barcelona", "metropolitan-area-of-barcelona"]


# Editing


async def test_a_member_is_edited_with_an_audit_row_and_keeps_its_former_name(database: None) -> None:
    await a_member("Peking", region="asia", zone="Asia/Shanghai", country="CN")
    account = await an_account()
    facts = MemberFacts("Beijing", ("  北京 ", "", "Pekin"), "member", "Asia/Shanghai", "en", None)
    after = await edit_member("peking", facts, now=NOW, account_id=account)
    assert (after.key, after.name) == ("peking", "Beijing")
    assert await other_names_of(after.id) == ["北京", "Pekin", "Peking"]
    entries = await sql("SELECT account, action, object_id, detail FROM audit_entry WHERE action = 'edit_member'")
    assert entries == [
        {"account": account, "action": "edit_member", "object_id": str(after.id), "detail": "name, other_names"}
    ]
    await edit_member(
        "peking",
        MemberFacts(**{**facts.__dict__, "other_names": ("北京", "Pekin", "Peking")}),
        now=NOW,
        account_id=account,
    )
    assert len(await sql("SELECT id FROM audit_entry WHERE action = 'edit_member'")) == 1


async def test_a_member_cannot_take_the_name_of_another(database: None) -> None:
    await a_member("Barcelona")
    await a_member("Madrid")
    before = await everything()
    facts = MemberFacts("BARCELONA", ("barcelona", "!"), "friend", "Europe/Atlantis", "de", None)
    with pytest.raises(Problems) as refusal:
        await edit_member("madrid", facts, now=NOW, account_id=await an_account())
    assert refusal.value.fields == {
        "name": ["“BARCELONA” is a name of Barcelona already."],
        "other_names": ["“barcelona” is a name of Barcelona already.", "A name needs letters or digits."],
        "kind": ["“friend” is none of: member, associate, honorary."],
        "time_zone": ["“Europe/Atlantis” is no time zone. Zones look like Europe/Madrid."],
        "language": ["“de” is none of: en, es, fr."],
    }
    assert (await everything())[:5] == before[:5]
