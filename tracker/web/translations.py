"""The pages' fixed texts: extracted from code and templates, kept as .po.

`python -m tracker.web.translations` brings the .po files up to date (new texts come in without a translation);
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

from tracker.web.i18n import DOMAIN, LANGUAGES, TRANSLATIONS

ROOT = Path(__file__).resolve().parent
METHODS = [("**.py", "python"), ("**.html", "jinja2.ext:babel_extract")]
OPTIONS = {"**.html": {"trim_blocks": "true", "lstrip_blocks": "true", "extensions": "", "silent": "false"}}
KEYWORDS = {"t": None, "tn": (1, 2)}
TRANSLATED = tuple(code for code in LANGUAGES if code != "en")


def po(language: str) -> Path:
    """The language's source file."""
    return TRANSLATIONS / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def extracted() -> Catalog:
    """All fixed texts of code and templates."""
    found = Catalog(project="Regulatory tracker", domain=DOMAIN, fuzzy=False, charset="utf-8")
    for _filename, _line, message, _comments, context in extract_from_dir(
        ROOT, method_map=METHODS, options_map=OPTIONS, keywords=KEYWORDS
    ):
        found.add(message, context=context)  # without places: the files change only when a text does
    return found


def read(language: str) -> Catalog:
    """The language's translations as they are kept."""
    with po(language).open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN)


def missing(language: str) -> Iterator[str]:
    """Texts without a translation, or with one whose blanks differ from the text's."""
    kept = read(language)
    for message in extracted():
        if not message.id:
            continue
        one = message.id if isinstance(message.id, str) else message.id[0]
        there = kept.get(message.id, message.context)
        found = there.string if there else None
        strings = (found,) if isinstance(found, str) else tuple(found or ())
        if not strings or not all(strings):
            yield one
        elif any(_blanks(text) != _blanks(one) for text in strings):
            yield f"{one} (other blanks)"


def _blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def refresh() -> int:
    """Brings the .po files up to date; gives the number of texts without a translation."""
    template, lacking = extracted(), 0
    for language in TRANSLATED:
        path = po(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        kept = read(language) if path.is_file() else Catalog(locale=language, domain=DOMAIN, fuzzy=False)
        kept.update(template, no_fuzzy_matching=True)
        kept.obsolete.clear()
        kept.fuzzy = False
        kept.header_comment = f"# The pages' fixed texts: {language}"
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
