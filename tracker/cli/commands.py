"""The commands by name, without their rooms: `tracker --help` and a shell's completion of names import nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

# Panel of the list → room (a module beside this one) → its commands with the words the list shows. A test holds each
# against the command's own docstring.
LIST: dict[str, dict[str, dict[str, str]]] = {
    "Begin": {
        "demo": {"demo": "Tells a story in under a minute"},
        "start": {
            "tour": "Explains the tracker on one screen",
            "init": "Writes a commented sources.yaml after three questions",
        },
        "sources": {"sources": "What is watched, and how it stands"},
        "run": {
            "run": "Runs the tracker: checks what is due, tells who asked, serves the pages",
            "check": "Visits sources once, now, records what came of it, and delivers the alerts",
        },
        "doctor": {"doctor": "Looks at configuration, files, disk, database, clocks, browser, names and mail"},
    },
    "What changed": {
        "history": {
            "history": "Lists what changed, newest first: what was told and what waits",
            "show": "Shows a change with its redline and reasons, or what a source's text said on any day",
        },
        "replay": {
            "explain": "Tells how a change was judged",
            "feedback": "Corrects a verdict",
        },
        "diff": {"diff": "Says what changed between two texts: inserted, deleted, reworded, moved, renumbered"},
        "proof": {
            "verify": "Walks every chain, body, change and checkpoint, and names the first version that does not fit",
            "certificate": "Makes a page to print: a change's words, times and hashes",
        },
        "exports": {
            "export": "Exports changes, versions with their proof, bodies as received, or one text as Akoma Ntoso"
        },
    },
    "Who is told": {
        "alerts": {
            "subscribe": "Adds a subscription",
            "unsubscribe": "Ends a subscription, or all of a recipient's",
            "subscriptions": "Lists subscriptions: who is told what, when, and whether it works",
            "deliveries": "Shows what was handed over and what was not; tries dead letters again",
            "preview": "Shows a change as a subscription would get it; nothing is sent",
            "test-alert": "Sends a sample alert and says what became of it",
        },
    },
    "Keep it running": {
        "start": {"settings": "Lists every setting with its default and what it does"},
        "database": {
            "backup": "Makes a consistent copy of the database while the tracker runs",
            "restore": "Puts a backup in the place of the database",
            "migrate": "Brings the database to this program's schema, or moves everything into another one",
            "vacuum": "Lets go of bodies and old uneventful checks that retention does not keep",
        },
        "run": {"worker": "Takes checks and deliveries from the queue, beside any number of others"},
        "imports": {
            "import": "Puts what you already have into the history, or other programs' lists into sources.yaml"
        },
        "rederiving": {"rederive": "Shows what versions, changes and areas would be now"},
    },
    "Judge the judgement": {
        "classify": {
            "classify": "Says which areas, principles and themes a text speaks of",
            "taxonomy": "Checks a taxonomy file and lists what is in it",
            "evaluate": "Measures the classifier on labelled passages",
        },
        "replay": {"replay": "Replays recordings with their own clock and writes what would have been told, and when"},
    },
}


class Commands(TyperGroup):
    """Shows its commands from the list above, and imports a command's room when that command is meant."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commands = {
            name: TyperCommand(name, help=about, rich_help_panel=panel) for panel, _room, name, about in _listed()
        }

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The name, the whole command (None where there is none) and the words after it."""
        name, found, rest = super().resolve_command(ctx, args)
        return name, whole(str(found.name)) if found else None, rest


def whole(name: str) -> Any:
    """The command with its arguments, from its room. Raises StopIteration for a name that is not listed."""
    return of_room(next(room for _panel, room, listed, _about in _listed() if listed == name))[name]


def of_room(room: str) -> dict[str, Any]:
    """The whole commands that a module beside this one registers, by name."""
    app = typer.Typer(rich_markup_mode="markdown")
    import_module(f"tracker.cli.{room}").register(app)
    return dict(typer.main.get_group(app).commands)


def names() -> tuple[str, ...]:
    """Every command, in the order of the list."""
    return tuple(name for _panel, _room, name, _about in _listed())


def _listed() -> Iterator[tuple[str, str, str, str]]:
    for panel, rooms in LIST.items():
        for room, those in rooms.items():
            for name, about in those.items():
                yield panel, room, name, about
