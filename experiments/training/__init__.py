"""`nasnet train`: a network trained from scratch."""
