"""A made-up change for `tracker test-alert` and the documentation: what a mail looks like, before anything changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from alerts.render import change
from alerts.render.change import Frame
from alerts.render.message import Message
from alerts.told import Around, Told
from tracker.model import (
    AreaScore,
    Assessment,
    Block,
    Change,
    Classification,
    Comparison,
    Deadline,
    Edit,
    EditKind,
    Evidence,
    Reason,
    Source,
    State,
    Tier,
)


def told(at: datetime) -> Told:
    """A change of a regulation that does not exist."""
    log, fresh, gone, later = _blocks()
    day = date(at.year + 1, 8, 2)
    now = replace(log, text="Providers of harbour pilot systems shall keep a log of every manoeuvre for ten years.")
    edits = (
        Edit(
            EditKind.REPLACE,
            (log,),
            (now,),
            4, 4, log.path, log.eid, log.path,
            (
                ("=", "Providers of harbour pilot systems "), ("-", "may"), ("+", "shall"),
                ("=", " keep a log of every manoeuvre"), ("+", " for ten years"), ("=", "."),
            ),
        ),
        Edit(EditKind.INSERT, (), (fresh,), 5, 5, fresh.path, fresh.eid, "", (("+", fresh.text),)),
        Edit(EditKind.DELETE, (gone,), (), 23, 24, gone.path, gone.eid, gone.path, (("-", gone.text),)),
    )  # fmt: skip
    areas = (
        AreaScore("safety-governance", 0.86, (Evidence(0, 3, 0.6, "log"), Evidence(0, 5, 0.4, "providers"))),
        AreaScore("standards-norms", 0.41),
    )
    made = Change(
        id="0" * 32,
        old="old",
        new="new",
        seen=at,
        comparison=Comparison(
            edits, (), (Deadline("2 August", "application", day, governs="the log is handed in every year", edit=1),)
        ),
        assessment=Assessment(
            Tier.SUBSTANTIVE,
            State.TOLD,
            0.97,
            (Reason("meaning", "modality", "A permission became a duty.", ("may", "shall")),),
        ),
        classification=Classification("en", areas, "safety-governance"),
        summary={
            "en": "Art. 12(1): may → shall",
            "fr": "Art. 12(1) : may → shall",
            "zh": "第12条第1款：may → shall",
        },
        told=at,
    )
    source = Source(
        id="sample", url="https://law.example/harbours", title="Harbour Pilot Regulation (sample)", jurisdiction="XX",
        question="Must a log be kept, and for how long?", affects=("our log service",),
    )  # fmt: skip
    return Told(
        made,
        source,
        0,
        "",
        "Harbour Pilot Regulation",
        source.url,
        "en",
        before=at - timedelta(days=30),
        after=at,
        around=_around(later),
    )


def _blocks() -> tuple[Block, Block, Block, Block]:
    return (
        Block(
            "Providers of harbour pilot systems may keep a log of every manoeuvre.",
            path="Article 12(1)",
            eid="art_12__para_1",
        ),
        Block(
            "The log is handed to the harbour office by 2 August each year.",
            path="Article 12(1a)",
            eid="art_12__para_1a",
        ),
        Block(
            "Boats of less than six metres are exempt from paragraph 1.",
            path="Article 19(3)",
            eid="art_19__para_3",
        ),
        Block("The log is open to the pilots whose manoeuvres it holds."),
    )


def _around(later: Block) -> tuple[Around, ...]:
    return (
        Around(heading="Keeping of logs"),
        Around(heading="Keeping of logs", after=later.text),
        Around(
            heading="Exemptions", before="The harbour office may ask for a trial run before a boat is exempt.", gap=17
        ),
    )


def message(frame: Frame) -> Message:
    """The sample as a message, which says that it is one."""
    t = frame.texts
    note = t.t("This is a sample: it was asked for by `tracker test-alert`, nothing has changed.")
    made = change.message(told(frame.at.astimezone(UTC)), frame)
    mark = t.t("Sample")
    html = made.html.replace("<h1", f'<p style="font-weight:600">{note}</p><h1', 1)
    return replace(
        made, kind="sample", subject=f"[{mark}] {made.subject}", text=f"{note}\n\n{made.text}", html=html,
        short=f"{note}\n{made.short}", event="alert.sample",
    )  # fmt: skip
