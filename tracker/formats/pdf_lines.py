"""The lines of a PDF with their places: pdfium's work, done in a process of its own (see pdf_process).

`python -m tracker.formats.pdf_lines` answers requests on its standard streams: eight bytes of length and a body in,
eight bytes of length and JSON out. A body that crashes, hangs or swells the reader takes this process with it and
nothing else.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import re
import struct
import sys
from itertools import pairwise
from typing import Any, BinaryIO

import pypdfium2 as pdfium
import pypdfium2.raw as raw

MAX_PAGES = 2_000
MAX_CHARACTERS = 20_000_000
MAX_LINKS = 5_000
MEMORY = 300 * 2**20  # bytes beyond what the process needs for itself
SECONDS = 45  # of processor time for one body
_MARK = re.compile(r"^(?:[^\w\s]|[^\w\s]?\w{1,4}[.)])$")  # what stands before an item, whatever the gap: •, (a), 12.
_WIDE = 1.5  # heights of type: a wider gap on a line is no space between words
LENGTH = struct.Struct(">Q")


def extract(body: bytes) -> dict[str, Any]:
    """{"pages": [{"size", "images", "broken", "lines": [[text, left, bottom, right, top, height, bold], …]}], "title",
    "created", "modified", "language", "links": [[page, address]]}, or {"error", "large"}.

    Coordinates are points from the page's lower left corner; lines stand in the order of the content stream.
    """
    try:
        document = pdfium.PdfDocument(body)
    except pdfium.PdfiumError as error:
        return {"error": _opening(str(error)), "large": False}
    try:
        if len(document) > MAX_PAGES:
            return {"error": f"a PDF of {len(document):,} pages; at most {MAX_PAGES:,} are read", "large": True}
        if len(document) == 0:
            return {"error": "a PDF without pages", "large": False}
        return _document(document)
    finally:
        document.close()


def _opening(message: str) -> str:
    low = message.lower()
    if "password" in low:
        return "the PDF needs a password"
    if "security" in low:
        return "the PDF is encrypted in a way that cannot be read"
    return "broken: it cannot be opened as a PDF"


def _document(document: Any) -> dict[str, Any]:
    pages: list[dict[str, Any]] = []
    links: list[tuple[int, str]] = []
    characters = 0
    for number in range(len(document)):
        try:
            page = document[number]
        except pdfium.PdfiumError:
            pages.append({"size": [0, 0], "images": 0, "broken": True, "lines": []})
            continue
        try:
            made = _page(page)
            if len(links) < MAX_LINKS:
                links.extend((number + 1, address) for address in _links(document, page))
        finally:
            page.close()
        pages.append(made)
        characters += sum(len(line[0]) for line in made["lines"])
        if characters > MAX_CHARACTERS:
            return {"error": f"more than {MAX_CHARACTERS:,} characters: no document has as many", "large": True}
    metadata = document.get_metadata_dict(skip_empty=True)
    return {
        "pages": pages,
        "title": metadata.get("Title", ""),
        "created": metadata.get("CreationDate", ""),
        "modified": metadata.get("ModDate", ""),
        "language": _language(document),
        "links": links[:MAX_LINKS],
    }


def _page(page: Any) -> dict[str, Any]:
    width, height = page.get_size()
    images = 0
    with contextlib.suppress(pdfium.PdfiumError):
        images = sum(1 for _ in zip(page.get_objects([raw.FPDF_PAGEOBJ_IMAGE], max_depth=3), range(50), strict=False))
    try:
        textpage = page.get_textpage()
    except pdfium.PdfiumError:
        return {"size": [width, height], "images": images, "broken": True, "lines": []}
    try:
        lines = _lines(textpage)
    finally:
        textpage.close()
    return {"size": [width, height], "images": images, "broken": False, "lines": lines}


def _lines(textpage: Any) -> list[list[Any]]:
    if textpage.count_chars() <= 0:
        return []
    out: list[list[Any]] = []
    start = 0
    # pdfium writes U+FFFE where a word is hyphenated at a line's end, and goes on without a new line.
    for piece in re.split("(?<=\ufffe)|\n", textpage.get_text_range()):
        text = piece.strip(" \t\r\u00a0")
        if text:
            first = start + len(piece) - len(piece.lstrip(" \t\r\u00a0"))
            last = first + len(text.rstrip("\ufffe")) - 1
            for part, begin in _parts(textpage, text, first, last):
                out.append([part, *_place(textpage, begin, begin + len(part.rstrip("\ufffe")) - 1)])
        start += len(piece) + (0 if piece.endswith("\ufffe") else 1)
    return out


def _parts(textpage: Any, text: str, first: int, last: int) -> list[tuple[str, int]]:
    """(text, its first index) of what stands apart on one line: cells of a table, lines of two columns. pdfium joins
    what has one baseline; a gap of two letters' height and more is not a space."""
    at, end = (raw.FPDFText_GetCharIndexFromTextIndex(textpage, index) for index in (first, last))
    rects = raw.FPDFText_CountRects(textpage, at, end - at + 1) if 0 <= at < end else 0
    if not 1 < rects < 60 or not _gap(textpage, rects):
        return [(text, first)]
    out: list[tuple[str, int]] = []
    begin, right = 0, None
    for index, sign in enumerate(text):
        if sign.isspace():
            continue
        box = _box(textpage, raw.FPDFText_GetCharIndexFromTextIndex(textpage, first + index))
        if box is None:
            continue
        apart = right is not None and box[0] - right > _WIDE * max(box[3] - box[1], 6)
        if apart and not (begin == 0 and _MARK.match(text[:index].strip())):
            out.append((text[begin:index].rstrip(), first + begin))
            begin = index
        right = box[2]
    out.append((text[begin:], first + begin))
    return [part for part in out if part[0]]


def _gap(textpage: Any, rects: int) -> bool:
    """Whether two of the rectangles that FPDFText_CountRects counted last are far apart."""
    edges = []
    for index in range(rects):
        left, top, right, bottom = (ctypes.c_double() for _ in range(4))
        if raw.FPDFText_GetRect(textpage, index, left, top, right, bottom):
            edges.append((left.value, right.value, abs(top.value - bottom.value)))
    edges.sort()
    return any(after[0] - before[1] > 0.8 * _WIDE * max(before[2], 5) for before, after in pairwise(edges))


def _place(textpage: Any, first: int, last: int) -> list[float]:
    """[left, bottom, right, top, size of the type, bold] of a line, from its first, middle and last letter; bold are
    lines that begin and end so."""
    indexes = [raw.FPDFText_GetCharIndexFromTextIndex(textpage, at) for at in (first, (first + last) // 2, last)]
    boxes = [(at, box) for at in indexes if at >= 0 and (box := _box(textpage, at))]
    if not boxes:
        return [0, 0, 0, 0, 0, 0]
    sizes = sorted(_size(textpage, at, box[3] - box[1]) for at, box in boxes)
    return [
        round(min(box[0] for _, box in boxes), 1),
        round(min(box[1] for _, box in boxes), 1),
        round(max(box[2] for _, box in boxes), 1),
        round(max(box[3] for _, box in boxes), 1),
        round(sizes[len(sizes) // 2], 1),
        int(all(_bold(textpage, at) for at, _ in (boxes[0], boxes[-1]))),
    ]


def _size(textpage: Any, at: int, tall: float) -> float:
    """Points of the type as it is drawn: what the font was set to, as far as the matrix stretches it. A letter's own
    box would depend on the font, and a Chinese line with a Latin name in it would have two sizes."""
    matrix = raw.FS_MATRIX()
    if not raw.FPDFText_GetMatrix(textpage, at, matrix):
        return tall
    size = float(raw.FPDFText_GetFontSize(textpage, at) * (matrix.b**2 + matrix.d**2) ** 0.5)
    return size if 2 < size < 400 else tall


def _box(textpage: Any, at: int) -> tuple[float, float, float, float] | None:
    rect = raw.FS_RECTF()
    if not raw.FPDFText_GetLooseCharBox(textpage, at, rect):
        return None
    return rect.left, rect.bottom, rect.right, rect.top


def _bold(textpage: Any, at: int) -> bool:
    if raw.FPDFText_GetFontWeight(textpage, at) >= 600:
        return True
    buffer = ctypes.create_string_buffer(128)
    flags = ctypes.c_int()
    size = raw.FPDFText_GetFontInfo(textpage, at, buffer, 128, flags)
    name = buffer.raw[: max(min(size, 128) - 1, 0)].lower()
    return b"bold" in name or b"black" in name or b"heavy" in name


def _links(document: Any, page: Any) -> list[str]:
    found: list[str] = []
    position, link = ctypes.c_int(0), raw.FPDF_LINK()
    while len(found) < 500 and raw.FPDFLink_Enumerate(page, position, link):
        action = raw.FPDFLink_GetAction(link)
        if not action:
            continue
        size = raw.FPDFAction_GetURIPath(document, action, None, 0)
        if 1 < size <= 4000:
            buffer = ctypes.create_string_buffer(size)
            raw.FPDFAction_GetURIPath(document, action, buffer, size)
            address = buffer.raw[: size - 1].decode("utf-8", "replace").strip()
            if address.startswith(("http://", "https://")) and address not in found:
                found.append(address)
    return found


def _language(document: Any) -> str:
    # The setter and getter are recent: an older pdfium says nothing of the language.
    getter = getattr(raw, "FPDFCatalog_GetLanguage", None)
    if getter is None:
        return ""
    size = getter(document, None, 0)
    if not 2 < size < 200:
        return ""
    buffer = ctypes.create_string_buffer(size)
    getter(document, ctypes.cast(buffer, ctypes.POINTER(raw.FPDF_WCHAR)), size)
    return buffer.raw[: size - 2].decode("utf-16-le", "replace")


def _guarded() -> None:
    """Memory that the process may have, where the system can say so."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        with open("/proc/self/statm", "rb") as statm:  # noqa: PTH123 - one number of this process
            used = int(statm.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _time_limit() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        soft = int(used.ru_utime + used.ru_stime) + SECONDS
        resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answers until the other side closes."""
    _guarded()
    while True:
        head = requests.read(LENGTH.size)
        if len(head) < LENGTH.size:
            return
        body = requests.read(LENGTH.unpack(head)[0])
        _time_limit()
        try:
            answer = extract(body)
        except MemoryError:
            answer = {"error": "it needs more memory than a document does", "large": True}
        except Exception as error:  # noqa: BLE001 - whatever it is, the other side is told and goes on
            answer = {"error": f"broken ({type(error).__name__}: {str(error)[:120]})", "large": False}
        packed = json.dumps(answer, ensure_ascii=True).encode()
        answers.write(LENGTH.pack(len(packed)) + packed)
        answers.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
