"""Texts as JSON, made without a model a block: a code of law has twenty thousand paragraphs, and what is checked on the
way out is only what we wrote ourselves. The shapes are api_models', a test holds the two together."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from tracker.model import Block
from tracker.store import codec
from tracker.store.queries import BlameLine
from tracker.store.tables import Version
from tracker.web import api_models as shapes

_BLOCK = tuple((name, getattr(Block("x"), name)) for name in shapes.Block.model_fields if name != "text")


def text(version: Version) -> Response:
    """A version's text as `api_models.Text`."""
    made = shapes.Text(
        document_id=version.document_id, number=version.number, seen_at=version.seen_at, title=version.title,
        language=version.language, fingerprint=version.fingerprint, chain=version.chain, body_hash=version.body_hash,
        text="", blocks=[],
    ).model_dump(mode="json")  # fmt: skip
    blocks = [
        {"text": plain["text"], **{name: plain.get(name, default) for name, default in _BLOCK}}
        for plain in codec.unpack_plain(version.blocks)
    ]
    return _answer(made | {"text": "\n".join([block["text"] for block in blocks]), "blocks": blocks})


def blamed(lines: Sequence[BlameLine]) -> Response:
    """A version's blocks and since when they stand, as a list of `api_models.Blamed`."""
    names = ("text", *(name for name, _default in _BLOCK))
    first = {line.version: line for line in lines}
    moments = {version: shapes.Blamed.of(line).model_dump(mode="json")["since"] for version, line in first.items()}
    return _answer([
        {
            "block": {name: getattr(line.block, name) for name in names}, "version": line.version,
            "since": moments[line.version], "change_id": line.change_id,
        }
        for line in lines
    ])  # fmt: skip


def _answer(value: Any) -> Response:
    return Response(
        json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(), media_type="application/json"
    )
