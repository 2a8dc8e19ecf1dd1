"""Translates a data set with a trained run: python scripts/generate.py --split=test"""

from tf_cyclegan.cli import generate

if __name__ == "__main__":
    generate.command()
