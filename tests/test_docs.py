"""The documentation is true: settings, commands, addresses, examples, links, words."""

import ast
import json
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import click
import msgspec
import pytest
from litestar import Response
from litestar.routes import HTTPRoute

from eventhub import __version__
from eventhub.access import ROLES, Policy
from eventhub.accounts.rules import Role
from eventhub.cli import main
from eventhub.cli.files import EXPORTS, IMPORTS
from eventhub.listing import Listing
from eventhub.settings import Settings

ROOT = Path(__file__).parent.parent
DOCS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
#: What tests read from the environment besides the settings.
TEST_VARIABLES = {"EVENTHUB_TEST_PG_BIN", "EVENTHUB_TEST_CHROMIUM", "EVENTHUB_TEST_SHOTS"}
#: Paths of files in examples; everything else that begins with a slash is an address of ours.
FILE_PATHS = ("/backups/", "/etc/", "/srv/", "/usr/")


@cache
def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def doc(name: str) -> str:
    return text_of(ROOT / name)


def everything() -> str:
    return "\n".join(text_of(path) for path in DOCS)


def spans(text: str) -> list[str]:
    """What stands between single backticks, outside blocks of code."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.M | re.S)


def rows(text: str, heading: str) -> list[list[str]]:
    """Cells of the table whose line of column names begins with `heading`."""
    lines = iter(text.splitlines())
    found: list[list[str]] = []
    for line in lines:
        if line.startswith(f"| {heading} |"):
            next(lines)
            for row in lines:
                if not row.startswith("|"):
                    break
                found.append([cell.strip() for cell in row.strip("|").split("|")])
    assert found, f"no table with the column {heading}"
    return found


# Settings


def test_every_setting_is_in_the_table_of_operators_with_its_default():
    table = {row[0].strip("`"): row[1].strip("`") for row in rows(doc("docs/operators.md"), "name")}
    defaults = {}
    for name, field in Settings.model_fields.items():
        value = field.default
        shown = "empty" if value == "" else str(value).lower() if isinstance(value, bool) else str(value)
        defaults[f"EVENTHUB_{name.upper()}"] = shown
    defaults["EVENTHUB_SECRET_KEY"] = "made once"
    defaults["EVENTHUB_PARITY_MINIMUM_SHARE"] = str(float(Settings.model_fields["parity_minimum_share"].default))
    assert table == defaults


def test_every_variable_in_the_documentation_is_a_setting_or_a_test_variable():
    known = {f"EVENTHUB_{name.upper()}" for name in Settings.model_fields} | TEST_VARIABLES
    assert set(re.findall(r"EVENTHUB_[A-Z_]*[A-Z]", everything())) - known == set()


def test_every_test_variable_is_read_by_the_tests_and_explained_to_developers():
    code = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("*.py") if path.name != "test_docs.py")
    assert {name for name in TEST_VARIABLES if name not in code or name not in doc("docs/developers.md")} == set()


# Commands


def commands(group: click.Group = main, before: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    for name, command in sorted(group.commands.items()):
        path = (*before, name)
        if isinstance(command, click.Group):
            yield from commands(command, path)
        else:
            yield " ".join(path), command


def mentioned_commands() -> Iterator[str]:
    """Every `eventhub …` in a span or on a line of a block, without the program's name."""
    for path in DOCS:
        inline = [span for span in spans(text_of(path)) if re.match(r"eventhub [a-z]", span)]
        lines = [line for block in blocks(text_of(path), "console") for line in block.splitlines()]
        typed = [line.removeprefix("$ ").removeprefix(".venv/bin/") for line in lines if line.startswith("$ ")]
        yield from (said.removeprefix("eventhub ") for said in (*inline, *typed) if said.startswith("eventhub "))


def test_every_command_in_the_documentation_exists_with_its_options():
    known = dict(commands())
    wrong = []
    for said in mentioned_commands():
        name = next((path for path in known if said == path or said.startswith(f"{path} ")), None)
        if name is None:
            wrong.append(said)
            continue
        options = {option for parameter in known[name].params for option in parameter.opts} | {"--help"}
        wrong += [f"{name} {option}" for option in re.findall(r"(?<=\s)--?[a-z][a-z-]*", said) if option not in options]
        words = [word for word in said.removeprefix(name).split() if not word.startswith("-")]
        if name in ("import", "export") and words and words[0] not in {"import": IMPORTS, "export": EXPORTS}[name]:
            wrong.append(said)
    assert wrong == []


def test_every_command_and_its_options_are_explained_to_operators():
    table = {row[0].strip("`").removeprefix("eventhub "): row[1] for row in rows(doc("docs/operators.md"), "command")}
    assert set(table) == {path for path, _ in commands()}
    own = {"serve", "postman", "restore"}  # the others' options stand in examples and in --help
    missing = [
        f"{path} {option}"
        for path, command in commands()
        for parameter in command.params
        for option in parameter.opts
        if path in own and option.startswith("--") and option not in table[path]
    ]
    assert missing == []


def test_every_kind_of_import_and_export_is_explained_to_staff():
    table = {row[0].strip("`") for row in rows(doc("docs/staff.md"), "kind")}
    assert table == set(IMPORTS)
    assert {
        kind
        for kind in EXPORTS
        if f"`{kind}`" not in doc("docs/staff.md") and f"export {kind}" not in doc("docs/staff.md")
    } == set()


def test_every_column_of_an_import_is_explained_to_staff():
    from eventhub.directory.planning.members import MEMBER_OPTIONAL, MEMBER_REQUIRED
    from eventhub.directory.planning.partners import PARTNER_OPTIONAL, PARTNER_REQUIRED
    from eventhub.directory.planning.people import PERSON_OPTIONAL, PERSON_REQUIRED
    from eventhub.events.imports import OPTIONAL, REQUIRED

    table = {row[0].strip("`"): (spans(row[1]), spans(row[2])) for row in rows(doc("docs/staff.md"), "kind")}
    assert {kind: table[kind] for kind in ("members", "partners", "people", "events")} == {
        "members": (list(MEMBER_REQUIRED), list(MEMBER_OPTIONAL)),
        "partners": (list(PARTNER_REQUIRED), list(PARTNER_OPTIONAL)),
        "people": (list(PERSON_REQUIRED), list(PERSON_OPTIONAL)),
        "events": (list(REQUIRED), list(OPTIONAL)),
    }


# Addresses


@cache
def handlers() -> dict[tuple[str, str], Any]:
    """Every method and address of the application, parameters without their types."""
    from eventhub.app import create_app

    found = {}
    for route in create_app(postman=False).routes:
        if isinstance(route, HTTPRoute):
            for method, (handler, _) in route.route_handler_map.items():
                if method not in ("OPTIONS", "HEAD"):
                    found[method, re.sub(r":\w+}", "}", route.path)] = handler
    return found


def test_the_tables_of_addresses_are_the_routes_of_the_application_with_their_policies():
    table = {(row[0], row[1].strip("`")): row[2].strip("`") for row in rows(doc("docs/addresses.md"), "method")}
    assert table == {key: str(handler.opt["policy"]) for key, handler in handlers().items()}


def test_every_address_in_the_documentation_is_one_of_ours():
    patterns = [
        re.compile(re.sub(r"{\w+}", r"[^/]+", re.escape(path).replace(r"\{", "{").replace(r"\}", "}")))
        for _, path in handlers()
    ]
    secret = (
        "registrations",
        "applications",
        "people",
        "feeds",
        "join",
        "delegation",
        "speaking",
        "sign-in",
        "letters/stop",
        "cohorts",
        "lab-places",
        "feedback",
        "follow-ups",
    )
    prefixes = {"/api/", "/api/v1", *(f"/{name}/" for name in secret)}
    unknown = []
    for path in DOCS:
        for span in spans(text_of(path)):
            address = re.sub(r"^(GET|POST|PATCH) ", "", span).split("?")[0]
            if not address.startswith("/") or address.startswith(FILE_PATHS) or address in prefixes:
                continue
            if not any(pattern.fullmatch(address) for pattern in patterns):
                unknown.append(f"{path.name}: {address}")
    assert unknown == []


def test_the_table_of_policies_is_what_the_guard_enforces():
    table = {row[0].strip("`"): row[1] for row in rows(doc("docs/addresses.md"), "policy")}
    assert set(table) == {policy.value for policy in Policy}
    assert {name: table[name] for name in (policy.value for policy in ROLES)} == {
        policy.value: ", ".join(role.value for role in Role if role in roles) for policy, roles in ROLES.items()
    }


def test_every_role_is_explained_to_staff():
    assert {row[0] for row in rows(doc("docs/staff.md"), "role")} == {role.value for role in Role}


# Promises


def test_each_of_the_28_promises_names_tests_that_exist():
    table = rows(doc("docs/properties.md"), "number")
    assert [row[0] for row in table] == [str(number) for number in range(1, 29)]
    tests = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^(?:async )?def (test_\w+)", path.read_text(encoding="utf-8"), flags=re.M)
    }
    named = [[span for span in spans(row[2]) if span.startswith("test_")] for row in table]
    assert all(named)
    assert {name for names in named for name in names} - tests == set()


# The JSON interface


def api_calls() -> dict[tuple[str, str], str]:
    """The sections of docs/api.md by method and address."""
    parts = re.split(r"^### `(GET|POST|PATCH) (\S+)`$", doc("docs/api.md"), flags=re.M)
    return {(parts[n], parts[n + 1]): parts[n + 2] for n in range(1, len(parts), 3)}


def test_every_call_of_the_json_interface_has_a_section_with_an_answer():
    calls = api_calls()
    assert set(calls) == {key for key in handlers() if key[1].startswith("/api/")}
    assert [key for key, section in calls.items() if not re.search(r"^Answer \d{3}", section, flags=re.M)] == []


def shape(annotation: Any) -> Any:
    """The struct behind `JSONBody[X]`, `Response[X]` and `X | None`."""
    origin = get_origin(annotation)
    if origin is Annotated or origin is Response:
        return shape(get_args(annotation)[0])
    if type(None) in get_args(annotation):
        return shape(next(part for part in get_args(annotation) if part is not type(None)))
    return annotation


@pytest.mark.parametrize("key", list(api_calls()), ids=" ".join)
def test_examples_of_the_json_interface_have_the_shape_of_the_code(key):
    section, handler = api_calls()[key], handlers()[key]
    signature = handler.parsed_fn_signature
    if sent := re.search(r"^Request:\n\n```json\n(.*?)^```", section, flags=re.M | re.S):
        msgspec.json.decode(sent[1], type=shape(signature.parameters["data"].raw))
    else:
        assert "data" not in signature.parameters
    answered = re.search(r"^Answer 2\d\d:\n\n```json\n(.*?)^```", section, flags=re.M | re.S)
    if not answered:
        assert re.search(r"^Answer \d{3}: the .*, as above\.$|^Answer 409, when", section, flags=re.M)
        return
    expected, example = shape(signature.return_type.raw), json.loads(answered[1])
    msgspec.convert(example, type=expected, strict=False)
    if get_origin(expected) is Listing:
        expected, example = get_args(expected)[0], example["items"][0]
    elif get_origin(expected) is list:
        expected, example = get_args(expected)[0], example[0]
    assert list(example) == [field.name for field in msgspec.structs.fields(expected)]


def test_every_piece_of_json_in_the_documentation_can_be_read():
    for path in DOCS:
        for block in blocks(text_of(path), "json"):
            json.loads(block)


# Letters and numbers for operators


def test_every_letter_is_explained_to_staff():
    kinds = {path.name for path in (ROOT / "templates" / "mail").iterdir() if path.is_dir()}
    assert {row[0].strip("`") for row in rows(doc("docs/staff.md"), "letter")} == kinds


def test_every_metric_is_explained_to_operators():
    metrics = set(re.findall(r"# TYPE (eventhub_\w+)", (ROOT / "eventhub" / "site.py").read_text()))
    assert metrics
    assert {name for name in metrics if f"`{name}`" not in doc("docs/operators.md")} == set()


# Links


def anchors(path: Path) -> set[str]:
    """The anchors of the headings of a page, as code hosts make them."""
    text = re.sub(r"^```.*?^```", "", text_of(path), flags=re.M | re.S)
    titles = re.findall(r"^#+ (.+)$", text, flags=re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_link_between_pages_leads_somewhere():
    broken = []
    for path in DOCS:
        for target in re.findall(r"\]\(([^)\s]+)\)", text_of(path)):
            if target.startswith("https://"):
                continue
            name, _, anchor = target.partition("#")
            to = (path.parent / name).resolve() if name else path
            if not to.exists() or (anchor and anchor not in anchors(to)):
                broken.append(f"{path.name}: {target}")
    assert broken == []


def test_every_page_named_in_the_code_exists():
    named = set()
    for folder in ("eventhub", "templates", "static", "benchmarks"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".py", ".html", ".txt", ".css", ".js", ".sql"):
                named |= set(re.findall(r"docs/[\w/.-]+\.md", path.read_text(encoding="utf-8")))
    assert named
    assert {name for name in named if not (ROOT / name).exists()} == set()


def test_every_page_is_reached_from_the_readme():
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        waiting += [(page.parent / name).resolve() for name in re.findall(r"\]\(([^)\s#:]+)[)#]", text_of(page))]
    assert set(DOCS) - reached == set()


def test_pictures_are_small():
    pictures = list((ROOT / "docs" / "images").iterdir())
    assert pictures
    assert [picture.name for picture in pictures if picture.stat().st_size >= 250_000] == []


# Decisions and the changelog


def test_decisions_are_numbered_without_gaps_and_listed_in_the_first():
    assert [path.name[:4] for path in DECISIONS] == [f"{n:04}" for n in range(1, len(DECISIONS) + 1)]
    listed = re.findall(r"^- \[(\d{4})\]\((\d{4}-[\w-]+\.md)\)", text_of(DECISIONS[0]), flags=re.M)
    assert [name for _, name in listed] == [path.name for path in DECISIONS[1:]]


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_says_why_what_it_costs_and_what_else_there_was(path):
    text = text_of(path)
    assert text.startswith(f"# {path.name[:4]}: ")
    headings = re.findall(r"^## (.+)$", text, flags=re.M)
    assert headings[:4] == ["Context", "Decision", "Consequences", "Alternatives"]


def test_the_changelog_has_an_entry_for_this_version():
    assert re.search(rf"^## {re.escape(__version__)}(,|$)", doc("CHANGELOG.md"), flags=re.M)


# Words


def test_every_name_in_the_glossary_exists_in_the_code():
    names: set[str] = set()
    for path in (ROOT / "eventhub").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                names.add(node.name)
            elif isinstance(node, ast.AnnAssign | ast.Assign):
                targets = [node.target] if isinstance(node, ast.AnnAssign) else node.targets
                names |= {target.id for target in targets if isinstance(target, ast.Name)}
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch("[a-z_]+", node.value):
                names.add(node.value)
    wanted = {name for row in rows(doc("docs/glossary.md"), "word") for name in spans(row[1])}
    assert len(wanted) > 40
    assert wanted - names == set()


def test_the_documentation_keeps_to_the_glossary():
    """Words that the glossary replaces; code, addresses and names of others' things are left out."""
    text = re.sub(r"^```.*?^```", "", everything(), flags=re.M | re.S)
    text = re.sub(r"`[^`\n]*`|https?://\S+|\]\([^)]*\)", "", text)
    wrong = re.findall(
        r"\b(?:users?|attendees?|bookings?|guests?|students?|sign-?ups?|waitlists?|females?|males?|Mrs?)\b",
        text,
    )
    assert wrong == []


def test_the_documentation_has_no_emoji():
    assert re.findall("[\U0001f300-\U0001faff\u2600-\u27bf]", everything()) == []


# What no file may hold


def kept_files() -> list[Path]:
    """Everything that is or would be committed."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode or not listed.stdout:
        pytest.skip("this is no checkout: git clone, then make test runs it")
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def test_no_file_names_a_package_registry_or_a_folder_of_one_machine():
    hosts = (
        "pypi" + ".org",
        "files.python" + "hosted.org",
        "registry.npm" + "js.org",
        "deb.debian" + ".org",
        "proxy.go" + "lang.org",
    )
    folders = re.compile(r"(?<![\w.}])/(?:work|root)/")
    found = []
    for path in kept_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {host}" for host in hosts if host in text]
        found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in folders.finditer(text)]
    assert found == []


def test_lock_files_hold_no_address_and_every_package_has_a_hash():
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        assert re.findall(r"https?://|file://|--(?:extra-)?index-url|--find-links", text) == []
        packages = re.split(r"^(?=[a-z0-9])", text, flags=re.M)[1:]
        assert [package.split()[0] for package in packages if "--hash=sha256:" not in package] == []
