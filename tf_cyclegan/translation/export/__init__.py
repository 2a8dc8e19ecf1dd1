"""Generators as files for other programs: Keras, SavedModel, ONNX, LiteRT."""
