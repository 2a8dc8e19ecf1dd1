"""Attacks real runs from outside: python scripts/hostile.py. docs/reliability.md."""

import sys
from pathlib import Path

if __name__ == "__main__":
    # benchmarks/ is not installed.
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from benchmarks.hostile import campaign

    campaign.command()
