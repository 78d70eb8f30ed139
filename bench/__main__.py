"""Runs the benches that need nothing but this checkout, one after the other, and says which others there are.

python -m bench
"""

from __future__ import annotations

import subprocess
import sys

ALONE = (
    ("bench.diff", "--synthetic"),
    ("bench.classify", "speed"),
    ("bench.alerts", "match"),
    ("bench.store", "--versions", "1000,4000"),
    ("bench.web", "--documents", "300", "--rounds", "5"),
    ("bench.faults", "100"),
)
WITH_MORE = (
    "bench.replay, transitions, structure, summary, formats, fuzz, history, classify quality: the data folder "
    "(TRACKER_TEST_DATA)",
    "bench.peers: packages of other trackers",
    "bench.soak, bench.scale, bench.stampede, bench.workers, bench.planned: minutes, and PostgreSQL for the last two",
)


def main() -> None:
    """Runs them; exit code 1 when one fails."""
    failed = []
    for module, *arguments in ALONE:
        print(f"\n== {module} {' '.join(arguments)}", flush=True)
        if subprocess.run([sys.executable, "-m", module, *arguments], check=False).returncode:
            failed.append(module)
    print("\nOthers need more:\n  " + "\n  ".join(WITH_MORE))
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
