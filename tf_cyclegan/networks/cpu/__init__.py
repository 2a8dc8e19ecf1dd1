"""Fast paths on CPUs. Their numbers are those of the plain way, up to rounding."""
