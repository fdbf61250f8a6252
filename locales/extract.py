"""
Collect the messages of templates and Python and merge them into the catalogues: `make messages`.

Data files whose texts people read are named in _DATA. Python says messages in four ways, all found by reading the syntax tree:
`Sentence("…")` and `Sentence.counted("…", "…", n)`; `gettext("…")` and
`ngettext`; labels and descriptions of form fields; the words of labels.py.
Catalogues name no lines, so that they change only when messages do.
"""

import ast
import csv
import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent
LANGUAGES = ("es", "fr")
Message = str | tuple[str, str]
#: Data files with texts that people read, and the columns that hold them.
_DATA = {
    "engagement_columns.csv": ("name", "definition"),
    "indicator_definitions.csv": ("name", "unit", "scope", "definition"),
}
#: Lines of the header that say nothing and change each time.
_CHANGING = (
    b'"POT-Creation',
    b'"PO-Revision',
    b'"Last-Translator',
    b'"Language-Team',
    b'"Report-Msgid',
    b'"Generated-By',
    b'"Project-Id',
)


def from_templates() -> Iterator[Message]:
    """Messages of `_()` and `ngettext()` in templates."""
    options = {"trimmed": "true", "extensions": "jinja2.ext.do", "silent": "false"}
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2)}
    for path in sorted((ROOT / "templates").rglob("*")):
        if path.suffix in (".html", ".txt"):
            with path.open("rb") as file:
                for _, message, _, _ in extract("jinja2.ext:babel_extract", file, keywords, (), options):
                    yield message[:2] if isinstance(message, tuple) else message


def from_python() -> Iterator[Message]:
    """Messages of the application's code."""
    for path in sorted((ROOT / "eventhub").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if path.name == "labels.py":
            yield from (v for node in ast.walk(tree) if isinstance(node, ast.Dict) for v in _texts(node.values))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield from _of_call(node)


def from_data() -> Iterator[Message]:
    """Messages of the data files."""
    for name, columns in _DATA.items():
        with (ROOT / "eventhub" / "data" / name).open(encoding="utf-8", newline="") as file:
            yield from (row[column] for row in csv.DictReader(file) for column in columns)


def _of_call(node: ast.Call) -> Iterator[Message]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    texts = _texts(node.args)
    if name in ("counted", "ngettext") and len(texts) >= 2:
        yield (texts[0], texts[1])
    elif texts and (name in ("Sentence", "gettext", "HTTPException", "labelled") or name.endswith("Field")):
        yield texts[0]
    for keyword in node.keywords:
        if keyword.arg in (("description",) if name.endswith("Field") else ("detail", "blank", "message")) and (
            found := _texts([keyword.value])
        ):
            yield found[0]


def _texts(nodes: list[ast.expr]) -> list[str]:
    return [
        node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value
    ]


def collected() -> Catalog:
    """All messages, in the order of the alphabet."""
    catalogue = Catalog(project="EventHub", charset="utf-8", fuzzy=False)
    for message in sorted({*from_templates(), *from_python(), *from_data()}, key=str):
        catalogue.add(message)
    return catalogue


def main() -> int:
    """Merge the messages into each catalogue; say how many lack a translation."""
    template = collected()
    for language in LANGUAGES:
        path = ROOT / "locales" / language / "LC_MESSAGES" / "eventhub.po"
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            with path.open("rb") as file:
                catalogue = read_po(file, locale=language)
        else:
            catalogue = Catalog(locale=language, project="EventHub")
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        catalogue.header_comment = f"# EventHub in {language}. Made by `make messages`; translations are kept here."
        catalogue.fuzzy = False
        written = io.BytesIO()
        write_po(written, catalogue, no_location=True, sort_output=True, width=110)
        kept = [line for line in written.getvalue().splitlines(True) if not line.startswith(_CHANGING)]
        path.write_bytes(b"".join(kept))
        missing = sum(1 for m in catalogue if m.id and not (all(m.string) if isinstance(m.string, tuple) else m.string))
        print(f"{language}: {len(catalogue)} messages, {missing} without a translation")
    return 0


if __name__ == "__main__":
    sys.exit(main())
