"""Known holes in what is locked: runs pip-audit over requirements/run.txt, and is content with an answer only.

    python .ci/audit.py [--service pypi|osv]

Exit code 0: every package was looked up, and none has a known hole. 1: some have. 2: the database of holes cannot be
reached, so nothing is known. 3: some packages were not looked up (pip-audit itself answers 0 then).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

LOCKED = Path(__file__).resolve().parent.parent / "requirements" / "run.txt"
UNREACHABLE = ("ConnectionError", "NameResolutionError", "Max retries exceeded", "Timeout", "ServiceError")


def verdict(code: int, out: str, errors: str, locked: int) -> tuple[int, str]:
    """(exit code, what to say) of what pip-audit answered for so many locked packages."""
    try:
        found: list[dict[str, Any]] = json.loads(out)["dependencies"]
    except (ValueError, KeyError, TypeError):
        last = (errors.strip().splitlines() or ["no answer"])[-1][:300]
        if any(word in errors for word in UNREACHABLE):
            return 2, f"The database of holes cannot be reached: nothing is known of any package. {last}"
        return 2, f"pip-audit gave no answer (exit code {code}): {last}"
    holes = [
        f"{entry['name']} {entry['version']}: {hole['id']}, mended in {', '.join(hole['fix_versions']) or 'no release'}"
        for entry in found
        for hole in entry.get("vulns", ())
    ]
    if holes:
        return 1, "\n".join(holes)
    skipped = [entry["name"] for entry in found if "skip_reason" in entry]
    if len(skipped) == len(found) > 0:
        return 2, f"The database of holes knows none of {len(found)} packages: is an index of your own in its place?"
    if skipped or len(found) < locked:
        return 3, f"Not looked up: {', '.join(skipped) or f'{locked - len(found)} of {locked} packages'}"
    return 0, f"{len(found)} packages looked up, no known hole."


def locked() -> list[str]:
    """The packages that are locked for this platform."""
    lines = (line.rstrip("\\").strip() for line in LOCKED.read_text(encoding="utf-8").splitlines() if "==" in line)
    wanted = [Requirement(line) for line in lines]
    return [one.name for one in wanted if one.marker is None or one.marker.evaluate()]


def main() -> None:
    """Runs it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--service", choices=("pypi", "osv"), default="pypi")
    given = parser.parse_args()
    done = subprocess.run(
        [sys.executable, "-m", "pip_audit", "--requirement", str(LOCKED), "--require-hashes", "--disable-pip",
         "--format", "json", "--progress-spinner", "off", "--vulnerability-service", given.service],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    code, said = verdict(done.returncode, done.stdout, done.stderr, len(locked()))
    print(said)
    sys.exit(code)


if __name__ == "__main__":
    main()
