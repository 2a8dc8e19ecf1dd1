"""Serves a page to try trained runs: python scripts/demo.py"""

from tf_cyclegan.cli import demo

if __name__ == "__main__":
    demo.command()
