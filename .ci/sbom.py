"""The bill of materials: what is locked in requirements/run.txt as CycloneDX, with every hash.

    python .ci/sbom.py FILE

Needs cyclonedx-py beside this Python (requirements/sbom.txt). The same locks make the same file. Fails where the file
does not name exactly what is locked.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKED = ROOT / "requirements" / "run.txt"


def locked() -> set[tuple[str, str]]:
    """(name, version) of what is locked."""
    return set(re.findall(r"(?m)^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", LOCKED.read_text(encoding="utf-8")))


def lacking(bill: dict[str, object]) -> list[str]:
    """What is locked and not named with a hash, and what is named and not locked."""
    parts = bill.get("components")
    named = {}
    for part in parts if isinstance(parts, list) else []:
        hashes = [one for where in part.get("externalReferences", ()) for one in where.get("hashes", ())]
        named[part["name"], part["version"]] = bool(hashes)
    wanted = locked()
    return sorted(f"{name} {version}" for name, version in wanted ^ {key for key, hashed in named.items() if hashed})


def main() -> None:
    """Makes it."""
    if len(sys.argv) != 2:
        sys.exit("usage: python .ci/sbom.py FILE")
    target = Path(sys.argv[1])
    target.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [Path(sys.executable).with_name("cyclonedx-py"), "requirements", LOCKED, "--pyproject",
         ROOT / "pyproject.toml", "--output-reproducible", "--of", "JSON", "--output-file", target],
        check=True,
    )  # fmt: skip
    wrong = lacking(json.loads(target.read_text(encoding="utf-8")))
    if wrong:
        sys.exit(f"{target} and {LOCKED} differ: {', '.join(wrong)}")
    print(f"{target}: {len(locked())} packages with their hashes.")


if __name__ == "__main__":
    main()
