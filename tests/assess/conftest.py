"""Tests of verdicts: pages as values."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # life.py: values for these tests, in no package
