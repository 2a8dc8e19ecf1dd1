"""How fast it trains and translates, beside the tutorial's plain arrangement."""
