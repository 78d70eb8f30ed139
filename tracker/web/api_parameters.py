"""What the API's addresses take, in one place: ids, page sizes, cursors, moments, filters; and its errors."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Depends, Path, Query
from starlette.exceptions import HTTPException
from starlette.requests import Request

from tracker.store.queries import ChangeFilter
from tracker.web import filters
from tracker.web.api_models import Problem
from tracker.web.filters import Asked, wanted
from tracker.web.site import moment, site_of

MOST = 200
PREFIX = "/api/v1"
_SAID = {400: "Not understood", 401: "Sign in", 404: "Not there", 422: "Not what this takes", 429: "Too many at once"}
ERRORS: dict[int | str, dict[str, Any]] = {
    code: {"model": Problem, "description": text, "content": {"application/problem+json": {}}}
    for code, text in _SAID.items()
}

Limit = Annotated[int, Query(ge=1, le=MOST, description="Entries of a page")]
Cursor = Annotated[str, Query(max_length=400, description="`next` of the page before")]
DocumentId = Annotated[int, Path(ge=1, le=2**53 - 1)]
Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="A version's number")]
ChangeId = Annotated[str, Path(max_length=64, pattern=r"^[0-9A-Za-z_-]+$")]
SourceId = Annotated[str, Path(max_length=80, pattern=r"^[0-9A-Za-z._-]+$")]

_Words = Annotated[list[str], Query(max_length=40)]
Tier = Literal["substantive", "editorial", "noise", "glitch", "restored"]
State = Literal["told", "pending", "silent"]


def change_filter(
    request: Request,
    area: _Words = [],  # noqa: B006 - FastAPI copies defaults
    principle: _Words = [],  # noqa: B006 - the same
    theme: _Words = [],  # noqa: B006 - the same
    source: _Words = [],  # noqa: B006 - the same
    group: _Words = [],  # noqa: B006 - the same
    jurisdiction: _Words = [],  # noqa: B006 - the same
    language: _Words = [],  # noqa: B006 - the same
    tier: Annotated[list[Tier], Query(max_length=5)] = [],  # noqa: B006 - the same
    state: Annotated[list[State], Query(max_length=3, description="told where none is given")] = [],  # noqa: B006 - the same
    document: Annotated[list[int], Query(max_length=40)] = [],  # noqa: B006 - the same
    cluster: Annotated[str, Query(max_length=64)] = "",
    since: Annotated[str, Query(max_length=40, description="A date or moment, included")] = "",
    until: Annotated[str, Query(max_length=40, description="A date or moment, not included")] = "",
    q: Annotated[str, Query(max_length=filters.LONGEST, description="Words of the changed texts")] = "",
) -> ChangeFilter:
    """Several values of one name are alternatives; several names must all hold."""
    if any(not 0 < number < 2**53 for number in document):
        raise HTTPException(422, "document: a positive number")
    values: dict[str, tuple[str, ...]] = {
        "area": tuple(area), "principle": tuple(principle), "theme": tuple(theme), "source": tuple(source),
        "group": tuple(group), "jurisdiction": tuple(jurisdiction), "language": tuple(language), "tier": tuple(tier),
        "state": tuple(state), "document": tuple(str(number) for number in document),
    }  # fmt: skip
    values |= {
        name: (value,) for name, value in (("cluster", cluster), ("since", since), ("until", until), ("q", q)) if value
    }
    for name in ("since", "until"):
        if values.get(name):
            at(values[name][0], name)
    return wanted(Asked({name: given for name, given in values.items() if given}), states=("told",))


Filter = Annotated[ChangeFilter, Depends(change_filter)]


def at(text: str, name: str = "at", *, end: bool = False) -> datetime:
    """A moment of an address, in UTC. Raises HTTPException 422 for what is none."""
    found = moment(text, end=end)
    if found is None:
        raise HTTPException(422, f"{name}: a date (2026-02-28) or a moment (2026-02-28T12:00:00Z)")
    return found


def cursor_of(values: Mapping[str, Any] | None) -> str | None:
    """An opaque cursor; None for None."""
    if values is None:
        return None
    return base64.urlsafe_b64encode(json.dumps(values, separators=(",", ":")).encode()).decode().rstrip("=")


def cursor_read(cursor: str, **shape: type) -> dict[str, Any] | None:
    """A cursor's values, checked; None for "". Raises HTTPException 400 for one that is not ours."""
    if not cursor:
        return None
    try:
        found = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        found = None
    if (
        not isinstance(found, dict)
        or found.keys() != shape.keys()
        or any(type(found[name]) is not kind for name, kind in shape.items())
        or any(isinstance(value, int) and not 0 <= value < 2**53 for value in found.values())
    ):
        raise HTTPException(400, "cursor: not one of this list")
    return found


def heavy(request: Request) -> None:
    """Counts a call that costs. Raises HTTPException 429 beyond the limit."""
    wait = site_of(request).limits.heavy.wait(request.client.host if request.client else "")
    if wait:
        raise HTTPException(429, "please wait a moment", {"retry-after": str(int(wait) + 1)})
