"""Drawing the scenes of the built-in data set."""
