"""Pictures: from any file to training batches."""
