"""The built-in site's pages, by chapter of the story. Every word is our own; no such authority exists."""

from __future__ import annotations

from tracker.demo.pdf import pdf

NAME = "Office for Thinking Machines"

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title} · Office for Thinking Machines</title></head>
<body>
<header><a href="/">Office for Thinking Machines</a>
<nav><ul><li><a href="/regulation">Regulation</a></li><li><a href="/policy">Terms</a></li><li><a href="/guide.pdf">Guide</a></li>
<li><a href="/feed.xml">News</a></li></ul></nav></header>
{banner}
<main>
{main}
</main>
<footer><p>{footer}</p></footer>
</body></html>
"""

_BANNERS = (
    '<div class="banner"><p>Join our open day! Places are limited.</p></div>',
    '<div class="banner"><p>New: our newsletter. Sign up today.</p></div>',
    "",
)


def regulation(chapter: int) -> bytes:
    """The small regulation. In chapter 2 a permission becomes a duty, a period is cut, and an article comes in."""
    amended = chapter >= 2
    articles: list[tuple[str, list[str]]] = [
        (
            "Subject matter",
            [
                "This Regulation lays down rules for thinking machines that advise the public in the name of an authority.",
                "It does not apply to machines that are used for scientific research alone.",
            ],
        ),
        (
            "Definitions",
            [
                "For the purposes of this Regulation, “thinking machine” means an artificial intelligence system that "
                "generates advice, forecasts or decisions from what it is told.",
                "“Operator” means whoever puts a thinking machine to use under their own name.",
            ],
        ),
        (
            "Risk assessment",
            [
                "Before use, the operator shall assess the risks of the machine to health, safety and fundamental rights.",
                f"The assessment shall be renewed every {'six' if amended else 'twelve'} months and after every serious incident.",
            ],
        ),
        (
            "Transparency",
            [
                f"The operator {'shall' if amended else 'may'} tell people that they are talking to a machine.",
                "Text, images and sound that a machine has made shall be marked as such in a form that other machines can read.",
            ],
        ),
        (
            "Incidents",
            [
                "A serious incident shall be reported to the Office without undue delay, and no later than 15 days after "
                "the operator has become aware of it.",
            ],
        ),
        (
            "Entry into force",
            ["This Regulation shall enter into force on 1 March 2027. Article 4 shall apply from 1 September 2027."],
        ),
    ]
    if amended:
        articles.insert(
            4,
            (
                "Human oversight",
                [
                    "A person who understands the machine shall be able to stop it at any time.",
                    "The Office may audit how oversight is carried out and impose a fine of up to EUR 500 000.",
                ],
            ),
        )
    parts = ["<h1>Regulation on Thinking Machines in Public Advice</h1>"]
    for number, (title, paragraphs) in enumerate(articles, 1):
        parts.append(f'<h2 id="art_{number}">Article {number}<br>{title}</h2>')
        parts += [f"<p>{place}. {text}</p>" for place, text in enumerate(paragraphs, 1)]
    return _page("Regulation", "\n".join(parts), 0)


def policy(chapter: int) -> bytes:
    """Terms of use under a banner that flaps and a counter that runs; in chapter 5 the host is down for a while."""
    if chapter == 5:
        return _page(
            "Service unavailable", "<h1>Service unavailable</h1><p>We are working on it. Please come back later.</p>", 2
        )
    main = f"""<h1>Terms of use of the advice service</h1>
<p>Last visited by {1042 + 37 * chapter} people today.</p>
<p>The advice service answers questions about permits and benefits. It is run by the Office for Thinking Machines.</p>
<h2>1. Your questions</h2>
<p>We keep your questions for 30 days in order to improve the service. You may ask us to delete them at any time.</p>
<h2>2. Our answers</h2>
<p>Answers are made by a machine and may be wrong. They do not replace a decision of the authority.</p>
<h2>3. Sub-processors</h2>
<ul><li>Northern Compute (hosting)</li><li>Quiet Words (translation)</li></ul>
<h2>4. Contact</h2>
<p>Write to the data protection officer of the Office.</p>"""
    return _page("Terms", main, chapter)


def feed(chapter: int) -> bytes:
    """The news feed; in chapter 3 an entry comes in."""
    entries = [
        (
            "2026-10-02",
            "standards",
            "Working group on standards meets",
            "The working group on technical standards for labelling met for the third time and discussed a first draft.",
        ),
        (
            "2026-09-14",
            "training",
            "Training for municipal staff",
            "A training course on artificial intelligence for the staff of small municipalities starts in October.",
        ),
    ]
    if chapter >= 3:
        entries.insert(
            0,
            (
                "2026-11-20",
                "compute",
                "Call for proposals: shared computing for public research",
                "The Office opens a call for a shared data centre with accelerators for public research. At least 40 % of "
                "the computing time shall be reserved for partners in developing countries. Proposals are due by 15 January 2027.",
            ),
        )
    items = "".join(
        f"<entry><id>urn:office:{name}</id><title>{title}</title><updated>{day}T09:00:00Z</updated>"
        f'<link href="http://localhost/news/{name}"/><summary>{text}</summary></entry>'
        for day, name, title, text in entries
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">'
        f"<id>urn:office:news</id><title>News of the Office</title><updated>{entries[0][0]}T09:00:00Z</updated>{items}</feed>"
    ).encode()


def guide(chapter: int) -> bytes:
    """The guide, a PDF; in chapter 4 a threshold is lowered."""
    threshold = "50" if chapter >= 4 else "250"
    return pdf(
        "Guide to the assessment of risks",
        [
            "Guide to the assessment of risks",
            "1. Who has to assess",
            f"Operators with more than {threshold} employees assess every thinking machine before use. Smaller operators assess "
            "those that advise on health, housing or work.",
            "2. What to look at",
            "Look at the data that the machine was trained with, at the people it may treat unfairly, and at what happens "
            "when it is wrong. Keep a record of tests and of incidents.",
            "3. Whom to ask",
            "The Office answers questions within ten working days.",
        ],
    )


def _page(title: str, main: str, banner: int) -> bytes:
    footer = f"Office for Thinking Machines · page made at 09:{banner:02d}:17"
    return _PAGE.format(title=title, main=main, banner=_BANNERS[banner % len(_BANNERS)], footer=footer).encode()


PAGES = {
    "/regulation": (regulation, "text/html; charset=utf-8"),
    "/policy": (policy, "text/html; charset=utf-8"),
    "/feed.xml": (feed, "application/atom+xml; charset=utf-8"),
    "/guide.pdf": (guide, "application/pdf"),
}
