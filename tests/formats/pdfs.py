"""Small PDFs for tests, written by hand: pages of lines at given places."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

Placed = tuple[float, float, str] | tuple[float, float, str, float, bool]


def pdf(
    pages: Sequence[Sequence[Placed]], *, title: str = "", extra: Sequence[bytes] = (), count: int | None = None
) -> bytes:
    """A PDF of pages (612 by 792 points) of (left, bottom, text[, size, bold])."""
    objects: list[bytes] = []
    kids = " ".join(f"{5 + 2 * number} 0 R" for number in range(len(pages)))
    objects.append(b"<< /Type /Catalog /Pages 2 0 R >>")
    objects.append(f"<< /Type /Pages /Count {count or len(pages)} /Kids [{kids}] >>".encode())
    objects.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
    objects.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>")
    for number, lines in enumerate(pages):
        stream = "\n".join(_shown(line) for line in lines).encode("cp1252", "replace")
        packed = zlib.compress(stream)
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {6 + 2 * number} 0 R "
            "/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>".encode()
        )
        objects.append(f"<< /Length {len(packed)} /Filter /FlateDecode >>\nstream\n".encode() + packed + b"\nendstream")
    objects.extend(extra)
    info = len(objects) + 1
    objects.append(f"<< /Title ({title}) /CreationDate (D:20240305101500+01'00') >>".encode())
    return _written(objects, info)


def _shown(line: Placed) -> str:
    left, bottom, text, *rest = line
    size, bold = rest or (10, False)
    escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"BT /F{2 if bold else 1} {size} Tf {left} {bottom} Td ({escaped}) Tj ET"


def _written(objects: Sequence[bytes], info: int) -> bytes:
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
    table = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{place:010} 00000 n \n".encode() for place in places)
    out += f"trailer << /Size {len(objects) + 1} /Root 1 0 R /Info {info} 0 R >>\nstartxref\n{table}\n%%EOF\n".encode()
    return bytes(out)


def running(top: float, lines: Sequence[str], left: float = 72) -> list[Placed]:
    """Lines under each other, 12 points apart."""
    return [(left, top - 12 * number, line) for number, line in enumerate(lines)]
