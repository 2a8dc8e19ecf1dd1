"""Scores a trained run: python scripts/evaluate.py. docs/evaluation.md says what each score is."""

from tf_cyclegan.cli import evaluate

if __name__ == "__main__":
    evaluate.command()
