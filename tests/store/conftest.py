"""The story of a small regulation, on both databases."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # visits.py: values for these tests, in no package
