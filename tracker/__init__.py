"""Regulatory change tracker: visits sources, keeps every version, tells what matters and why."""

__version__ = "0.1.0"
