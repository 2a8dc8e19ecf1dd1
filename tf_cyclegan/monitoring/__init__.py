"""What a run shows: history, curves, sample sheets, animations, TensorBoard, report."""
