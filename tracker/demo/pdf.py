"""A PDF of a few paragraphs: enough for the demo's guide, and no library is needed that only writes PDFs."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

WIDTH, LINE, TOP, LEFT = 84, 16, 780, 64  # characters; points


def pdf(title: str, paragraphs: Sequence[str]) -> bytes:
    """One page in Helvetica, Latin letters only; short paragraphs that start with a digit stand out as headings."""
    drawn = ["BT", f"/F1 11 Tf {LINE} TL {LEFT} {TOP} Td"]
    for paragraph in paragraphs:
        heading = len(paragraph) < 60
        drawn.append(f"/F{2 if heading else 1} {13 if heading else 11} Tf")
        drawn += [f"({_escaped(line)}) Tj T*" for line in textwrap.wrap(paragraph, WIDTH)]
        drawn.append("T*")
    drawn.append("ET")
    stream = "\n".join(drawn).encode("latin-1", "replace")
    fonts = b"/F1 4 0 R /F2 5 0 R"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 6 0 R /Resources << /Font << %s >> >> >>"
        % fonts,
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        f"<< /Title ({_escaped(title)}) >>".encode("latin-1", "replace"),
    ]
    return _file(objects)


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def _file(objects: Sequence[bytes]) -> bytes:
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for place in places:
        out += b"%010d 00000 n \n" % place
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        len(objects),
        start,
    )
    return bytes(out)
