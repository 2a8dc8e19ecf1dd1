"""How the built-in set's scenes are drawn."""
