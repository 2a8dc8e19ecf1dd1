"""The commands: flags to a Config, and one call. The only place that knows absl flags."""
