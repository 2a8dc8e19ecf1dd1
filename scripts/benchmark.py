"""Measures training steps and translation: python scripts/benchmark.py. docs/performance.md."""

from tf_cyclegan.cli import benchmark

if __name__ == "__main__":
    benchmark.command()
