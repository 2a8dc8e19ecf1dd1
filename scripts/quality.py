"""Trains recipes with several seeds and scores them: python scripts/quality.py. docs/quality.md."""

import sys
from pathlib import Path

if __name__ == "__main__":
    # benchmarks/ is not installed.
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from benchmarks import quality

    quality.command()
