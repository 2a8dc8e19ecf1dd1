"""PyTorch's files of weights, read without PyTorch, and the paper's networks in them."""
