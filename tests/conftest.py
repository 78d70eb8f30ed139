"""What every test may ask for: the project's data folder, PostgreSQL, Chromium; each says why when it is not there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with recorded pages, labels and texts, beside the checkout."""
    folder = Path(os.environ.get("TRACKER_TEST_DATA", ROOT.parent / "shared"))
    if not (folder / "README.md").is_file():
        pytest.skip(f"no data folder at {folder} (set TRACKER_TEST_DATA): this test reads real pages from it")
    return folder
