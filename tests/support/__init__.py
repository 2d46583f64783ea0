"""What many tests share: oracles, planted mistakes, small experiments."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
"""The project's folder."""

CONFIGS = ROOT / "configs"
"""The shipped configs."""
