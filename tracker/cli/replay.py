"""`tracker replay`, `explain`, `feedback`: verdicts over recordings, their reasons, their correction."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracker.cli import setup
from tracker.cli.given import Tier
from tracker.model import Reason

if TYPE_CHECKING:  # they come when a command runs: `--help` and completion answer without
    from sqlalchemy.orm import Session

_STEPS = {
    "content": "What is the document?", "canonical": "Does it read differently?", "glitch": "Is this the document?",
    "memory": "Was it there before?", "meaning": "What do the words do?", "confirm": "Is it sure?",
    "cluster": "Is it told elsewhere?",
}  # fmt: skip


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(replay)
    app.command()(explain)
    app.command()(feedback)


def replay(
    folder: Annotated[Path, typer.Argument(help="Folder with */index.jsonl and the recorded bodies.")],
    out: Annotated[Path, typer.Option("--out", help="Where the changes go, one JSON line each.")],
    processes: Annotated[int, typer.Option(min=1, help="Processes; pages of one host stay together.")] = 2,
    only: Annotated[str, typer.Option(help="Replay only pages whose name contains this.")] = "",
    limit: Annotated[int, typer.Option(min=0, help="At most so many pages; 0: all.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as one JSON document.")] = False,
) -> None:
    """Replays recordings with their own clock and writes what would have been told, and when."""
    from tracker.replay import replay as run  # the whole pipeline comes with it

    try:
        count = run(folder, out, processes=processes, progress=_say, only=only, limit=limit)
    except (OSError, EOFError) as error:
        setup.fail(str(error))
    if as_json:
        typer.echo(json.dumps({"changes": count, "out": str(out)}))


def _say(words: str) -> None:
    typer.echo(words, err=True)


# -------------------------------------------------------------------------------------------------- explain


def explain(
    change: Annotated[str, typer.Argument(help="A change's id, or its beginning.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Tells how a change was judged: each step with the words it rests on, what was muted, and corrections."""
    from tracker.store import queries, queries_web

    database = setup.database(setup.settings())
    with database.read() as session:
        detail = queries.change_detail(session, _found(session, change))
        given = [
            {"tier": row.tier, "area": row.area, "note": row.note, "by": row.by, "at": row.at}
            for row in queries_web.feedback_of(session, detail.line.id)
        ]
        if as_json:
            typer.echo(setup.dump({**_verdict(detail), "feedback": given}))
            return
    typer.echo("\n".join(_explained(detail, given)))


def _found(session: Session, beginning: str) -> str:
    from tracker.store import queries

    found = queries.find_change(session, beginning)
    if not found:
        setup.fail(f"There is no change {beginning!r}. `tracker history --all` lists changes with their ids.")
    if len(found) > 1:
        setup.fail(f"{beginning!r} is the beginning of {len(found)} changes: give more of it.")
    return found[0]


def _verdict(detail: Any) -> dict[str, Any]:
    line = detail.line
    return {
        "change": line.id, "source": line.source_id, "title": line.title, "tier": line.tier, "state": line.state,
        "seen": line.seen_at, "told": line.told_at, "confidence": line.confidence, "cluster": line.cluster,
        "reasons": [{"step": r.step, "code": r.code, "text": r.text, "words": list(r.words)} for r in line.reasons],
    }  # fmt: skip


def _explained(detail: Any, given: list[dict[str, Any]]) -> list[str]:
    line = detail.line
    told = f"told {line.told_at:%Y-%m-%d %H:%M}" if line.told_at else line.state
    lines = [
        f"{line.title}: {line.tier}, {told} (seen {line.seen_at:%Y-%m-%d %H:%M}, confidence {line.confidence:.2f})"
    ]
    for step, question in _STEPS.items():
        reasons: list[Reason] = [reason for reason in line.reasons if reason.step == step]
        if reasons:
            lines.append(f"\n{question}")
        for reason in reasons:
            lines.append(f"  {reason.text} [{reason.code}]")
            lines.extend(f"    “{words[:200]}”" for words in reason.words[:6] if words.strip())
    lines.extend(
        f"\nCorrected by {row['by'] or 'a reader'} on {row['at']:%Y-%m-%d}: {row['tier'] or row['area']} {row['note']}"
        for row in given
    )
    lines.append(f"\nWrong? tracker feedback {line.id[:10]} --tier noise")
    return lines


# ------------------------------------------------------------------------------------------------- feedback


def feedback(
    change: Annotated[str, typer.Argument(help="A change's id, or its beginning.")],
    tier: Annotated[Tier | None, typer.Option(help="What the change should have been.")] = None,
    area: Annotated[str, typer.Option(help="The area it should have been given.")] = "",
    note: Annotated[str, typer.Option(help="Why, in a sentence.")] = "",
    by: Annotated[str, typer.Option(help="Who says so.")] = "",
) -> None:
    """Corrects a verdict. The same sentences of this document are judged as you say from now on."""
    from tracker.store import queries_web

    database = setup.database(setup.settings())
    try:
        with database.write() as session:
            found = _found(session, change)
            queries_web.feedback(
                session, found, datetime.now(UTC), tier=tier.value if tier else "", area=area, note=note, by=by
            )
    except ValueError as error:
        setup.fail(str(error))
    typer.echo(f"{found[:10]}: kept. It is exported with the rest: tracker export", err=True)
