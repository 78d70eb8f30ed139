"""Draws docs/house.svg from the imports: a box a room, a line for "imports", from the layer above to the layer below.

    python docs/make_house.py [--check]

With --check it only says whether the drawing is that of the code (exit code 1 when it is not).
"""

from __future__ import annotations

import sys
from pathlib import Path

import grimp

LAYERS = (
    ("cli", "web", "service", "demo"),
    ("alerts", "engine", "schedule", "replay"),
    ("pipeline",),
    ("fetch", "store", "catalogue"),
    ("assess", "classify"),
    ("diff",),
    ("formats",),
    ("text",),
    ("model",),
)
WIDTH, HEIGHT, BOX, GAP = 900, 76, (118, 34), 40
STYLE = """
text{font:600 14px system-ui,sans-serif;fill:#123;text-anchor:middle}
rect{fill:#e6f2f0;stroke:#2a7f74;rx:7}
path{fill:none;stroke:#2a7f74;stroke-width:1.1;opacity:.45}
.top{fill:#d5ebe7}
@media(prefers-color-scheme:dark){text{fill:#e8f4f2}rect{fill:#17332f;stroke:#6cc5b8}.top{fill:#1f443f}path{stroke:#6cc5b8}}
"""


def places() -> dict[str, tuple[float, float]]:
    """The middle of each room's box."""
    found = {}
    for row, rooms in enumerate(LAYERS):
        total = len(rooms) * BOX[0] + (len(rooms) - 1) * GAP
        for column, room in enumerate(rooms):
            x = (WIDTH - total) / 2 + column * (BOX[0] + GAP) + BOX[0] / 2
            found[room] = (x, 40 + row * HEIGHT)
    return found


def room_of(module: str, rooms: set[str]) -> str | None:
    """The room a module is in; None for those that belong to all (settings, log)."""
    parts = module.split(".")
    name = "alerts" if parts[0] == "alerts" else parts[1] if len(parts) > 1 else ""
    return name if name in rooms else None


def imports() -> list[tuple[str, str]]:
    """(room, room it imports), sorted."""
    graph = grimp.build_graph("tracker", "alerts")
    rooms = set(places())
    found = set()
    for module in graph.modules:
        here = room_of(module, rooms)
        for target in graph.find_modules_directly_imported_by(module):
            there = room_of(target, rooms)
            if here and there and here != there:
                found.add((here, there))
    return sorted(found)


def drawing() -> str:
    """The SVG."""
    at, lines = places(), []
    height = 40 + len(LAYERS) * HEIGHT - 20
    for here, there in imports():
        (x, y), (u, v) = at[here], at[there]
        start, end = y + BOX[1] / 2, v - BOX[1] / 2
        if y >= v:  # neighbours of one layer
            start, end = y, v
        bend = (end - start) / 2
        lines.append(
            f'<path d="M{x:.0f},{start:.0f} C{x:.0f},{start + bend:.0f} {u:.0f},{end - bend:.0f} {u:.0f},{end:.0f}"/>'
        )
    for row, rooms in enumerate(LAYERS):
        for room in rooms:
            x, y = at[room]
            kind = ' class="top"' if row == 0 else ""
            left, top = x - BOX[0] / 2, y - BOX[1] / 2
            lines.append(f'<rect{kind} x="{left:.0f}" y="{top:.0f}" width="{BOX[0]}" height="{BOX[1]}"/>')
            lines.append(f'<text x="{x:.0f}" y="{y + 5:.0f}">{room}</text>')
    title = "<title>The rooms of the house and which imports which, drawn from the code</title>"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">'
    return "\n".join([head, title, f"<style>{STYLE.strip()}</style>", *lines, "</svg>"]) + "\n"


def main() -> None:
    """Writes the drawing, or compares it."""
    target = Path(__file__).parent / "house.svg"
    made = drawing()
    if "--check" in sys.argv[1:]:
        if not target.exists() or target.read_text(encoding="utf-8") != made:
            sys.exit("docs/house.svg is not drawn from this code: run python docs/make_house.py")
        return
    target.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main()
