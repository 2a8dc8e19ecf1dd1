"""Measures training steps and translation: python scripts/benchmark.py. docs/performance.md."""

import sys
from pathlib import Path

if __name__ == "__main__":
    # benchmarks/ is not installed.
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from benchmarks import speed

    speed.command()
