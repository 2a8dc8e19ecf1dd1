"""How well it trains, and what it survives: campaigns for docs/quality.md and reliability.md."""
