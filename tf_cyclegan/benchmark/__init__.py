"""How fast training and translation are, beside the tutorial's plain arrangement."""
