"""Tries the installed wheel as a user would, away from the checkout: its data are in it, and it starts from nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

NEEDED = (
    "tracker/migrations/env.py",
    "tracker/migrations/versions/0001_initial.py",
    "tracker/catalogue/sources.yaml",
    "tracker/classify/data/taxonomy.yaml",
    "tracker/web/templates/base.html",
    "tracker/web/static/",
    "tracker/py.typed",
    "alerts/render/templates/",
    "alerts/render/locale/fr/LC_MESSAGES/alerts.po",
)


def main(wheels: Path, tracker: Path) -> None:
    """Looks into the one wheel in `wheels`, then runs the installed command `tracker`."""
    (wheel,) = wheels.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    missing = [need for need in NEEDED if not any(name.startswith(need) for name in names)]
    stray = [name for name in names if not name.startswith(("tracker/", "alerts/", "regulatory_tracker-"))]
    if missing or stray:
        sys.exit(f"the wheel lacks {missing} and carries {stray}")
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "TRACKER_DATA": f"{folder}/data", "PYTHONPATH": ""}

        def run(*arguments: str) -> str:
            command = [tracker.resolve(), *arguments]
            made = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
            if made.returncode:
                sys.exit(f"tracker {' '.join(arguments)}: {made.returncode}\n{made.stdout}{made.stderr}")
            return made.stdout

        run("init", "--yes")
        run("migrate")
        listed = [json.loads(line) for line in run("sources", "--json").splitlines()]
        judged = json.loads(
            run("classify", "--json", "High-risk AI systems shall undergo a risk assessment before use.")
        )
        if len(listed) < 70 or judged["main"] != "safety-governance":
            sys.exit(f"the installed program answers oddly: {len(listed)} sources, {judged}")
        run("demo", "--no-stay", "--pause", "0", "--port", "8765")
    print(f"{wheel.name}: {len(names)} files, starts from nothing, tells its story")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
