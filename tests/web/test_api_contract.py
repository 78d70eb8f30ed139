"""The API as its own description says: schemathesis asks what the OpenAPI document allows and what it forbids."""

from __future__ import annotations

import pytest
import schemathesis
import visits
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import CHECKS, load_all_checks
from surroundings import Asking

from tracker.store.records import Records
from tracker.store.session import Database


@pytest.mark.slow
def test_every_answer_is_one_that_the_description_allows(empty_database: Database, asking: Asking) -> None:
    visits.story(Records(empty_database))
    client = asking(empty_database)
    client.app.state.site.limits.heavy.count = 10**9  # type: ignore[attr-defined] # the limit is tested elsewhere
    client.app.state.site.limits.forms.count = 10**9  # type: ignore[attr-defined] # the same
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", client.app, headers={"host": "127.0.0.1"})
    load_all_checks()
    names = (
        "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
        "response_headers_conformance",
    )  # fmt: skip
    checks = [CHECKS.get_one(name) for name in names]
    asked: list[str] = []

    def ask(case: schemathesis.Case) -> None:
        asked.append(case.path)
        case.headers["host"] = "127.0.0.1"
        case.call_and_validate(checks=checks)

    quick = settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    for found in schema.get_all_operations():
        quick(given(found.ok().as_strategy())(ask))()
    assert len(set(asked)) > 15
