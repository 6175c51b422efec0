"""A found cell at ImageNet scale."""
