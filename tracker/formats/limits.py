"""What a body may not exceed, checked before anything parses it: size and depth."""

from __future__ import annotations

import re

from tracker.formats.errors import Unreadable
from tracker.model import Outcome

MAX_BODY = 64 * 2**20  # bytes; fetching stops earlier (25 MB by default), this holds for callers that read files
MAX_RATIO = 200  # unpacked size over packed size
MAX_NESTING = 2_000  # open elements; a page that people wrote has less than 100
MAX_ELEMENTS = 500_000  # a law of 1,400 KB has 15,000; a million cost 14 s and 350 MB to say nothing
MAX_REPEATED = 100_000  # elements that a parser makes again because nobody closed them
# Comments and scripts are passed over from one "-" or "<" to the next, never letter by letter: they are most of a page.
_TAG = re.compile(
    rb"<(?:!--(?:[^-]++|-(?!->))*+(?:-->)?|!\[CDATA\[(?:[^\]]++|\](?!\]>))*+(?:\]\]>)?"
    rb"|(script|style|textarea|title)\b(?:[^<]++|<(?!/\1))*+(?:</\1)?"
    rb"|(/?)([a-zA-Z][^\s/>]{0,40})([^>\"']{0,400}/>)?)",
    re.DOTALL | re.IGNORECASE,
)
# One attribute as the HTML standard reads it (13.2.5.32 to 13.2.5.39), in one pass without a way back. A parser that
# looks each new name up among those before takes a minute for a tag with 60,000 of them, and holds the process.
_ATTRIBUTE = rb"[^>\s/][^>\s/=]*+(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^>\s\"'][^>\s]*+)?+)?+"
_MANY_ATTRIBUTES = re.compile(rb"<[a-zA-Z][^\s/>]*+(?:[\s/]*+" + _ATTRIBUTE + rb"){2000,}+")
# Elements that are never open.
_VOID = frozenset(
    b"area base br col embed hr img input link meta param source track wbr basefont bgsound frame keygen".split()
)
# Elements that the next one of their kind closes: they do not nest by themselves.
_FLAT = frozenset(b"p li dt dd tr td th option optgroup tbody thead tfoot colgroup rt rp".split())
# Formatting that nobody closed is opened again in every block that follows (HTML standard, "reconstruct the active
# formatting elements"), three times at most for equal ones.
_FORMATTING = frozenset(b"a b big code em font i nobr s small strike strong tt u".split())
_BAD_REFERENCE = re.compile(
    rb"&#(?:x0*(?:d[89a-f][0-9a-f]{2}|[1-9a-f][0-9a-f]{6,})"
    rb"|0*(?:5529[6-9]|55[3-9]\d\d|56\d{3}|57[0-2]\d\d|573[0-3]\d|5734[0-3]));?",
    re.IGNORECASE,
)


def check_size(body: bytes) -> None:
    """Raises Unreadable for a body that is larger than any document."""
    if len(body) > MAX_BODY:
        raise Unreadable(f"{len(body) // 2**20} MB are more than a document has", Outcome.TOO_LARGE)


def check_nesting(body: bytes) -> None:
    """Raises Unreadable when a body has more than MAX_ELEMENTS, when more than MAX_NESTING of them are open at once,
    or when a parser would have to make more than MAX_REPEATED again. One pass over the tags, without a parser:
    such trees cost parsers and walkers far more than their size tells."""
    if b"\x00" in body[:400]:
        body = body.replace(b"\x00", b"")  # UTF-16 and UTF-32: the tags' letters are what is left
    tags = body.count(b"<")
    if tags <= 200:
        return
    if tags - body.count(b"</") > MAX_ELEMENTS:
        raise Unreadable(f"more than {MAX_ELEMENTS:,} elements: no document has as many", Outcome.TOO_LARGE)
    scan = _Scan()
    scan.run(body)
    if scan.deepest > MAX_NESTING:
        raise Unreadable(f"elements nested more than {MAX_NESTING:,} deep: no document is", Outcome.TOO_LARGE)
    if scan.bomb:
        raise Unreadable("formatting that is opened again and again and never closed", Outcome.TOO_LARGE)


def without_many_attributes(body: bytes) -> bytes:
    """The body without the attributes of tags that have 2,000 or more: no document has, and their cost is quadratic."""
    return _MANY_ATTRIBUTES.sub(b"<i", body)


def depth(body: bytes) -> int:
    """The most elements that are open at once, from above: a tag that is never closed stays open. Above MAX_NESTING
    it stops counting."""
    scan = _Scan()
    scan.run(body)
    return scan.deepest


def without_bad_references(body: bytes) -> bytes:
    """The body without references to code points that no text has (halves of surrogate pairs and beyond Unicode):
    XML parsers that go on after errors make broken text of them."""
    return _BAD_REFERENCE.sub(b"", body) if b"&#" in body else body


class _Scan:
    """What is open while the tags go by."""

    def __init__(self) -> None:
        self.deepest = 0
        self.repeated = 0
        self._blocks = 1
        self._open: list[bytes] = []
        self._counts: dict[bytes, int] = {}
        self._active: dict[bytes, int] = {}  # formatting nobody closed, by name and attributes
        self._carried = 0

    def run(self, body: bytes) -> None:
        """Up to the end, or to where it is too much. Most tags open or close an element that is no formatting, in
        order: they are dealt with here, the rest by name."""
        open_, counts = self._open, self._counts
        for match in _TAG.finditer(body):
            name = match[3]
            if name is None:
                continue
            name = name.lower()
            if match[2]:
                if open_ and open_[-1] == name:
                    open_.pop()
                    counts[name] -= 1
                elif name not in _VOID:
                    self._close(name)
            elif name not in _VOID and not match[4]:
                if name in _FLAT:
                    self._carry()
                    self._repeat()
                elif name in _FORMATTING:
                    self._format(name, body, match.end())
                else:
                    self._blocks += 1
                    self.repeated += self._carried
                    open_.append(name)
                    counts[name] = counts.get(name, 0) + 1
                if len(open_) + self._carried > self.deepest:
                    self.deepest = len(open_) + self._carried
                if self.deepest > MAX_NESTING or (self.repeated > MAX_REPEATED and self.bomb):
                    return

    def _format(self, name: bytes, body: bytes, end: int) -> None:
        if name == b"a":  # a link ends the one before
            for other in [each for each in self._active if each.startswith(b"a ")]:
                self._carried -= self._active.pop(other)
        self._open.append(name + b" " + body[end : body.find(b">", end, end + 300)])
        self._counts[name] = self._counts.get(name, 0) + 1

    def _repeat(self) -> None:
        self._blocks += 1
        self.repeated += self._carried

    @property
    def bomb(self) -> bool:
        """Whether a parser would make far more elements than there are: a page that closes nothing has a few for
        every block, since equal ones are opened again three times at most."""
        return self.repeated > MAX_REPEATED and self.repeated > 20 * self._blocks

    def _carry(self) -> None:
        """A paragraph ends: formatting that is still open goes on in the next one."""
        while self._open and b" " in self._open[-1]:
            name = self._open.pop()
            self._counts[name.split(b" ", 1)[0]] -= 1
            self._keep(name)

    def _keep(self, name: bytes) -> None:
        if self._active.get(name, 0) < 3:
            self._active[name] = self._active.get(name, 0) + 1
            self._carried += 1

    def _close(self, name: bytes) -> None:
        if self._counts.get(name):
            while self._open:
                whole = self._open.pop()
                closed = whole.split(b" ", 1)[0]
                self._counts[closed] -= 1
                if closed == name:
                    return
                if closed != whole:  # formatting inside that was not closed goes on behind
                    self._keep(whole)
        if name in _FORMATTING:
            open_again = next((each for each in reversed(self._active) if each.startswith(name + b" ")), None)
            if open_again is not None:
                self._carried -= 1
                self._active[open_again] -= 1
                if not self._active[open_again]:
                    del self._active[open_again]
