"""Scores of translations, as docs/evaluation.md defines them."""
