"""Atom feeds (RFC 4287) of changes: all, or those that an address's filters let through, with the redline in the
entry; and the secret feed of a subscription."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import nh3
from fastapi import APIRouter
from markupsafe import Markup, escape
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from alerts import links
from alerts.channels import atom
from tracker.model import Comparison, Edit
from tracker.store import queries, queries_overview
from tracker.store.queries import ChangeLine
from tracker.web import filters
from tracker.web.i18n import Interface
from tracker.web.redline import EditView, Piece, redline
from tracker.web.site import Site, clean, edit_word, reader, site_of, tier_word

router = APIRouter(include_in_schema=False)
ENTRIES = 30
EDITS = 25
LETTERS = 20_000  # of an entry: readers of feeds fetch all of it every hour
MEDIA_TYPE = "application/atom+xml"
NAMESPACE = "http://www.w3.org/2005/Atom"
# What XML 1.0 cannot carry.
_UNSAYABLE = dict.fromkeys([*range(9), 11, 12, *range(14, 32), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF], "\ufffd")


@router.get("/feeds/changes.atom")
def changes(request: Request) -> Response:
    """Told changes, newest first; the filters of /changes hold."""
    site, i = site_of(request), reader(request)
    of = filters.asked(request.query_params)
    with site.database.read() as session:
        found = queries.list_changes(session, filters.wanted(of, i, states=("told",)), limit=ENTRIES)
        names = [line.id for line in found.items]
        edits = queries_overview.edits_of(session, names, most=EDITS)
        numbers = queries_overview.edit_counts(session, names)
        choices = queries_overview.choices(session, most=0)
    entries = [_entry(site, i, line, edits.get(line.id, ()), numbers.get(line.id, 0)) for line in found.items]
    chosen = filters.active(of, "/changes", filters.facets(of, "/changes", i, site.names, choices))
    root = ET.Element("feed", {"xmlns": NAMESPACE, "xml:lang": i.tag})
    here = of.link("/feeds/changes.atom")
    _add(root, "id", f"tag:{authority(site)},2026:{here.removeprefix('/')}")
    _add(root, "title", " – ".join([i.t("Regulatory tracker"), *(choice.label for choice in chosen)]))
    _add(root, "updated", _moment(found.items[0].seen_at if found.items else datetime(2026, 1, 1, tzinfo=UTC)))
    _add(ET.SubElement(root, "author"), "name", i.t("Regulatory tracker"))
    base = site.settings.link_base
    ET.SubElement(root, "link", {"rel": "self", "href": base + here, "type": MEDIA_TYPE})
    ET.SubElement(root, "link", {"rel": "alternate", "href": base + of.link("/changes"), "type": "text/html"})
    root.extend(entries)
    return Response(_xml(root), media_type=MEDIA_TYPE)


@router.get("/feeds/subscriptions/{token}.atom")
def subscription(request: Request, token: str) -> Response:
    """A subscription's own feed; its address is the key."""
    site = site_of(request)
    with site.database.read() as session:
        try:
            made = atom.feed(session, token, site.settings)
        except atom.UnknownFeedError as error:
            raise HTTPException(404) from error
    return Response(made, media_type=MEDIA_TYPE)


def authority(site: Site) -> str:
    """Who mints the tag URIs (RFC 4151): the host under which readers reach us; scheme and port may come and go."""
    return urlsplit(site.settings.link_base).hostname or "localhost"


def _entry(site: Site, i: Interface, line: ChangeLine, edits: tuple[Edit, ...], number: int) -> ET.Element:
    entry = ET.Element("entry")
    _add(entry, "id", f"tag:{authority(site)},2026:change/{line.id}")
    summary = line.summary.get(i.language) or line.summary.get("en") or line.title
    _add(entry, "title", f"{line.title}: {summary}" if summary != line.title else summary)
    _add(entry, "updated", _moment(line.told_at or line.seen_at))
    _add(entry, "published", _moment(line.seen_at))
    ET.SubElement(
        entry, "link", {"rel": "alternate", "href": links.change(site.settings, line.id), "type": "text/html"}
    )
    source = links.safe(line.url)
    if source:
        ET.SubElement(entry, "link", {"rel": "via", "href": source})
    for id_, _score in line.areas:
        ET.SubElement(entry, "category", {"term": id_, "label": _sayable(site.names.title(id_, i.language))})
    red = redline(Comparison(edits))
    body = Markup("<p>{} · {}</p>").format(tier_word(i, line.tier), clean(line.source_title))
    left, shown = LETTERS, 0
    for view in red.views:
        if left <= 0:
            break
        pieces = fitting(view.inline, left)
        body += _edit(i, view, pieces)
        left, shown = left - sum(len(piece.text) for piece in pieces if piece.kind != "…"), shown + 1
    if number > shown:
        body += Markup("<p>{}</p>").format(i.tn("{n} more edit", "{n} more edits", number - shown))
    content = ET.SubElement(entry, "content", {"type": "html"})
    content.text = _sayable(nh3.clean(str(body), tags={"p", "b", "ins", "del", "br"}, attributes={}))
    return entry


def fitting(pieces: Sequence[Piece], letters: int) -> tuple[Piece, ...]:
    """As many of the pieces as letters allow; the one that goes on beyond is cut there."""
    made: list[Piece] = []
    for piece in pieces:
        if letters <= 0:
            made.append(Piece("…", piece.text))
            break
        made.append(replace(piece, text=piece.text[:letters]))
        if len(piece.text) > letters:
            made.append(Piece("…", piece.text[letters:]))
        letters -= len(piece.text) if piece.kind != "…" else 0
    return tuple(made)


def _edit(i: Interface, view: EditView, pieces: Sequence[Piece]) -> Markup:
    head = Markup("<p><b>{}</b></p>").format(
        clean(" · ".join(p for p in (edit_word(i, view.kind), view.place or view.under) if p))
    )
    return head + Markup("<p>{}</p>").format(Markup("").join(_piece(piece) for piece in pieces))


def _piece(piece: Piece) -> Markup:
    text = escape(clean(piece.text)).replace("\n", Markup("<br>"))
    if piece.kind == "…":
        return Markup(" […] ")
    around = {"+": Markup("<ins>{}</ins>"), "-": Markup("<del>{}</del>")}.get(piece.kind)
    return around.format(text) if around else text


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = _sayable(text)


def _sayable(text: str) -> str:
    return clean(text).translate(_UNSAYABLE)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _xml(root: ET.Element) -> bytes:
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + bytes(
        ET.tostring(root, encoding="utf-8", xml_declaration=False)
    )
