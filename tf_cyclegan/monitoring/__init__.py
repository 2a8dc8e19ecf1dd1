"""What a run shows of itself: history, curves, sample sheets, animation, TensorBoard, report."""
