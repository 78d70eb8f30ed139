"""The fixed texts' translations: extracted from code and templates, kept as .po.

`python -m alerts.render.translations` brings the .po files up to date (new texts come in without a translation);
it ends with 1 and names what is missing.
"""

from __future__ import annotations

import string
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from alerts.render.language import LANGUAGES, LOCALE

ROOT = Path(__file__).resolve().parent.parent
METHODS = [("**.py", "python"), ("**.j2", "jinja2.ext:babel_extract")]
OPTIONS = {"**.j2": {"trim_blocks": "true", "lstrip_blocks": "true", "extensions": "", "silent": "false"}}
KEYWORDS = {"t": None, "tn": (1, 2), "N_": None}
TRANSLATED = tuple(code for code in LANGUAGES if code != "en")


def po(language: str) -> Path:
    """The language's source file."""
    return LOCALE / language / "LC_MESSAGES" / "alerts.po"


def extracted() -> Catalog:
    """All fixed texts of code and templates."""
    found = Catalog(project="Regulatory tracker", domain="alerts", fuzzy=False, charset="utf-8")
    for filename, _line, message, _comments, context in extract_from_dir(
        ROOT, method_map=METHODS, options_map=OPTIONS, keywords=KEYWORDS
    ):
        # Without line numbers: the files then change only when a text does.
        found.add(message, None, [(Path(filename).as_posix(), 1)], context=context)
    return found


def read(language: str) -> Catalog:
    """The language's translations as they are kept."""
    with po(language).open("rb") as file:
        return read_po(file, locale=language, domain="alerts")


def missing(language: str) -> Iterator[str]:
    """Texts without a translation, or with one whose blanks differ from the text's."""
    kept = read(language)
    for message in extracted():
        if not message.id:
            continue
        one = message.id if isinstance(message.id, str) else message.id[0]
        there = kept.get(message.id, message.context)
        string_ = there.string if there else None
        strings = (string_,) if isinstance(string_, str) else tuple(string_ or ())
        if not strings or not all(strings) or (there is not None and there.fuzzy):
            yield one
        elif any(_blanks(text) != _blanks(one) and _blanks(text) | {"n"} != _blanks(one) | {"n"} for text in strings):
            yield f"{one} (other blanks)"


def _blanks(text: str) -> set[str]:
    if "{" not in text or "{+" in text:
        return set()
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def refresh() -> int:
    """Brings the .po files up to date; gives the number of texts without a translation."""
    template, lacking = extracted(), 0
    for language in TRANSLATED:
        path = po(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        kept = read(language) if path.is_file() else Catalog(locale=language, domain="alerts", fuzzy=False)
        kept.update(template, no_fuzzy_matching=True)
        kept.obsolete.clear()
        kept.fuzzy = False
        kept.header_comment = f"# The alerts' fixed texts: {language}"
        kept.project, kept.version, kept.msgid_bugs_address = "Regulatory tracker", "1", ""
        kept.last_translator, kept.language_team = "", ""
        # No date: the file changes only when a text does.
        kept.creation_date = kept.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
        with path.open("wb") as file:
            write_po(file, kept, no_location=True, omit_header=False, sort_output=True, width=110)
        for text in missing(language):
            lacking += 1
            sys.stderr.write(f"{language}: {text}\n")
    return lacking


if __name__ == "__main__":
    sys.exit(1 if refresh() else 0)
