"""The pages' fixed texts: `python -m tracker.web.translations` brings their .po files up to date, as
`alerts.render.translations` does for the mails."""

from __future__ import annotations

import sys
from pathlib import Path

from alerts.render.translations import Texts, refresh
from tracker.web.i18n import DOMAIN, TRANSLATIONS

PAGES = Texts(Path(__file__).resolve().parent, "html", TRANSLATIONS, DOMAIN, "The pages' fixed texts")

if __name__ == "__main__":
    sys.exit(1 if refresh(PAGES) else 0)
