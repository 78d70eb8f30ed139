"""What a verification says: how much was walked, and what did not fit."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Misfit:
    """Something that does not fit. `where` names it ("lighthouses version 2"), `what` says how."""

    where: str
    what: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What was walked, and what did not fit."""

    documents: int
    versions: int
    bodies: int
    changes: int
    checkpoints: int
    problems: tuple[Misfit, ...]


def name(source_id: str, key: str) -> str:
    """A document as it is named in a problem."""
    return f"{source_id} {key}" if key else source_id
