"""How fast and how well it trains: campaigns for docs/performance.md and docs/quality.md."""
