"""How good a translation is: scores, each with what it is of. docs/evaluation.md defines them."""
