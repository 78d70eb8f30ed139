"""CI's own tools: an audit is content with an answer only, and the bill of materials names exactly what is locked."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / ".ci"))  # scripts, in no package

import audit
import sbom

FINE: dict[str, Any] = {"name": "one", "version": "1", "vulns": []}
HOLE: dict[str, Any] = {"name": "two", "version": "2", "vulns": [{"id": "X-1", "fix_versions": ["3"]}]}
SKIPPED: dict[str, Any] = {"name": "three", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("found", "locked", "code", "said"),
    [
        ([FINE], 1, 0, "no known hole"),
        ([FINE, HOLE, SKIPPED], 3, 1, "X-1, mended in 3"),
        ([SKIPPED], 1, 2, "knows none"),
        ([FINE, SKIPPED], 2, 3, "Not looked up: three"),
        ([FINE], 2, 3, "1 of 2"),
    ],
)
def test_an_audit_without_an_answer_for_every_package_is_none(
    found: list[dict[str, Any]], locked: int, code: int, said: str
) -> None:
    given, words = audit.verdict(0, json.dumps({"dependencies": found}), "", locked)
    assert given == code
    assert said in words


def test_a_database_that_cannot_be_reached_is_said() -> None:
    code, words = audit.verdict(1, "", "Traceback\nrequests.exceptions.ConnectionError: no route", 90)
    assert code == 2
    assert "cannot be reached" in words
    assert audit.verdict(1, "", "", 90)[0] == 2


def test_the_bill_names_what_is_locked_with_its_hashes_and_nothing_else() -> None:
    hashed = [{"hashes": [{"alg": "SHA-256", "content": "00"}]}]
    parts = [{"name": name, "version": version, "externalReferences": hashed} for name, version in sbom.locked()]
    assert len(parts) > 50
    assert sbom.lacking({"components": parts}) == []
    bare = {**parts[0], "externalReferences": []}
    other = {"name": "another", "version": "1", "externalReferences": hashed}
    assert len(sbom.lacking({"components": [bare, *parts[1:], other]})) == 2
