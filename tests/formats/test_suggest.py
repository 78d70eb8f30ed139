"""Which kind is proposed for a body, and why."""

from __future__ import annotations

import pytest

from tests.formats.pdfs import pdf, running
from tracker.formats.suggest import suggest
from tracker.model import Kind

LIST = b"<html><body><nav><a href=/>Home</a></nav><main><h1>Notices</h1><ul>" + b"".join(
    b'<li><a href="/%d.pdf">Decision of the board on matter %d</a> %d May 2024</li>' % (number, number, number)
    for number in range(1, 9)
) + b"</ul></main></body></html>"  # fmt: skip
PAGE = (
    b"<html><body><main><h1>Act</h1>"
    + b"<p>"
    + b"The provider shall ensure that the system is safe for all. " * 20
    + b"</p></main></body></html>"
)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (LIST, Kind.LISTING),
        (PAGE, Kind.PAGE),
        (
            PAGE.replace(b"</main>", b"<h2>News</h2><ul><li><a href=/a.pdf>One paper</a> 3 May 2024</li></ul></main>"),
            Kind.PAGE,
        ),
        (b'<rss version="2.0"><channel><title>T</title><item><title>x</title></item></channel></rss>', Kind.FEED),
        (b'{"results": [{"title": "A rule", "url": "/x", "date": "2024-01-01"}]}', Kind.JSON),
        (b"<urlset><url><loc>https://example.org/</loc></url></urlset>", Kind.SITEMAP),
        (b"# Policy\n\n- a\n- b\n\n## More\n\n[x](y) [z](w)", Kind.TEXT),
    ],
)
def test_the_kind_that_fits(body: bytes, kind: Kind) -> None:
    made = suggest(body, url="https://example.org/here")
    assert made.kind is kind
    assert made.why


def test_a_pdf_is_a_pdf() -> None:
    assert suggest(pdf([running(700, ["The provider shall ensure safety."])])).kind is Kind.PDF
