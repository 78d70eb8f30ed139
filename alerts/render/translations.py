"""Fixed texts and their translations: extracted from code and templates, kept as .po, of the mails here and of the
pages in `tracker.web.translations`.

`python -m alerts.render.translations` brings the mails' .po files up to date (new texts come in without a translation);
it ends with 1 and names what is missing.
"""

from __future__ import annotations

import string
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from alerts.render.language import LANGUAGES, LOCALE

KEYWORDS = {"t": None, "tn": (1, 2), "N_": None}
TRANSLATED = tuple(code for code in LANGUAGES if code != "en")


@dataclass(frozen=True, slots=True)
class Texts:
    """Where fixed texts stand: the folder of the code, the templates' ending, the folder and name of the .po files,
    and whose texts they are, for the files' first line. `places` keeps with each text the files it stands in."""

    code: Path
    ending: str
    kept: Path
    domain: str
    whose: str
    places: bool = False


ALERTS = Texts(Path(__file__).resolve().parent.parent, "j2", LOCALE, "alerts", "The alerts' fixed texts", places=True)


def po(texts: Texts, language: str) -> Path:
    """The language's source file."""
    return texts.kept / language / "LC_MESSAGES" / f"{texts.domain}.po"


def extracted(texts: Texts) -> Catalog:
    """All fixed texts of code and templates."""
    found = Catalog(project="Regulatory tracker", domain=texts.domain, fuzzy=False, charset="utf-8")
    templates = f"**.{texts.ending}"
    for filename, _line, message, _comments, context in extract_from_dir(
        texts.code,
        method_map=[("**.py", "python"), (templates, "jinja2.ext:babel_extract")],
        options_map={templates: {"trim_blocks": "true", "lstrip_blocks": "true", "extensions": "", "silent": "false"}},
        keywords=KEYWORDS,
    ):
        # Without line numbers: the files then change only when a text does.
        found.add(message, None, [(Path(filename).as_posix(), 1)] if texts.places else (), context=context)
    return found


def read(texts: Texts, language: str) -> Catalog:
    """The language's translations as they are kept."""
    with po(texts, language).open("rb") as file:
        return read_po(file, locale=language, domain=texts.domain)


def missing(texts: Texts, language: str) -> Iterator[str]:
    """Texts without a translation, or with one whose blanks differ from the text's."""
    kept = read(texts, language)
    for message in extracted(texts):
        if not message.id:
            continue
        one = message.id if isinstance(message.id, str) else message.id[0]
        there = kept.get(message.id, message.context)
        found = there.string if there else None
        strings = (found,) if isinstance(found, str) else tuple(found or ())
        if not strings or not all(strings) or (there is not None and there.fuzzy):
            yield one
        elif any(_blanks(text) != _blanks(one) and _blanks(text) | {"n"} != _blanks(one) | {"n"} for text in strings):
            yield f"{one} (other blanks)"


def _blanks(text: str) -> set[str]:
    if "{" not in text or "{+" in text:
        return set()
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def refresh(texts: Texts) -> int:
    """Brings the .po files up to date; gives the number of texts without a translation."""
    template, lacking = extracted(texts), 0
    for language in TRANSLATED:
        path = po(texts, language)
        path.parent.mkdir(parents=True, exist_ok=True)
        known = path.is_file()
        kept = read(texts, language) if known else Catalog(locale=language, domain=texts.domain, fuzzy=False)
        kept.update(template, no_fuzzy_matching=True)
        kept.obsolete.clear()
        kept.fuzzy = False
        kept.header_comment = f"# {texts.whose}: {language}"
        kept.project, kept.version, kept.msgid_bugs_address = "Regulatory tracker", "1", ""
        kept.last_translator, kept.language_team = "", ""
        # No date: the file changes only when a text does.
        kept.creation_date = kept.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
        with path.open("wb") as file:
            write_po(file, kept, no_location=True, omit_header=False, sort_output=True, width=110)
        for text in missing(texts, language):
            lacking += 1
            sys.stderr.write(f"{language}: {text}\n")
    return lacking


if __name__ == "__main__":
    sys.exit(1 if refresh(ALERTS) else 0)
