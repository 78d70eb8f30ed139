"""A site under test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.fetch.site import Site, serving


@pytest_asyncio.fixture
async def site() -> AsyncIterator[Site]:
    """A host on 127.0.0.1."""
    async with serving(Site()) as made:
        yield made
